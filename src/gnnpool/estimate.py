"""What the trials that are left will cost: processor hours, GPU hours, disk and downloads."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gnnpool.bundle.planning import plan_bundles
from gnnpool.data.raw_file import has_address
from gnnpool.layout import Layout
from gnnpool.plan import Plan
from gnnpool.records import Trial
from gnnpool.trial_cost import (
    CPU,
    DISK,
    GPU,
    PROJECTED,
    QUANTITIES,
    measured_here,
    measured_in,
    projected_hours,
)

UNKNOWN = "unknown"
_UNITS = {CPU: ("processor time", "h"), GPU: ("GPU time", "h"), DISK: ("disk space", "GB")}
_NOTES = {
    CPU: "graphs are not built, or there is no benchmark of the model",
    GPU: "no trial of these datasets, models and edges was trained on a GPU here or in a bundle",
    DISK: "no such trial is finished here or in a bundle",
}


@dataclass(frozen=True)
class Amount:
    """A part of a quantity.

    Args:
        basis: What the number rests on; :data:`UNKNOWN` if there is none.
        trials: Number of trials.
        total: Of all these trials, in the unit of the quantity; None if it is unknown.
    """

    basis: str
    trials: int
    total: float | None


@dataclass(frozen=True)
class Download:
    """The raw file of a dataset.

    Args:
        dataset: Slug.
        file: Where it is placed.
        state: "here", "in the mirror folder", "to download" or "to obtain by hand".
        size: Bytes; None if they are unknown.
    """

    dataset: str
    file: str
    state: str
    size: int | None


@dataclass(frozen=True)
class Estimate:
    """Cost of the planned grid.

    Args:
        planned: Number of planned trials.
        done: Trials with a record here.
        bundled: Trials taken from bundles.
        amounts: Parts of each quantity of the trials to train.
        downloads: Raw files of the datasets in use.
    """

    planned: int
    done: int
    bundled: int
    amounts: Mapping[str, Sequence[Amount]]
    downloads: Sequence[Download]

    @property
    def to_train(self) -> int:
        """Trials that are trained."""
        return self.planned - self.done - self.bundled

    def known(self, quantity: str) -> float:
        """Sum of the known parts of a quantity."""
        return sum(one.total for one in self.amounts[quantity] if one.total is not None)

    def unknown(self, quantity: str) -> int:
        """Trials of which a quantity is unknown."""
        return sum(one.trials for one in self.amounts[quantity] if one.total is None)


def estimate_cost(config: Mapping, *, bundles: Sequence[str | Path] = ()) -> Estimate:
    """Estimate the cost of the planned trials that have no record.

    A cost is the mean of finished trials of the same condition, else of the same dataset, model and edges;
    here, else in the bundles; scaled to the planned epochs. Processor time is else projected from the
    benchmarks. What rests on nothing is unknown.

    Args:
        config: A checked configuration.
        bundles: Bundles whose trials show the cost, in addition to those of the configuration.

    Raises:
        ArtifactError: If a bundle is missing or damaged.
    """
    plan = Plan(config)
    records = Path(config["results"]) / "trials"
    left = [trial for trial in plan.trials if not (records / str(trial) / "record.parquet").exists()]
    taken = plan_bundles(config, plan.trials, weights=plan.explained_trials).folders
    train = [trial for trial in left if trial not in taken]
    places = {Path(place).resolve(): place for place in [*config["bundles"], *bundles]}
    known = [measured_here(config, plan.trials), *(measured_in(place, config) for place in places.values())]
    parts: dict[str, dict[str, list[float | None]]] = {quantity: {} for quantity in QUANTITIES}
    for trial in train:
        for quantity in QUANTITIES:
            basis, value = _cost(config, trial, quantity, known)
            parts[quantity].setdefault(basis, []).append(value)
    return Estimate(
        planned=len(plan.trials),
        done=len(plan.trials) - len(left),
        bundled=len(left) - len(train),
        amounts={quantity: [_amount(*part) for part in found.items()] for quantity, found in parts.items()},
        downloads=_downloads(config, plan),
    )


def as_json(estimate: Estimate) -> dict:
    """The estimate as plain dictionaries and lists."""
    return {**asdict(estimate), "to_train": estimate.to_train}


def as_text(estimate: Estimate) -> str:
    """The estimate for the terminal."""
    lines = [
        f"trials: {estimate.planned} planned, {estimate.done} finished here, {estimate.bundled} taken from "
        f"bundles, {estimate.to_train} to train"
    ]
    for quantity, (title, unit) in _UNITS.items():
        lines += ["", f"{title} of the trials to train"]
        for one in estimate.amounts[quantity]:
            total = UNKNOWN if one.total is None else f"{one.total:.3g} {unit}"
            basis = _NOTES[quantity] if one.total is None else one.basis
            lines.append(f"{total:>10}  {one.trials:>6} trials  {basis}")
        if not estimate.amounts[quantity]:
            lines.append(f"{'0 ' + unit:>10}  nothing is left to train")
    lines += ["", "files"]
    for one in estimate.downloads:
        size = "size unknown" if one.size is None else f"{one.size / 1e6:.1f} MB"
        lines.append(f"  {one.dataset}: {Path(one.file).name}: {one.state}, {size}")
    if not estimate.downloads:
        lines.append("  none: the datasets need no file")
    return "\n".join(lines)


def _cost(config: Mapping, trial: Trial, quantity: str, known: Sequence) -> tuple[str, float | None]:
    for key in (trial.condition, trial.condition[:3]):
        for place in known:
            if found := place.find(quantity, key):
                return found
    value = projected_hours(config, trial) if quantity == CPU else None
    return UNKNOWN if value is None else PROJECTED, value


def _amount(basis: str, values: Sequence[float | None]) -> Amount:
    found = [value for value in values if value is not None]
    return Amount(basis, len(values), sum(found) if found else None)


def _size(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def _downloads(config: Mapping, plan: Plan) -> list[Download]:
    layout = Layout(*(config[folder] for folder in ("results", "logs", "resources")))
    found = []
    for dataset, file in plan.raw_files:
        entry, place = config["datasets"][dataset], Path(layout.raw(dataset, file))
        mirrored = Path(config["mirror"]) / file if config["mirror"] else None
        if place.is_file():
            state, size = "here", place.stat().st_size
        elif mirrored and mirrored.exists():
            state, size = "in the mirror folder", _size(mirrored)
        else:
            state, size = "to download" if has_address(entry) else "to obtain by hand", None
        found.append(Download(dataset, str(place), state, size))
    return found
