"""Everything that a training needs to resume: the content of a checkpoint."""

import math
import time
from dataclasses import dataclass, field

import torch
from torch import Tensor

from gnnpool.network import Network
from gnnpool.records import READINGS
from gnnpool.training.averaging import MovingAverage
from gnnpool.training.schedule import Schedule


@dataclass
class Choice:
    """The epoch that a reading has chosen so far.

    Args:
        epoch: The epoch, from 1; 0 before the first choice.
        error: Validation error by which it was chosen, target unit.
        weights: ``state_dict`` of the network after that epoch.
    """

    epoch: int = 0
    error: float = math.inf
    weights: dict[str, Tensor] = field(default_factory=dict)

    def consider(self, epoch: int, error: float, network: Network) -> None:
        """Choose this epoch if its error is lower than that of the epoch chosen before."""
        if error < self.error:
            self.epoch, self.error = epoch, error
            self.weights = {name: value.clone() for name, value in network.state_dict().items()}


@dataclass
class Progress:
    """How far a training has come.

    Args:
        epoch: Finished epochs.
        choices: The choice of each reading, see :data:`gnnpool.records.READINGS`.
        history: One entry for each epoch: epoch, train_mae, val_mae, averaged_val_mae, learning_rate and
            seconds.
    """

    epoch: int = 0
    choices: dict[str, Choice] = field(default_factory=lambda: {name: Choice() for name in READINGS})
    history: list[dict[str, float]] = field(default_factory=list)

    def state_dict(self) -> dict:
        """All of it as tensors, numbers and texts; tensors are shared, not copied."""
        return vars(self) | {"choices": {name: dict(vars(choice)) for name, choice in self.choices.items()}}

    @classmethod
    def from_state_dict(cls, state: dict) -> "Progress":
        """Restore the progress from :meth:`state_dict`."""
        return cls(**state | {"choices": {name: Choice(**kept) for name, kept in state["choices"].items()}})


class Clock:
    """Time that a trial has taken over all attempts; a killed attempt counts up to its last checkpoint."""

    def __init__(self) -> None:
        self.attempts = 1
        self._wall, self._cpu = -time.perf_counter(), -time.process_time()

    def read(self) -> dict[str, float]:
        """Attempts, wall_seconds and cpu_seconds until now."""
        return {
            "attempts": self.attempts,
            "wall_seconds": self._wall + time.perf_counter(),
            "cpu_seconds": self._cpu + time.process_time(),
        }

    def add(self, earlier: dict[str, float]) -> None:
        """Add the attempts before this one."""
        self.attempts += earlier["attempts"]  # type: ignore[assignment]
        self._wall += earlier["wall_seconds"]
        self._cpu += earlier["cpu_seconds"]


@dataclass
class TrainingState:
    """A training between two epochs.

    Args:
        network: With its weights and the statistics of its normalizations.
        average: Moving average of the network; None if only the raw reading is wanted.
        optimizer: With its averages of gradients.
        schedule: Of the learning rate.
        generator: Orders the training graphs.
        clock: Time spent.
        progress: Results so far.
    """

    network: Network
    average: MovingAverage | None
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    generator: torch.Generator
    clock: Clock
    progress: Progress = field(default_factory=Progress)

    def state_dict(self) -> dict:
        """All of it as tensors, numbers and texts; tensors are shared, not copied."""
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "order": self.generator.get_state(),
            "random": {"cpu": torch.get_rng_state(), "cuda": cuda},
            "clock": self.clock.read(),
            "progress": self.progress.state_dict(),
        }

    def load_state_dict(self, state: dict) -> None:
        """Restore a state, the random number generators of the process included."""
        self.network.load_state_dict(state["network"])
        if self.average:
            self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["order"])
        torch.set_rng_state(state["random"]["cpu"])
        if state["random"]["cuda"]:
            torch.cuda.set_rng_state_all(state["random"]["cuda"])
        self.clock.add(state["clock"])
        self.progress = Progress.from_state_dict(state["progress"])
