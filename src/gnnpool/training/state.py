"""Everything that a training must know to go on: what is saved in a checkpoint."""

import math
import time
from dataclasses import dataclass, field

import torch
from torch import Tensor

from gnnpool.network import Network


@dataclass
class Progress:
    """How far a training has come.

    Args:
        epoch: Finished epochs.
        best_epoch: Epoch of the least validation error so far, the first of equals.
        best_error: That error, target unit.
        best_state: Weights after that epoch.
        history: One entry for each epoch: epoch, train_mae, val_mae, learning_rate, seconds.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_error: float = math.inf
    best_state: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)


class Clock:
    """Time that a trial has taken over all attempts, without what was lost when one was killed."""

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
        """Count the attempts before this one as well."""
        self.attempts += earlier["attempts"]
        self._wall += earlier["wall_seconds"]
        self._cpu += earlier["cpu_seconds"]


@dataclass
class TrainingState:
    """A training between two epochs.

    Args:
        network: With its weights and the statistics of its normalisations.
        optimizer: With its averages.
        scheduler: Of the learning rate.
        generator: Orders the training graphs.
        clock: Time spent.
        progress: What came out so far.
    """

    network: Network
    optimizer: torch.optim.Optimizer
    scheduler: torch.optim.lr_scheduler.ReduceLROnPlateau
    generator: torch.Generator
    clock: Clock
    progress: Progress = field(default_factory=Progress)

    def state_dict(self) -> dict:
        """All of it as tensors, numbers and texts; tensors are shared, not copied."""
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "order": self.generator.get_state(),
            "random": {"cpu": torch.get_rng_state(), "cuda": cuda},
            "clock": self.clock.read(),
            "progress": dict(vars(self.progress)),
        }

    def load_state_dict(self, state: dict) -> None:
        """Go back to a state, the random numbers of the process included."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.generator.set_state(state["order"])
        torch.set_rng_state(state["random"]["cpu"])
        if state["random"]["cuda"]:
            torch.cuda.set_rng_state_all(state["random"]["cuda"])
        self.clock.add(state["clock"])
        self.progress = Progress(**state["progress"])
