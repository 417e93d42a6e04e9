"""What one trial costs: measured on finished trials, else projected from the benchmarks, else unknown."""

import itertools
import json
import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from gnnpool.artifacts import read_table
from gnnpool.bundle.files import open_bundle
from gnnpool.config import without_label
from gnnpool.errors import ArtifactError
from gnnpool.layout import Layout
from gnnpool.records import Trial

HERE, PROJECTED = "measured here", "projected from benchmarks: training steps with mean pooling alone"
CPU, GPU, DISK = QUANTITIES = ("cpu_hours", "gpu_hours", "gigabytes")

# Seconds of a training step on one thread over the edges of its batch, of encoders with these channels and
# layers: docs/performance.md, with which a test compares them.
STEPS = {
    ("cgcnn", 100, 4): {2_000: 0.0135, 6_200: 0.0246, 40_000: 0.103, 77_000: 0.170},
    ("torchmd", 256, 4): {2_000: 0.141, 6_200: 0.227, 40_000: 0.639, 77_000: 1.02},
}
# Edges of a structure of the benchmark that represents a dataset; until the graphs of the dataset are built.
EDGES = {
    **{("perovskites", "mdl"): 20, ("perovskites", "ocp"): 770},
    **{("exfoliation", "mdl"): 62, ("exfoliation", "ocp"): 400},
}


@dataclass
class Measured:
    """Costs of the finished trials of one place.

    Args:
        source: The place, in words.
        values: By quantity and condition, or setting (its first three names), the cost of each trial.
    """

    source: str
    values: dict[tuple[str, tuple[str, ...]], list[float]] = field(default_factory=dict)

    def add(self, quantity: str, trial: Trial, value: float) -> None:
        """Add the cost of a finished trial."""
        for key in (trial.condition, trial.condition[:3]):
            self.values.setdefault((quantity, key), []).append(value)

    def find(self, quantity: str, key: tuple[str, ...]) -> tuple[str, float] | None:
        """Basis and mean cost of the trials of a condition, or of a setting on a dataset."""
        if not (values := self.values.get((quantity, key))):
            return None
        notes = [self.source, *(["on other poolings"] if len(key) == 3 else [])]
        notes += ["weights alone"] if quantity == DISK and self.source != HERE else []
        return ", ".join(notes), statistics.fmean(values)


def measured_here(config: Mapping, trials: Iterable[Trial]) -> Measured:
    """Costs of the planned trials that are finished in the folder of results; damaged records are ignored.

    Args:
        config: A checked configuration.
        trials: Planned trials.
    """
    found, folder = Measured(HERE), Path(config["results"]) / "trials"
    for trial in trials:
        place = folder / str(trial)
        if (place / "record.parquet").exists():
            try:
                (row,) = read_table(place / "record.parquet").to_pylist()
            except (ArtifactError, ValueError):
                continue
            if _add_times(found, row, config):
                size = sum(path.stat().st_size for path in place.iterdir() if path.is_file())
                found.add(DISK, trial, size / 1e9)
    return found


def measured_in(bundle: str | Path, config: Mapping) -> Measured:
    """Costs of the trials of a bundle; the disk space is that of the weights of both readings alone.

    Args:
        bundle: Its folder.
        config: A checked configuration.

    Raises:
        ArtifactError: If the bundle is damaged.
    """
    opened = open_bundle(bundle)
    machine = opened.facts["machine"]
    found = Measured(f"measured in the bundle {bundle} ({machine['processor']}, {machine['cores']} cores)")
    for row in opened.read("trials").to_pylist():
        if trial := _add_times(found, row, config):
            found.add(DISK, trial, 2 * 4 * row["parameters"] / 1e9)  # float32
    return found


def projected_hours(config: Mapping, trial: Trial) -> float | None:
    """Processor time of the training steps of a trial with mean pooling, from the benchmarks, h.

    Args:
        config: A checked configuration.
        trial: The trial.

    Returns:
        The time without validation, start and what the pooling adds; None without a benchmark of the model,
        or if the edges of the dataset are not counted.
    """
    model, training = config["models"][trial.model], config["training"]
    options = model["options"]
    steps = STEPS.get((model["encoder"], options.get("channels"), options.get("layers")))
    edges = _edges(config, trial)
    if steps is None or edges is None:
        return None
    structures = config["datasets"][trial.dataset]["structures"] * config["split"]["train"]
    batches = math.ceil(structures / training["batch_size"])
    seconds = _interpolated(steps, edges * training["batch_size"])
    return training["epochs"] * batches * seconds / 3600


def _add_times(found: Measured, row: Mapping, config: Mapping) -> Trial | None:
    """Add the times of a record if its network and edges are those of the configuration, else give None."""
    trial = Trial(**{one.name: row[one.name] for one in fields(Trial)})
    made = json.loads(row["options"])
    for axis, field_name, name in (("models", "model", trial.model), ("edges", "edges", trial.edges)):
        if made[field_name] != without_label(config[axis].get(name)):
            return None
    share = config["training"]["epochs"] / row["epochs"] / 3600
    if row["device"] == "cpu":
        found.add(CPU, trial, row["cpu_seconds"] * share)
    else:
        found.add(GPU, trial, row["wall_seconds"] * share)
    return trial


def _edges(config: Mapping, trial: Trial) -> float | None:
    """Edges of a structure of a dataset, as counted, else as in the benchmark that represents it."""
    layout = Layout(*(config[folder] for folder in ("results", "logs", "resources")))
    manifest = Path(layout.graphs(trial.dataset, trial.edges) + ".json")
    try:
        counts = json.loads(manifest.read_text(encoding="utf-8"))["counts"]
        return counts["edges"] / counts["graphs"]
    except (OSError, ValueError, KeyError, ZeroDivisionError):
        return EDGES.get((trial.dataset, config["edges"][trial.edges]["scheme"]))


def _interpolated(steps: Mapping[int, float], edges: float) -> float:
    """Seconds at a number of edges: between two measured ones, beyond the last one in proportion."""
    points = sorted(steps.items())
    for (low, first), (high, last) in itertools.pairwise(points):
        if edges <= high:
            return first + max(0.0, edges - low) / (high - low) * (last - first)
    high, last = points[-1]
    return last * edges / high
