"""The settings of a training, as the configuration spells them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scheduler:
    """Plateau schedule of the learning rate.

    Args:
        metric: Whose error is watched: "val" or "train".
        factor: The learning rate is multiplied by it.
        patience: Epochs without improvement that are tolerated.
        threshold: Relative improvement that counts.
        min_learning_rate: Least learning rate.
    """

    metric: str
    factor: float
    patience: int
    threshold: float
    min_learning_rate: float


@dataclass(frozen=True)
class Training:
    """How a network is trained.

    Args:
        epochs: Passes over the training structures.
        batch_size: Graphs in a batch.
        learning_rate: At the start.
        weight_decay: Of AdamW.
        gradient_clip: Largest norm of all gradients together.
        scheduler: Plateau schedule.
        standardize_target: Whether the network's output is shifted and scaled by mean and standard
            deviation of the training targets. Errors stay in the unit of the target.
        engine: "eager", "compiled", or "auto".
        deterministic: Whether a GPU must give the same bits each time.
        tf32: Whether a GPU rounds the factors of its matrix products to ten bits, which is faster.
        threads: CPU threads of one operation.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    gradient_clip: float
    scheduler: Scheduler
    standardize_target: bool
    engine: str
    deterministic: bool
    tf32: bool
    threads: int

    def __post_init__(self) -> None:
        if isinstance(self.scheduler, dict):
            object.__setattr__(self, "scheduler", Scheduler(**self.scheduler))
