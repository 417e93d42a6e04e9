"""Checks of the machine: Python, torch, GPUs, compiler and Slurm; torch is not imported in this process."""

import ast
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, metadata, version
from importlib.util import find_spec
from pathlib import Path

from gnnpool.doctor.finding import FAULT, OK, WARNING, Finding
from gnnpool.doctor.folder import existing

_SECONDS = 60  # s; no command below takes longer on a healthy machine
_SOURCE = "#include <Python.h>\n#include <omp.h>\n#include <vector>\nint main() { return 0; }\n"
_PROBE = "import torch; print(torch.cuda.is_available(), torch.cuda.device_count())"
_SLURM = ("sbatch", "squeue", "scancel", "sacct")


def check_machine(*, device: str = "auto", engine: str = "auto") -> list[Finding]:
    """Check everything that depends on a configuration by two of its values alone.

    Args:
        device: "auto", "cpu" or "cuda", as configured.
        engine: "auto", "eager" or "compiled", as configured.
    """
    built = torch_build()
    environment = [check_python(), check_cache(), _torch(built)]
    return [*environment, *_gpus(built, device), check_compiler(engine), check_slurm()]


def check_python() -> Finding:
    """Whether the version of Python is one that the package declares."""
    found = f"Python {platform.python_version()}, gnnpool {version('gnnpool')}"
    needed = str(metadata("gnnpool")["Requires-Python"] or "").removeprefix(">=")
    enough = tuple(map(int, needed.split("."))) if needed else (0,)
    if sys.version_info[: len(enough)] < enough:
        return Finding("Python", FAULT, found, f"install Python {needed} or newer")
    return Finding("Python", OK, found)


def check_cache() -> Finding:
    """Whether Snakemake can keep its cache, which is in the home folder."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    if not os.access(existing(folder), os.W_OK | os.X_OK):
        todo = "export XDG_CACHE_HOME=/a/folder/that/can/be/written, also in the jobs of a cluster"
        return Finding("cache", FAULT, f"{folder}: Snakemake keeps a cache there and cannot write it", todo)
    return Finding("cache", OK, f"{folder} can be written")


def torch_build() -> tuple[str, str | None] | None:
    """Version of torch and of the CUDA that it was built with (None for a CPU build), read from its files."""
    try:
        number, spec = version("torch"), find_spec("torch")
    except PackageNotFoundError:
        return None
    if spec is None or spec.origin is None:
        return None
    text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    found = re.search(r"^cuda\b[^=\n]*=\s*(.+)$", text, flags=re.M)
    return number, ast.literal_eval(found[1]) if found else None


def check_compiler(engine: str) -> Finding:
    """Whether torch.compile can use the C++ compiler: with OpenMP and the headers of Python.

    Args:
        engine: "auto", "eager" or "compiled", as configured.
    """
    if engine == "eager":
        return Finding("compiler", OK, "not used: training.engine is eager")
    name = os.environ.get("CXX") or next(
        (one for one in ("g++", "c++", "clang++") if shutil.which(one)), None
    )
    if name is None:
        state = FAULT if engine == "compiled" else WARNING
        todo = "install g++; without it a training step takes up to twice the time (docs/performance.md)"
        return Finding("compiler", state, "found no C++ compiler", todo)
    include = sysconfig.get_path("include")
    command = [*name.split(), "-fopenmp", "-fsyntax-only", f"-I{include}", "-x", "c++", "-"]
    status, text = _call(command, given=_SOURCE)
    if status != 0:
        fault = next(
            (line for line in text.splitlines() if "error" in line), text.strip() or f"status {status}"
        )
        todo = "install the headers of Python and OpenMP, or set training.engine: eager"
        return Finding("compiler", FAULT, f"{name} cannot compile for torch: {fault}", todo)
    return Finding("compiler", OK, f"{name} compiles with OpenMP and Python.h")


def check_slurm() -> Finding:
    """Whether the commands of Slurm and the executor plugin are there."""
    found = [name for name in _SLURM if shutil.which(name)]
    if not found:
        return Finding("Slurm", OK, "no commands of Slurm: trials run on this machine")
    if missing := [name for name in _SLURM[:3] if name not in found]:
        return Finding("Slurm", FAULT, f"found {', '.join(found)}, no {', '.join(missing)}", "extend PATH")
    if find_spec("snakemake_executor_plugin_slurm") is None:
        return Finding("Slurm", WARNING, "no executor for Slurm", "pip install 'gnnpool[slurm]'")
    if "sacct" not in found:
        todo = "set slurm-packs-efficiency-report: false in profiles/slurm/config.yaml"
        return Finding("Slurm", WARNING, "no sacct, so no accounting", todo)
    account = os.environ.get("SBATCH_ACCOUNT")
    return Finding("Slurm", OK, f"{', '.join(found)}; SBATCH_ACCOUNT is {account or 'not set'}")


def _torch(built: tuple[str, str | None] | None) -> Finding:
    if built is None:
        return Finding("torch", FAULT, "torch is not installed", "pip install torch")
    number, cuda = built
    return Finding("torch", OK, f"torch {number}, built {f'for CUDA {cuda}' if cuda else 'for CPUs'}")


def _gpus(built: tuple[str, str | None] | None, device: str) -> list[Finding]:
    """GPUs, whether torch can use them, and the service that lets trials share them."""
    if device == "cpu":
        return [Finding("GPU", OK, "not used: device is cpu")]
    status, text = _call(["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"])
    names = [line.strip() for line in text.splitlines() if line.strip()] if status == 0 else []
    if not names:
        state = FAULT if device == "cuda" else OK
        found = "no NVIDIA GPU" if status in (None, 0) else f"nvidia-smi fails: {text.strip()[:200]}"
        state = WARNING if status and state == OK else state
        todo = "set device: cpu or auto, or use a machine with a GPU" if state == FAULT else ""
        return [Finding("GPU", state, f"{found}; trials run on the CPU", todo)]
    return [_usable(names, built, FAULT if device == "cuda" else WARNING), _sharing()]


def _usable(names: Sequence[str], built: tuple[str, str | None] | None, bad: str) -> Finding:
    driver = re.search(r"CUDA Version:\s*([\d.]+)", _call(["nvidia-smi"])[1])
    found = f"{len(names)}: {'; '.join(names)}; driver for CUDA {driver[1] if driver else 'unknown'}"
    if built is None or built[1] is None:
        todo = "install the CUDA build of torch (https://pytorch.org/get-started/locally/)"
        return Finding("GPU", bad, f"{found}; this torch cannot use them", todo)
    if driver and int(built[1].split(".")[0]) > int(driver[1].split(".")[0]):
        todo = f"update the driver, or install a torch built for CUDA {driver[1].split('.')[0]}"
        return Finding("GPU", bad, f"{found}; torch is built for CUDA {built[1]}", todo)
    status, text = _call([sys.executable, "-c", _PROBE])
    if status or not text.startswith("True"):
        last = text.strip().splitlines()[-1:] or [f"status {status}"]
        return Finding("GPU", bad, f"{found}; torch cannot use them: {last[0]}", "check the driver")
    return Finding("GPU", OK, f"{found}; torch uses {text.split()[1]}")


def _sharing() -> Finding:
    """Whether NVIDIA's multi-process service runs."""
    control = "nvidia-cuda-mps-control"
    if shutil.which(control) is None:
        return Finding("MPS", WARNING, f"no {control}: trials on one GPU take turns")
    status, _ = _call([control], given="get_server_list\n")
    if status:
        todo = f"{control} -d (profiles/README.md)"
        return Finding("MPS", WARNING, "the daemon does not run: trials on one GPU take turns", todo)
    return Finding("MPS", OK, "the daemon runs: trials share a GPU")


def _call(command: Sequence[str], *, given: str = "") -> tuple[int | None, str]:
    """Exit status and output of a command; status None if there is no such command."""
    try:
        done = subprocess.run(
            command,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, f"{command[0]}: no answer in {_SECONDS} s"
    except OSError as error:
        return None, str(error)
    return done.returncode, done.stdout
