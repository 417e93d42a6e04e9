"""Torture of the promises of docs/reliability.md: kills, signals, flipped bits, disks, a cluster.

python tests/torture/run.py [--kills 200] [--signals 100] [--flips 2000] [--writes 100] [--twice 40]
    [--controllers 2] [--cluster 10]

It prints a table, writes it as Parquet, and exits with 1 if a promise did not hold. `page.py` puts the table
into docs/reliability.md.
"""

import argparse
import logging
import os
import random
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import network_disk
import pyarrow as pa
from controllers import run_workflow
from flips import flip_bits
from on_cluster import kill_on_cluster
from page import table_of
from promise import Promise
from stops import kill_and_stop
from trainings import Trials
from twice import train_twice
from writes import refuse_writes

from gnnpool import __version__
from gnnpool.artifacts import write_table
from gnnpool.provenance import versions

ROOT = Path(__file__).parents[2]
_DEFAULTS = {
    "kills": 200,
    "signals": 100,
    "flips": 2000,
    "writes": 100,
    "twice": 40,
    "controllers": 2,
    "cluster": 10,
}


def main() -> int:
    """Run the torture; see the module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, number in _DEFAULTS.items():
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--seed", type=int, default=0, help="of all moments, places and orders")
    parser.add_argument("--output", type=Path, default=ROOT / "results/torture/promises.parquet")
    given = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    network_disk.preload()
    logging.getLogger("gnnpool").setLevel(logging.ERROR)  # each damaged checkpoint is a warning
    folder, started = Path(tempfile.mkdtemp(prefix="torture-")), time.monotonic()
    trials = Trials(folder, random.Random(given.seed))
    promises: list[Promise] = []
    for part in (
        lambda: flip_bits(trials, given.flips),
        lambda: refuse_writes(trials, given.writes),
        lambda: kill_and_stop(trials, kills=given.kills, signals=given.signals),
        lambda: train_twice(trials, given.twice),
        lambda: run_workflow(folder / "workflow", tries=given.controllers),
        lambda: kill_on_cluster(folder / "slurm", kills=given.cluster, random=trials.random),
    ):
        for promise in (promise for promise in part() if promise.tried):
            promises.append(promise)
            print(f"{promise.survived} of {promise.tried}: {promise.promise}", flush=True)
            print(*promise.faults[:5], sep="\n", end="\n" if promise.faults else "", flush=True)
        _write(given.output, promises, seed=given.seed, minutes=(time.monotonic() - started) / 60)
    print("\n".join(table_of(given.output)))
    held = all(promise.tried == promise.survived for promise in promises)
    if held:
        shutil.rmtree(folder)
    else:
        print(f"the files are in {folder}")
    return 0 if held else 1


def _write(path: Path, promises: list[Promise], *, seed: int, minutes: float) -> None:
    """Write what was tried so far."""
    rows = [{key: value for key, value in asdict(p).items() if key != "faults"} for p in promises]
    about = {
        "seed": str(seed),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "minutes": f"{minutes:.0f}",
        **versions(),
        "gnnpool": __version__,
    }
    schema = pa.schema([(name, pa.string()) for name in ("promise", "tested")])
    for name in ("tried", "survived", "lost", "silent"):
        schema = schema.append(pa.field(name, pa.int64()))
    write_table(path, pa.Table.from_pylist(rows, schema=schema), metadata=about)


if __name__ == "__main__":
    sys.exit(main())
