"""GPU-hours, computed from the journals of trials that may have shared GPUs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from gnnpool import journal


class Span(NamedTuple):
    """A period in which a trial used a GPU.

    Args:
        gpu: Name of the GPU.
        start: Start of the period.
        end: End of the period.
    """

    gpu: str
    start: datetime
    end: datetime


def gpu_spans(events: Sequence[Mapping], *, running: bool) -> list[Span]:
    """The periods in which a trial used GPUs.

    Args:
        events: Its journal.
        running: Whether its last attempt runs at this moment.
    """
    until = datetime.now(UTC) if running else None
    found = journal.attempts(events, until=until)
    return [Span(start["gpu"], first, last) for start, first, last in found if "gpu" in start]


def gpu_hours(spans: Iterable[Span]) -> float:
    """GPU-hours in use; a GPU that several trials share counts once.

    Args:
        spans: Periods of all trials, in any order.

    Returns:
        Sum over the GPUs of the time during which at least one trial used it, h.
    """
    total, until = 0.0, {}
    for gpu, start, end in sorted(spans, key=lambda span: span.start):
        start = max(start, until.get(gpu, start))
        total += max(0.0, (end - start).total_seconds())
        until[gpu] = max(end, until.get(gpu, end))
    return total / 3600
