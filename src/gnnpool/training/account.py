"""What a trial took over all attempts, and on which processors."""

from gnnpool.machine import describe_processor
from gnnpool.training.state import Clock


class Account(Clock):
    """A clock that also knows where its time was spent.

    An interrupted trial may resume on another kind of processor. The record then names all of them, since
    each decides some of the bits of its numbers.
    """

    def __init__(self) -> None:
        super().__init__()
        self._processors = [describe_processor()]

    def read(self) -> dict:
        """Attempts, wall_seconds and cpu_seconds until now, and the processors, joined by "; "."""
        return {**super().read(), "processor": "; ".join(self._processors)}

    def add(self, earlier: dict) -> None:
        """Add the attempts before this one; a checkpoint of an earlier version names no processor."""
        super().add(earlier)
        before = earlier.get("processor", "").split("; ")
        self._processors = sorted({*before, *self._processors} - {""})
