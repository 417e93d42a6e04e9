"""One line on the terminal that shows the progress of a training."""

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


def duration(seconds: float) -> str:
    """A time in words, such as "about 2 h 05 min" or "less than 1 min".

    Args:
        seconds: s.
    """
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours and not minutes:
        return "less than 1 min"
    return f"about {hours} h {minutes:02d} min" if hours else f"about {minutes} min"


@contextmanager
def shown_progress(stream: TextIO, *, epochs: int) -> Iterator[None]:
    """Show epochs and time left in one line while trials train; show nothing if it is no terminal.

    Args:
        stream: Where to write.
        epochs: Epochs of the training.
    """
    if not stream.isatty():
        yield
        return
    handler, logger = _Line(stream, epochs), logging.getLogger("gnnpool.training")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.clear()


class _Line(logging.Handler):
    """Writes the line anew for each logged epoch."""

    def __init__(self, stream: TextIO, epochs: int) -> None:
        super().__init__(logging.INFO)
        self._stream, self._epochs = stream, epochs
        self._first: tuple[int, float] | None = None  # epoch and time at which the first epoch ended

    def emit(self, record: logging.LogRecord) -> None:
        """Take the epoch from the message of the training loop; other messages change nothing."""
        if not (record.msg.startswith("epoch %d ") and isinstance(record.args, tuple)):
            return
        epoch, errors, now = int(str(record.args[0])), str(record.args[1]), time.monotonic()
        self._first = self._first or (epoch, now)
        passed = epoch - self._first[0]
        words = [f"epoch {epoch} of {self._epochs}"]
        if passed and epoch < self._epochs:
            seconds = (self._epochs - epoch) * (now - self._first[1]) / passed
            words.append(f"{duration(seconds)} left")
        words.append(errors)
        width = shutil.get_terminal_size().columns - 1
        self._write("  ".join(words)[:width])

    def clear(self) -> None:
        """Remove the line."""
        self._write("")

    def _write(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()
