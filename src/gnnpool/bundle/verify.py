"""Trials of a bundle trained again and compared with what it holds."""

import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from gnnpool.analysis.as_planned import deciding_differences
from gnnpool.analysis.collect import TRIAL, read_trials
from gnnpool.analysis.variance import noise_by_setting
from gnnpool.artifacts import read_table
from gnnpool.bundle.files import CONFIG, Bundle, open_bundle
from gnnpool.bundle.structures import require_same, summarize
from gnnpool.bundle.tables import divide
from gnnpool.bundle.unpack import require_split, rows_of
from gnnpool.config import read_config, trial_settings
from gnnpool.data.split_file import read_split
from gnnpool.data.structure import read_structures
from gnnpool.errors import ConfigError, DataError
from gnnpool.extras import extra
from gnnpool.records import Trial, outputs_in

with extra("workflow"):
    import yaml
with extra("analysis"):
    import pandas as pd
    from scipy import stats

SAME, WITHIN, DIFFERS, UNKNOWN = "same bits", "within the spread", "differs", "no spread known"
_CONFIDENCE = 0.95
_SHIPPED = "config/config.yaml"
# Fields that must be equal for two trainings to give the same bits.
_DECIDING = ("torch", "threads", "engine", "device", "device_name", "processor", "graphs_sha256")
# Not seconds, which differ between two runs.
_HISTORY = ["epoch", "train_mae", "val_mae", "averaged_val_mae", "learning_rate"]


@dataclass(frozen=True)
class Comparison:
    """A trial of the bundle beside the same trial trained here.

    Args:
        trial: Its name.
        bundle: Test error (MAE) in the bundle.
        here: Test error here.
        unit: Unit of both.
        spread: Changes between two machines lie between minus and plus this, %; missing if not known.
        verdict: One of the constants of this module.
    """

    trial: str
    bundle: float
    here: float
    unit: str
    spread: float
    verdict: str

    @property
    def agrees(self) -> bool:
        """Whether the trial is verified."""
        return self.verdict in (SAME, WITHIN)


def verify(
    folder: str | Path, *, count: int, seed: int, overlays: Sequence[str | Path], cores: int
) -> list[Comparison]:
    """Train randomly chosen trials of a bundle again, in a temporary folder, and compare.

    On the same kind of machine (PyTorch, processor and what PyTorch uses of it, threads and device of the
    trial) and from the same bytes of graphs the bits must be the same. Elsewhere, and where the record
    names no processor, the test error may differ as it does between initialisations: by at most the 95 %
    half-width of the changes of repeated trainings in the bundle, same dataset and setting.

    Args:
        folder: The bundle.
        count: How many trials.
        seed: For the choice.
        overlays: Configuration files that say where data lie, such as mirror.
        cores: For the workflow.

    Raises:
        ArtifactError: If the bundle is damaged.
        ConfigError: If this is no checkout of the workflow, the bundle has fewer trials, or an overlay gives
            them other settings.
        DataError: If the workflow fails, or data or splits are not those of the bundle.
    """
    bundle = open_bundle(folder)
    trials = read_trials(bundle.path("trials"))
    if not 1 <= count <= len(trials):
        raise ConfigError(f"--trials: found {count}, expected 1 to {len(trials)}, all of {folder}")
    checkout = Path.cwd()
    if not (checkout / "Snakefile").is_file() or not (checkout / _SHIPPED).is_file():
        raise ConfigError(f"{checkout}: found no Snakefile and {_SHIPPED}; run this in a checkout of gnnpool")
    chosen = trials.sample(n=count, random_state=random.Random(seed).randrange(2**32))
    _require_settings(chosen, [checkout / _SHIPPED, bundle.folder / CONFIG, *overlays])
    with tempfile.TemporaryDirectory(prefix="gnnpool-verify-") as place:
        results = Path(place) / "results"
        _train(
            [str(Trial(*row)) for row in chosen[TRIAL].itertuples(index=False)],
            bundle,
            overlays,
            place,
            cores,
        )
        for dataset in sorted(set(chosen["dataset"])):
            ours = summarize(read_structures(results / f"data/{dataset}/structures.parquet"))
            require_same(rows_of(bundle, dataset), ours, what=f"{folder}: dataset {dataset!r}")
        for dataset, seed in sorted(set(zip(chosen["dataset"], chosen["seed"], strict=True))):
            split = read_split(results / f"data/{dataset}/splits/seed-{seed}.parquet")
            require_split(split, bundle, dataset, seed)
        return compare(bundle, trials, chosen, results / "trials")


def compare(bundle: Bundle, trials: pd.DataFrame, chosen: pd.DataFrame, folder: Path) -> list[Comparison]:
    """Compare trials of a bundle with those of a folder.

    Args:
        bundle: The bundle.
        trials: All of its trials.
        chosen: Rows of the trials to compare.
        folder: Folder of the trials that were trained here.
    """
    histories, predictions = (divide(bundle.read(name)) for name in ("histories", "predictions"))
    spreads = _spreads(trials)
    found = []
    for record in chosen.to_dict("records"):
        name = str(Trial(*(record[field] for field in TRIAL)))
        files = outputs_in(folder / name)
        here = read_table(files["record"]).to_pylist()[0]
        same_kind = record["processor"] and all(here[key] == record[key] for key in _DECIDING)
        same_bits = _same_bits(files, histories[name], predictions[name])
        spread = spreads.get((record["dataset"], record["model"], record["edges"]), float("nan"))
        change = 100 * (here["test_mae"] - record["test_mae"]) / record["test_mae"]
        verdict = SAME if same_bits else DIFFERS
        if not same_bits and not same_kind:
            verdict = UNKNOWN if pd.isna(spread) else WITHIN if abs(change) <= spread else DIFFERS
        found.append(Comparison(name, record["test_mae"], here["test_mae"], record["unit"], spread, verdict))
    return found


def _require_settings(chosen: pd.DataFrame, files: Sequence[str | Path]) -> None:
    """Refuse overlays that change what the trials are."""
    settings = trial_settings(read_config(files))
    for row in chosen.to_dict("records"):
        trial = Trial(*(row[field] for field in TRIAL))
        if differences := deciding_differences(row, trial, settings):
            raise ConfigError(f"{trial}: {differences[0]}; overlays say where data lie, no more")


def as_text(found: Sequence[Comparison]) -> str:
    """A table for the terminal."""
    width = max(len(one.trial) for one in found)
    lines = [f"{'trial':{width}}  {'bundle':>10}  {'here':>10}  {'change':>9}  {'spread':>9}  verdict"]
    for one in found:
        change = f"{100 * (one.here - one.bundle) / one.bundle:+.2f} %"
        spread = "none" if pd.isna(one.spread) else f"± {one.spread:.1f} %"
        lines.append(
            f"{one.trial:{width}}  {one.bundle:10.5g}  {one.here:10.5g}  {change:>9}  {spread:>9}  "
            f"{one.verdict}"
        )
    return "\n".join(lines)


def _train(
    names: Sequence[str], bundle: Bundle, overlays: Sequence[str | Path], place: str, cores: int
) -> None:
    """Let the workflow train trials; data are read from where the configuration of this place says."""
    checkout = Path.cwd()
    here = read_config([checkout / _SHIPPED, *overlays])
    folders = {
        "results": "results",
        "logs": "logs",
        "resources": str(Path(here["resources"]).resolve()),
        "mirror": str(Path(here["mirror"]).resolve()) if here["mirror"] else None,
        "bundles": [],
        "allow_partial": False,
    }
    own = Path(place) / "place.yaml"
    own.write_text(yaml.safe_dump(folders), encoding="utf-8")
    files = [checkout / _SHIPPED, bundle.folder / CONFIG, *overlays, own]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(checkout / "Snakefile")]
    command += ["--directory", place, "--workflow-profile", str(checkout / "profiles/default")]
    command += ["--cores", str(cores), "--quiet", "all", "--configfile"]
    command += [*(str(Path(file).resolve()) for file in files), "--"]
    command += [f"results/trials/{name}/record.parquet" for name in names]
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode:
        raise DataError(f"snakemake: exit status {done.returncode}, expected 0; its last words are above")


def _spreads(trials: pd.DataFrame) -> Mapping[tuple[str, str, str], float]:
    """Half-width of the changes between two trainings of the same trial, %, by dataset, model and edges."""
    return {
        (row.dataset, row.model, row.edges): float(
            stats.t.ppf((1 + _CONFIDENCE) / 2, row.n_repeats) * row.noise
        )
        for row in noise_by_setting(trials).itertuples()
    }


def _same_bits(files: Mapping[str, Path], history: pa.Table, predictions: pa.Table) -> bool:
    table = read_table(files["predictions"])
    tested = table.filter(pa.compute.equal(table["part"], "test")).drop_columns("part")
    ours = [read_table(files["history"]).select(_HISTORY), tested]
    theirs = [history.select(_HISTORY), predictions]
    return all(one.to_pydict() == other.to_pydict() for one, other in zip(ours, theirs, strict=True))
