"""The whole workflow: two controllers at once, files dated ahead, and a network disk."""

import errno
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import network_disk
from promise import LOST, SILENT, SURVIVED, Promise

ROOT = Path(__file__).parents[2]
TRIAL = "salts/cgcnn/ocp/mean/seed-1"
RECORD = f"results/trials/{TRIAL}/record.parquet"
# Graphs of more than a megabyte: Snakemake alone compares only smaller files by their content.
OVERLAY = """\
datasets: {salts: {structures: 300, options: {count: 300}}}
edges: {ocp: {cutoff: 8.0}}
training: {epochs: 2, batch_size: 100}
"""
_HOUR = 3600.0


def run_workflow(folder: Path, *, tries: int) -> list[Promise]:
    """Run the workflow for one trial: two controllers at once, files dated ahead, a network disk.

    Args:
        folder: A new folder for each try.
        tries: Of two controllers, and on a network disk.
    """
    two = Promise(
        "Two controllers in one folder do not disturb each other",
        "the same command twice at once, one of them killed in every second try; then the command again",
    )
    for number in range(tries):
        place = folder / str(number)
        place.mkdir(parents=True)
        two.count(*_two_controllers(place, kill=number % 2 == 1))
    if not tries:
        return []
    found = [two, _date_ahead(folder / "0")]
    if network_disk.is_there():
        found.append(_on_network_disk(folder, tries, _numbers(folder / "0")))
    return found


def _two_controllers(folder: Path, *, kill: bool) -> tuple[str, str]:
    runs = [_snakemake(folder, "--cores", "1", RECORD) for _ in range(2)]
    if kill:
        while not (folder / f"logs/trials/{TRIAL}.jsonl").exists() and runs[0].poll() is None:
            time.sleep(0.1)
        runs[0].send_signal(signal.SIGKILL)
    printed = [run.communicate()[0] for run in runs]
    statuses = [run.returncode for run in runs]
    refused = [text for text, status in zip(printed, statuses, strict=True) if status == 1]
    again = _snakemake(folder, "--cores", "1", RECORD)
    last = again.communicate()[0]
    if again.returncode or not (folder / RECORD).exists():
        return LOST, f"{folder}: statuses {statuses}, then {again.returncode}:\n{last}"
    if not all("lock" in text.lower() for text in refused):
        return LOST, f"{folder}: a controller ended without naming the lock:\n{refused}"
    return SURVIVED, ""


def _on_network_disk(folder: Path, tries: int, expected: list[bytes]) -> Promise:
    """Run the workflow with every process on a slow disk of its own view; then it must have nothing to do."""
    promise = Promise(
        "The workflow ends with the same numbers on a network disk, and then has nothing to do",
        "every process sees a folder late, with flock and without it in turns; compared bit for bit",
    )
    for number in range(tries):
        place = folder / f"network-{number}"
        place.mkdir()
        disk = network_disk.variables(place, delay=0.002, late=3, flock=errno.ENOSYS if number % 2 else 0)
        outputs = []
        for _ in range(2):
            run = _snakemake(place, "--cores", "1", RECORD, environment=disk)
            outputs.append((run.communicate()[0], run.returncode))
        (_, first), (again, second) = outputs
        if first or second or "Nothing to be done" not in again:
            promise.count(LOST, f"{place}: statuses {first} and {second}:\n{outputs[0][0]}\n{again}")
        else:
            promise.count(SURVIVED if _numbers(place) == expected else SILENT, f"{place}: other numbers")
    return promise


def _numbers(folder: Path) -> list[bytes]:
    """Weights and predictions of the trial."""
    trial = (folder / RECORD).parent
    return [(trial / name).read_bytes() for name in ("model.safetensors", "predictions.parquet")]


def _date_ahead(folder: Path) -> Promise:
    """Date each file of a finished workflow an hour ahead; count trainings that a dry run plans."""
    inputs = ["results/data/salts/structures.parquet", "results/graphs/salts/ocp.safetensors"]
    inputs += ["results/data/salts/splits/seed-1.parquet"]
    inputs += [str(path.relative_to(folder)) for path in sorted((folder / "results/networks").glob("*"))[:1]]
    size = (folder / inputs[1]).stat().st_size
    promise = Promise(
        "A file with a time an hour ahead trains nothing again",
        f"structures, graphs ({size / 1e6:.1f} MB), split and network check of a finished trial; a dry run",
    )
    for name in inputs:
        path = folder / name
        times = path.stat()
        os.utime(path, (time.time() + _HOUR, time.time() + _HOUR))
        run = _snakemake(folder, "--dry-run", "--cores", "1", RECORD)
        printed = run.communicate()[0]
        os.utime(path, (times.st_atime, times.st_mtime))
        planned = re.findall(r"^train_trial +(\d+)$", printed, flags=re.M)
        sound = run.returncode == 0 and not planned
        promise.count(
            SURVIVED if sound else LOST, f"{name}: plans {planned} trainings, status {run.returncode}"
        )
    return promise


def _snakemake(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen:
    overlay = folder / "overlay.yaml"
    if not overlay.exists():
        overlay.write_text(OVERLAY)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *arguments]
    command += [
        "--directory",
        str(folder),
        "--workflow-profile",
        str(ROOT / "profiles/default"),
        "--configfile",
    ]
    command += [str(ROOT / "config/config.yaml"), str(ROOT / "tests/workflow/tiny.yaml"), str(overlay)]
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
