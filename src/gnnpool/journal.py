"""What happened to a trial, attempt after attempt: a file that is only ever appended to.

The log of a job is replaced when the job is tried again; this file is not, so that it tells how often
a trial was started, where it went on, and why it stopped.
"""

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

STARTED, SAVED, INTERRUPTED, FAILED, FINISHED = "started", "saved", "interrupted", "failed", "finished"


def note(path: str | Path, event: str, **facts: object) -> None:
    """Append one event as a line of JSON, with time, host, process and Slurm job.

    Args:
        path: The journal; its folder is made.
        event: STARTED, SAVED, INTERRUPTED, FAILED or FINISHED.
        facts: What else is to be known, such as the epoch.
    """
    origin = {"host": socket.gethostname(), "process": os.getpid()}
    if job := os.environ.get("SLURM_JOB_ID"):
        origin["slurm_job"] = job
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"time": time, "event": event, **facts, **origin}) + "\n"
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    # One write of one short line in append mode: two processes cannot mix their lines.
    with open(path, "ab", buffering=0) as file:
        file.write(line.encode())


def read_journal(path: str | Path) -> list[dict]:
    """The events of a trial, oldest first; none if it never started.

    A line that a crash of the machine cut short is passed over.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    events = []
    for line in lines:
        try:
            events.append(json.loads(line))
        except ValueError:
            continue
    return events
