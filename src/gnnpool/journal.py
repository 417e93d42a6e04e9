"""What happened to a trial, attempt after attempt: a file that is only ever appended to.

The log of a job is replaced when the job is tried again; this file is not, so that it tells how often
a trial was started, where it went on, and why it stopped.
"""

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from gnnpool.errors import unwritable

STARTED, SAVED, INTERRUPTED, FAILED, FINISHED = "started", "saved", "interrupted", "failed", "finished"


def note(path: str | Path, event: str, **facts: object) -> None:
    """Append one event as a line of JSON, with time, host, process and Slurm job; a start also with its GPU.

    Args:
        path: The journal; its folder is made.
        event: STARTED, SAVED, INTERRUPTED, FAILED or FINISHED.
        facts: What else is to be known, such as the epoch.

    Raises:
        ArtifactError: If the disk refuses, naming the file.
    """
    origin = {"host": socket.gethostname(), "process": os.getpid()}
    if job := os.environ.get("SLURM_JOB_ID"):
        origin["slurm_job"] = job
    if event == STARTED and (gpu := _gpu()):
        origin["gpu"] = gpu
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"time": time, "event": event, **facts, **origin}) + "\n"
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        # One write of one short line in append mode: two processes cannot mix their lines.
        with open(path, "ab", buffering=0) as file:
            file.write(line.encode())
    except OSError as error:
        raise unwritable(path, error) from error


def read_journal(path: str | Path) -> list[dict]:
    """The events of a trial, oldest first, without damaged lines; none if it never started."""
    return read_lines(path)[0]


def read_lines(path: str | Path) -> tuple[list[dict], int]:
    """The events of a trial, oldest first, and the number of lines that are none.

    A crash of the machine can cut a line short.

    Args:
        path: The journal; it need not be there.

    Returns:
        Events that have a time and a kind, and how many other lines there are.

    Raises:
        OSError: If the journal is there and cannot be read.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return [], 0
    events = [event for line in lines if (event := _event(line))]
    return events, len(lines) - len(events)


def _event(line: str) -> dict | None:
    try:
        event = json.loads(line)
        return event if datetime.fromisoformat(event["time"]).tzinfo and event["event"] else None
    except (ValueError, TypeError, KeyError):
        return None


def attempts(
    events: Sequence[Mapping], *, until: datetime | None = None
) -> list[tuple[Mapping, datetime, datetime]]:
    """The attempts of a trial: the event of each start, when it was, and when the last word of it came.

    Args:
        events: The journal of a trial.
        until: Instead of the last word of the last attempt, if that is not over.
    """
    found: list[tuple[Mapping, datetime, datetime]] = []
    for event in events:
        now = datetime.fromisoformat(event["time"])
        if event["event"] == STARTED:
            found.append((event, now, now))
        elif found:
            found[-1] = (*found[-1][:2], now)
    if found and until:
        found[-1] = (*found[-1][:2], until)
    return found


def _gpu() -> str | None:
    """Name, unique in the world, of the GPU that this process computes on; None if it has none."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    number = torch.cuda.current_device()
    # A driver that does not tell it: then at least unique on this host.
    here = f"{socket.gethostname()} {os.environ.get('CUDA_VISIBLE_DEVICES', '')} {number}"
    return str(getattr(torch.cuda.get_device_properties(number), "uuid", here))
