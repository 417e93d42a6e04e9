"""How long GPUs were at work, from the journals of trials that may have shared them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from gnnpool import journal


class Span(NamedTuple):
    """A time at which a trial had a GPU.

    Args:
        gpu: Which one.
        start: From when.
        end: Until when.
    """

    gpu: str
    start: datetime
    end: datetime


def gpu_spans(events: Sequence[Mapping], *, running: bool) -> list[Span]:
    """When a trial had which GPU.

    Args:
        events: Its journal.
        running: Whether its last attempt goes on at this moment.
    """
    until = datetime.now(UTC) if running else None
    found = journal.attempts(events, until=until)
    return [Span(start["gpu"], first, last) for start, first, last in found if "gpu" in start]


def gpu_hours(spans: Iterable[Span]) -> float:
    """Hours at which GPUs were at work; one that several trials share counts once.

    Args:
        spans: Those of all trials, in any order.

    Returns:
        Sum over the GPUs of the time at which at least one trial had it, h.
    """
    total, until = 0.0, {}
    for gpu, start, end in sorted(spans, key=lambda span: span.start):
        start = max(start, until.get(gpu, start))
        total += max(0.0, (end - start).total_seconds())
        until[gpu] = max(end, until.get(gpu, end))
    return total / 3600
