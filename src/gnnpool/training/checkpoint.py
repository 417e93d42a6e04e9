"""Checkpoints, from which an interrupted training resumes with the same numbers."""

import copy
import io
import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gnnpool.artifacts import read_tensors, write_tensors
from gnnpool.errors import ArtifactError, InterruptedTraining, unwritable
from gnnpool.logs import answered_signals, interrupt
from gnnpool.training.state import TrainingState

KIND = "gnnpool checkpoint 2"
# s; on a signal, an epoch shorter than this is finished. The state at the beginning of a longer one is kept
# in memory and saved instead.
GRACE = 2.0
_logger = logging.getLogger("gnnpool.training")


@dataclass(frozen=True)
class Interval:
    """A checkpoint is due after some epochs or some time, whichever comes first.

    Args:
        epochs: Epochs since the last checkpoint.
        seconds: s since the last checkpoint.
    """

    epochs: int
    seconds: float


class CheckpointFile:
    """The newest checkpoint of a trial and the one before it, in a folder.

    Args:
        folder: The folder; made when the first checkpoint is written.
        identity: SHA-256 of what determines the numbers; a checkpoint of another identity is never loaded.
    """

    def __init__(self, folder: str | Path, identity: str) -> None:
        self._newest = Path(folder) / "newest.safetensors"
        self._previous = Path(folder) / "previous.safetensors"
        self._identity = identity

    def save(self, state: dict) -> None:
        """Write a state as the newest checkpoint, and keep the one before.

        Raises:
            ArtifactError: If the folder cannot be written.
        """
        buffer = io.BytesIO()
        torch.save(state, buffer)
        try:
            if self._newest.exists():
                self._newest.replace(self._previous)
        except OSError as error:
            raise unwritable(self._previous, error) from error
        content = {"state": np.frombuffer(buffer.getbuffer(), dtype=np.uint8)}
        write_tensors(self._newest, content, metadata={"kind": KIND, "identity": self._identity})

    def load(self) -> dict | None:
        """The newest state that is whole and of this identity, on the CPU; None if there is none."""
        for path in (self._newest, self._previous):
            if not path.exists():
                continue
            try:
                content, metadata = read_tensors(path)
            except ArtifactError as error:
                _logger.warning("%s", error)
                continue
            if metadata != {"kind": KIND, "identity": self._identity}:
                _logger.warning("%s: of other settings, data, code or versions; not used", path)
                continue
            return torch.load(io.BytesIO(content["state"].tobytes()), map_location="cpu", weights_only=True)
        return None


class Checkpoints:
    """Saves the state of a training at intervals, and when a signal asks it to stop.

    Args:
        file: Where states are saved.
        interval: How often.
        started: Called with the number of finished epochs when the training starts or resumes.
        saved: Called with the number of finished epochs after each save.
    """

    def __init__(
        self,
        file: CheckpointFile,
        interval: Interval,
        *,
        started: Callable[[int], None],
        saved: Callable[[int], None],
    ) -> None:
        self._file = file
        self._interval = interval
        self._on_start, self._on_save = started, saved
        self._signal: signal.Signals | None = None
        self._last_epoch, self._last_time = 0, time.monotonic()
        self._epoch_started = self._epoch_seconds = 0.0
        self._beginning: dict | None = None

    @contextmanager
    def watch_signals(self) -> Iterator[None]:
        """Let SIGTERM, SIGINT, SIGUSR1 and SIGHUP ask the training to stop, instead of ending the process."""

        def ask(number: int, frame: object) -> None:
            self._signal = signal.Signals(number)

        before = {number: signal.signal(number, ask) for number in answered_signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                # A job that was asked to stop ends now, and a second signal must not disturb that.
                done = self._signal and handler is interrupt
                signal.signal(number, signal.SIG_IGN if done else handler)

    def resume(self, training: TrainingState) -> None:
        """Bring the training to the state of its checkpoint, if there is one."""
        state = self._file.load()
        if state is not None:
            training.load_state_dict(state)
            self._last_epoch = training.progress.epoch
            _logger.info("resuming after epoch %d", training.progress.epoch)
        self._on_start(training.progress.epoch)

    def begin_epoch(self, training: TrainingState) -> None:
        """Call before each epoch."""
        self._epoch_started = time.monotonic()
        long = self._epoch_seconds >= GRACE
        self._beginning = copy.deepcopy(training.state_dict()) if long else None

    def between_batches(self) -> None:
        """Call before each batch.

        Raises:
            InterruptedTraining: If a signal asked to stop and the epoch is a long one.
        """
        if self._signal and self._beginning:
            self._save(self._beginning)
            raise self._interrupted(self._beginning["progress"]["epoch"])

    def end_epoch(self, training: TrainingState, *, last: bool) -> None:
        """Call after each epoch.

        Args:
            training: After the epoch.
            last: Whether it was the last one; then the training is over and nothing is saved.

        Raises:
            InterruptedTraining: If a signal asked to stop.
        """
        now, epoch = time.monotonic(), training.progress.epoch
        self._epoch_seconds = now - self._epoch_started
        due = (
            epoch - self._last_epoch >= self._interval.epochs
            or now - self._last_time >= self._interval.seconds
        )
        if not last and (due or self._signal):
            self._save(training.state_dict())
        if not last and self._signal:
            raise self._interrupted(epoch)

    def _save(self, state: dict) -> None:
        self._file.save(state)
        self._last_epoch, self._last_time = state["progress"]["epoch"], time.monotonic()
        self._on_save(self._last_epoch)

    def _interrupted(self, epoch: int) -> InterruptedTraining:
        return InterruptedTraining(
            f"{self._signal.name} after epoch {epoch}: saved; the same command resumes it"  # type: ignore[union-attr]
        )
