"""The journal of a trial: an append-only file with the events of all attempts.

The log of a job is replaced when the job is retried; the journal is not. So it records how often a trial
was started, where it resumed, and why it stopped.
"""

import json
import os
import socket
import sys
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from gnnpool.errors import unwritable

_CHECKSUM = "crc32"
STARTED, SAVED, INTERRUPTED, FAILED, FINISHED = "started", "saved", "interrupted", "failed", "finished"


def note(path: str | Path, event: str, **facts: object) -> None:
    """Append one event as a line of JSON, with time, host, process and Slurm job; a start also with its GPU.

    Each line ends with a checksum of what is before it.

    Args:
        path: The journal; its folder is made.
        event: STARTED, SAVED, INTERRUPTED, FAILED or FINISHED.
        facts: Further facts, such as the epoch.

    Raises:
        ArtifactError: If the file cannot be written; the error names it.
    """
    origin = {"host": socket.gethostname(), "process": os.getpid()}
    if job := os.environ.get("SLURM_JOB_ID"):
        origin["slurm_job"] = job
    if event == STARTED and (gpu := _gpu()):
        origin["gpu"] = gpu
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    text = json.dumps({"time": time, "event": event, **facts, **origin})
    line = f'{text[:-1]}, "{_CHECKSUM}": {zlib.crc32(text.encode())}}}\n'
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
    """The events of a trial, oldest first, and the number of damaged lines.

    A crash of the machine can truncate a line. Lines of earlier versions have no checksum.

    Args:
        path: The journal; it need not exist.

    Returns:
        Events with a time and a kind, and the number of other lines.

    Raises:
        OSError: If the journal exists and cannot be read.
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
        expected = event.pop(_CHECKSUM, None)
        if expected not in (None, zlib.crc32(json.dumps(event).encode())):
            return None
        return event if datetime.fromisoformat(event["time"]).tzinfo and event["event"] else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def attempts(
    events: Sequence[Mapping], *, until: datetime | None = None
) -> list[tuple[Mapping, datetime, datetime]]:
    """The attempts of a trial: the event of each start, and the times of its first and last event.

    Args:
        events: The journal of a trial.
        until: End of the last attempt if it still runs, instead of the time of its last event.
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
    """Globally unique name of the GPU of this process; None without a GPU."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    number = torch.cuda.current_device()
    # If the driver gives no name, use one that is unique on this host.
    here = f"{socket.gethostname()} {os.environ.get('CUDA_VISIBLE_DEVICES', '')} {number}"
    return str(getattr(torch.cuda.get_device_properties(number), "uuid", here))
