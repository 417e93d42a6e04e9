"""What a trial is, and the row that it leaves behind."""

import dataclasses
from dataclasses import dataclass

BASELINE = "mean"


@dataclass(frozen=True, order=True)
class Trial:
    """One training run.

    Args:
        dataset: Slug of the dataset.
        model: Name of the model.
        edges: How edges are assigned.
        pooling: Name of the pooling.
        seed: Split seed; the initialisation seed is derived from it.
    """

    dataset: str
    model: str
    edges: str
    pooling: str
    seed: int

    @property
    def condition(self) -> tuple[str, str, str, str]:
        """The trial without its seed: what is averaged over the seeds."""
        return self.dataset, self.model, self.edges, self.pooling

    def __str__(self) -> str:
        return f"{self.dataset}/{self.model}/{self.edges}/{self.pooling}/seed-{self.seed}"


def _unit(unit: str) -> dataclasses.Field:
    return dataclasses.field(metadata={"unit": unit})


@dataclass(frozen=True)
class TrialRecord:
    """The one row that a finished trial writes: errors, cost and provenance.

    Errors are in the unit of the target, which the row names. They belong to the weights of the
    epoch with the least validation error.
    """

    dataset: str
    model: str
    edges: str
    pooling: str
    seed: int
    target: str
    unit: str
    train_mae: float = _unit("target unit")
    val_mae: float = _unit("target unit")
    test_mae: float = _unit("target unit")
    train_rmse: float = _unit("target unit")
    val_rmse: float = _unit("target unit")
    test_rmse: float = _unit("target unit")
    best_epoch: int = _unit("epoch, from 1")
    epochs: int = _unit("epochs trained")
    n_train: int = _unit("structures")
    n_val: int = _unit("structures")
    n_test: int = _unit("structures")
    parameters: int = _unit("trainable numbers")
    wall_seconds: float = _unit("s")
    cpu_seconds: float = _unit("s")
    peak_memory: float = _unit("MiB, of the last attempt")
    attempts: int = _unit("starts of the training")
    device: str = ""
    device_name: str = ""
    threads: int = 0
    engine: str = ""
    deterministic: bool = True
    init_seed: int = 0
    options: str = ""
    stage_version: int = 0
    graphs_sha256: str = ""
    split_sha256: str = ""
    code_fingerprint: str = ""
    gnnpool: str = ""
    python: str = ""
    torch: str = ""
    numpy: str = ""
    finished: str = ""


RECORD_UNITS = {f.name: f.metadata["unit"] for f in dataclasses.fields(TrialRecord) if "unit" in f.metadata}

# Fields that may differ between two runs of the same trial on the same machine.
TIMINGS = ("wall_seconds", "cpu_seconds", "peak_memory", "attempts", "finished")
