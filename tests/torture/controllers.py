"""The whole workflow: files of a machine whose clock is ahead, and two controllers at once."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from promise import LOST, SURVIVED, Promise

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
    """Run the workflow for one trial, under two controllers at once, and date its files ahead.

    Args:
        folder: A new folder for each try.
        tries: Of two controllers.
    """
    two = Promise(
        "Two controllers in one folder do not disturb each other",
        "the same command twice at once, one of them killed in every second try; then the command again",
    )
    for number in range(tries):
        place = folder / str(number)
        place.mkdir(parents=True)
        two.count(*_two_controllers(place, kill=number % 2 == 1))
    return [two, _date_ahead(folder / "0")] if tries else []


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


def _snakemake(folder: Path, *arguments: str) -> subprocess.Popen:
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
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
