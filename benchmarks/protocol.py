"""Claims and measurements of a benchmark."""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from gnnpool.artifacts import write_table
from gnnpool.machine import processor_name

ROOT = Path(__file__).resolve().parents[1]
OURS = "gnnpool"
PEER = "torch-geometric"
_PACKAGES = ("torch", "torch-geometric", "numpy", "pymatgen", "snakemake")
_UNITS = {
    "process CPU time": "s",
    "wall time": "s",
    "peak memory": "MiB",
    "throughput": "1/s",
    "projected time": "h",
    "share of a core": "%",
}
# Variables that keep torch, its compiler, MKL and oneDNN from instructions that a lesser processor lacks.
EMULATED = {
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "TORCHINDUCTOR_CPP_MARCH": "x86-64-v3",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    },
    "default": {
        "ATEN_CPU_CAPABILITY": "default",
        "TORCHINDUCTOR_CPP_MARCH": "x86-64-v2",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
    },
}


@dataclass(frozen=True)
class Claim:
    """The claim of a comparison.

    Args:
        name: What is done.
        case: On what.
        peer: The competitor compared with; "" where a bound alone is claimed.
        reach: How many times less than the peer gnnpool shall need, at least.
        aim: How many times less it shall need at best.
        at_most: Most that gnnpool shall need, in the unit of the quantity.
        quantity: What is measured, one of those that have a unit here.
        note: What a reader must know of the numbers.
        limit: The largest cost; printed if the reach is missed.
    """

    name: str
    case: str = ""
    peer: str = PEER
    reach: float | None = None
    aim: float | None = None
    at_most: float | None = None
    quantity: str = "process CPU time"
    note: str = ""
    limit: str = ""


class Results:
    """The measurements of one benchmark, written as ``results/benchmarks/{benchmark}.parquet``.

    One row for each round of each competitor: the columns of :class:`Claim`, competitor, round,
    value, unit; deviation, the largest difference of gnnpool's result from the peer's, relative to the
    largest number; size and sized_by, where a curve is measured.

    Args:
        benchmark: Name of the script.
        given: The command line: where to write, and whether sizes are tiny.
        accelerator: Name of the GPU that is measured.
    """

    def __init__(self, benchmark: str, given: argparse.Namespace, *, accelerator: str = "") -> None:
        self._accelerator, self._quick = accelerator, given.quick
        self.path = Path(given.output) / f"{benchmark}.parquet"
        self._rows: list[dict] = []
        self._started = datetime.now(UTC)
        self._load = os.getloadavg()[0]

    def add(
        self,
        claim: Claim,
        costs: Mapping[str, Sequence[float]],
        *,
        deviation: float | None = None,
        size: float | None = None,
        sized_by: str | None = None,
    ) -> None:
        """Keep the costs of each competitor, round by round, and print their medians."""
        for competitor, values in costs.items():
            for number, value in enumerate(values):
                row = {"competitor": competitor, "round": number, "value": float(value)}
                row |= {"unit": _UNITS[claim.quantity], "deviation": deviation}
                self._rows.append({**asdict(claim), **row, "size": size, "sized_by": sized_by})
        medians = ", ".join(f"{name} {statistics.median(values):.4g}" for name, values in costs.items())
        at = f" at {size:g} {sized_by}" if sized_by else ""
        print(f"{claim.name}, {claim.case}{at}: {medians} {_UNITS[claim.quantity]}", flush=True)

    def write(self) -> None:
        """Write all rows, with machine, versions and load."""
        schema = pa.schema(
            [(name, pa.string()) for name in ("name", "case", "peer")]
            + [(name, pa.float64()) for name in ("reach", "aim", "at_most")]
            + [(name, pa.string()) for name in ("quantity", "note", "limit", "competitor")]
            + [("round", pa.int64()), ("value", pa.float64()), ("unit", pa.string())]
            + [("deviation", pa.float64()), ("size", pa.float64()), ("sized_by", pa.string())]
        )
        about = {
            "quick": self._quick,
            "started": self._started.isoformat(timespec="seconds"),
            "seconds": (datetime.now(UTC) - self._started).total_seconds(),
            "machine": machine(self._accelerator),
            "versions": versions(),
            "load": [self._load, os.getloadavg()[0]],
        }
        table = pa.Table.from_pylist(self._rows, schema=schema)
        write_table(self.path, table, metadata={"about": json.dumps(about)})


def arguments(doc: str, **options: Mapping) -> argparse.Namespace:
    """Read the command line that all benchmarks share, and further options of one."""
    parser = argparse.ArgumentParser(description=doc.split("\n")[0])
    parser.add_argument("--output", default=ROOT / "results/benchmarks", help="folder of the results")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes: shows that it runs, measures nothing"
    )
    parser.add_argument("--emulate", choices=EMULATED, help="do without the instructions of this processor")
    for name, option in options.items():
        parser.add_argument(f"--{name}", **option)
    given = parser.parse_args()
    os.environ.update(EMULATED.get(given.emulate, {}))  # read by torch and MKL when they first compute
    return given


def machine(accelerator: str = "") -> dict:
    """Processor, what torch uses of it, cores, memory, system, and the accelerator that was used."""
    return {
        "processor": processor_name(),
        **_capability(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.system(),
        **({"accelerator": accelerator} if accelerator else {}),
    }


def _capability() -> dict:
    """Instructions that torch uses, and whether the processor has others that it does without."""
    # Not in this process: it may have asked before the variables were set, and does not ask twice.
    code = "import torch; print(torch.backends.cpu.get_cpu_capability())"
    without = {name: value for name, value in os.environ.items() if name != "ATEN_CPU_CAPABILITY"}
    uses, has = (
        subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()
        for environment in (os.environ, without)
    )
    return {"cpu_capability": uses, **({"emulated": True} if uses != has else {})}


def kind_of(machine: Mapping) -> str:
    """Name of a kind of machine: processor, what torch uses of it, and the accelerator."""
    capability = machine.get("cpu_capability", "capability not recorded")
    capability += " emulated" if machine.get("emulated") else ""
    return ", ".join(filter(None, [machine["processor"], capability, machine.get("accelerator")]))


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that are there."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
