"""The settings of a training, as in the configuration."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scheduler:
    """Schedule of the learning rate.

    Args:
        kind: "plateau" or "cosine", see :class:`gnnpool.training.schedule.Schedule`. Metric, factor,
            patience and threshold belong to "plateau".
        metric: Part whose mean absolute error is watched: "val" or "train".
        factor: The learning rate is multiplied by it.
        patience: Epochs without improvement that are tolerated.
        threshold: Relative improvement that counts.
        min_learning_rate: Lowest learning rate.
    """

    kind: str
    metric: str
    factor: float
    patience: int
    threshold: float
    min_learning_rate: float


@dataclass(frozen=True)
class Averaging:
    """Moving average of the weights, and the epoch at which it is read.

    Args:
        time_constant: Epochs after which the weight of a step in the average has fallen to 1/e.
        select: "best", the epoch with the lowest validation error of the averaged weights; or "last".
        smoothing: Time constant in epochs of an exponential smoothing of that validation error before
            its lowest value is chosen; 0 smooths nothing.
    """

    time_constant: float
    select: str
    smoothing: float


@dataclass(frozen=True)
class Training:
    """How a network is trained.

    Args:
        epochs: Passes over the training structures.
        batch_size: Graphs in a batch.
        learning_rate: Learning rate of AdamW at the start.
        weight_decay: Weight decay of AdamW.
        gradient_clip: Largest norm of all gradients together.
        scheduler: Schedule of the learning rate.
        averaging: Moving average of the weights.
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
    averaging: Averaging
    standardize_target: bool
    engine: str
    deterministic: bool
    tf32: bool
    threads: int

    def __post_init__(self) -> None:
        if isinstance(self.scheduler, dict):
            object.__setattr__(self, "scheduler", Scheduler(**self.scheduler))
        if isinstance(self.averaging, dict):
            object.__setattr__(self, "averaging", Averaging(**self.averaging))
