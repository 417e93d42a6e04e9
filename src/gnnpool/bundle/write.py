"""A bundle from a folder of results."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from gnnpool import __version__
from gnnpool.analysis.as_planned import deviations
from gnnpool.analysis.collect import TRIAL, collect_trials, read_records, read_trials
from gnnpool.artifacts import (
    copy_file,
    file_sha256,
    read_json,
    read_table,
    write_atomically,
    write_json,
    write_table,
)
from gnnpool.bundle.files import CONFIG, COUNTS, EXHIBITS, FACTS, KIND, MATBENCH, PERTURBED, TABLES
from gnnpool.bundle.machine import describe_machine
from gnnpool.bundle.planning import EQUIVALENT, UNPACKED
from gnnpool.bundle.readme import readme
from gnnpool.bundle.structures import UNITS, division_sha256, summarize
from gnnpool.bundle.tables import gather
from gnnpool.bundle.weights import copy_weights, with_weights
from gnnpool.config import trial_settings
from gnnpool.data.split_file import read_split
from gnnpool.data.structure import read_structures
from gnnpool.errors import ArtifactError, ConfigError
from gnnpool.extras import extra
from gnnpool.records import Trial
from gnnpool.trial_files import trials_at

with extra("workflow"):
    import yaml
with extra("analysis"):
    import pandas as pd

_RECORDS = "*/*/*/*/*/record.parquet"
_NAME_ALL = "name all configuration files of the trials, as given to snakemake"
# Folders of one place, and where its data come from: no part of what the trials are.
_OF_THE_PLACE = ("results", "logs", "resources", "mirror", "bundles", "allow_partial", "device", "download")


def write_bundle(
    results: str | Path, folder: str | Path, *, config: Mapping, weights: Collection[str] = ()
) -> dict[str, int]:
    """Write the finished trials of a folder of results as a bundle; bundle.json is written last.

    Trials that came from another bundle are kept if they were trained from the files that lie here, or from
    files that :func:`gnnpool.bundle.unpack.unpack_bundles` found to hold the same data.

    Args:
        results: Folder of results, with trials, data and graphs.
        folder: Where the bundle shall be: a new or empty folder, or an earlier bundle, which is replaced.
        config: The configuration of these trials.
        weights: Poolings whose trained weights the bundle shall hold.

    Returns:
        Bytes of each file.

    Raises:
        ArtifactError: If there is no finished trial, a file is damaged or missing, or a trial was trained
            from other graphs or another split than those that lie there now.
        ConfigError: If a pooling of ``weights`` has no weights here, the folder holds something else, or the
            configuration is not that of the trials.
    """
    results, folder = Path(results), Path(folder)
    _require_own(folder)
    same = _same(results)
    paths = _finished(results, same)
    if not paths:
        raise ArtifactError(f"{results / 'trials'}: found no finished trial, expected one or more to bundle")
    weighty = with_weights(paths, weights)
    _require_configured(read_records(paths), config)
    (folder / FACTS).unlink(missing_ok=True)
    trials_file = folder / "trials.parquet"
    collect_trials(records=paths, output=trials_file)
    trials = read_trials(trials_file)
    of = {Trial.of_file(path): path for path in paths}
    # Trials of the same split one after another: their ids and targets repeat, and compress to little.
    alike = trials.sort_values(["dataset", "seed"], kind="stable")
    paths = [of[Trial(*row)] for row in alike[TRIAL].itertuples(index=False)]
    for table, what in (("histories", "history"), ("predictions", "predictions")):
        gathered = gather(paths, alike, what)
        write_table(folder / f"{table}.parquet", gathered, repeating=["trial", "epoch", "learning_rate"])
    datasets = _datasets(results, trials, same)
    summaries = [summarize(read_structures(results / f"data/{d}/structures.parquet")) for d in datasets]
    write_table(
        folder / "structures.parquet",
        pa.concat_tables(summaries).unify_dictionaries().combine_chunks(),
        units=UNITS,
    )
    _write_text(folder / CONFIG, _shown(config))
    copied = [*_copy(results, folder), *copy_weights(weighty, folder), *_added(folder)]
    names = [*(f"{name}.parquet" for name in TABLES), CONFIG, *copied]
    facts = {
        "kind": KIND,
        "gnnpool": __version__,
        "machine": describe_machine(),
        "datasets": datasets,
        "files": {name: file_sha256(folder / name) for name in names},
    }
    _write_text(folder / "README.md", readme(trials, facts, config=config, folder=folder))
    write_json(folder / FACTS, facts)
    return {name: (folder / name).stat().st_size for name in [*names, "README.md", FACTS]}


def _require_own(folder: Path) -> None:
    """Refuse a folder with files that are no bundle, finished or not, and no addition to one."""
    if not folder.exists() or (folder / FACTS).is_file() or (folder / f"{TABLES[0]}.parquet").is_file():
        return
    others = [path.name for path in folder.iterdir() if path.name not in (MATBENCH, PERTURBED)]
    if others:
        raise ConfigError(
            f"{folder}: expected a new or empty folder, or a bundle, found {', '.join(sorted(others)[:3])}"
        )


def _require_configured(trials: pd.DataFrame, config: Mapping) -> None:
    """Refuse a configuration that is not that of the trials."""
    for axis, field in (("datasets", "dataset"), ("models", "model"), ("edges", "edges")):
        if others := sorted(set(trials[field]) - set(config[axis])):
            raise ConfigError(
                f"{axis}: found no {', '.join(map(repr, others))} in the configuration, of which there are "
                f"trials; {_NAME_ALL}"
            )
    wrong, _ = deviations(trials, trial_settings(config))
    if wrong:
        raise ConfigError(f"{wrong[0]}; {_NAME_ALL}")


def _finished(results: Path, same: Mapping) -> list[Path]:
    """Records of the trials that were trained here, and of those from bundles that are of the same data."""
    here = trials_at(sorted(results.glob(f"trials/{_RECORDS}")))
    bundled = [p for p in sorted(results.glob(f"{UNPACKED}/{_RECORDS}")) if Trial.of_file(p) not in here]
    digests: dict[Path, str] = {}
    for path in bundled:
        row, trial = read_table(path).to_pylist()[0], Trial.of_file(path)
        files = {
            "graphs_sha256": results / f"graphs/{trial.dataset}/{trial.edges}.safetensors",
            "split_sha256": results / f"data/{trial.dataset}/splits/seed-{trial.seed}.parquet",
        }
        for file in files.values():
            if file.is_file() and file not in digests:
                digests[file] = file_sha256(file)
        of = {
            "graphs_sha256": same.get(("graphs", trial.dataset, trial.edges), ()),
            "split_sha256": same.get(("splits", trial.dataset, str(trial.seed)), ()),
        }
        if all(row[field] in (digests.get(file), *of[field]) for field, file in files.items()):
            here[Trial.of_file(path)] = path
    return list(here.values())


def _same(results: Path) -> dict[tuple[str, str, str], list[str]]:
    """Hashes of files of the data here that bundles hold: by "graphs" or "splits", dataset, edges or seed."""
    if not (path := results / EQUIVALENT).is_file():
        return {}
    found = read_json(path)
    return {
        (kind, dataset, name): hashes
        for kind in ("graphs", "splits")
        for dataset, named in found[kind].items()
        for name, hashes in named.items()
    }


def _datasets(results: Path, trials: pd.DataFrame, same: Mapping) -> dict[str, dict]:
    """What identifies the data of the trials; each trial must be from the files that lie there."""
    found: dict[str, dict] = {}
    for dataset, own in trials.groupby("dataset"):
        data, graphs = results / f"data/{dataset}", results / f"graphs/{dataset}"
        splits = {
            str(seed): _split(
                data / f"splits/seed-{seed}.parquet", part, same.get(("splits", dataset, str(seed)), ())
            )
            for seed, part in own.groupby("seed")
        }
        edges = {
            name: _graphs(graphs / f"{name}.safetensors", part, same.get(("graphs", dataset, name), ()))
            for name, part in own.groupby("edges")
        }
        manifest = read_json(data / "manifest.json")
        found[str(dataset)] = {"manifest": manifest, "splits": splits, "graphs": edges}
    return found


def _split(path: Path, trials: pd.DataFrame, same: Sequence[str]) -> dict:
    split = read_split(path)
    hashes = _require_of(path, trials, "split_sha256", same)
    stage = int(split.metadata["stage_version"])
    return {**hashes, "division": division_sha256(split), "stage_version": stage}


def _graphs(path: Path, trials: pd.DataFrame, same: Sequence[str]) -> dict:
    if not path.is_file():
        raise ArtifactError(f"{path}: no such file; a bundle names the graphs that its trials are from")
    manifest = read_json(path.with_suffix(".json"))
    return {
        **_require_of(path, trials, "graphs_sha256", same),
        "stage_version": manifest["stage_version"],
    }


def _require_of(path: Path, trials: pd.DataFrame, field: str, same: Sequence[str]) -> dict:
    """Hash of a file, and those of other files of the same data that some trials were trained from."""
    digest = file_sha256(path)
    other = trials[~trials[field].isin([digest, *same])]
    if len(other):
        trial = Trial(*other[TRIAL].iloc[0])
        raise ArtifactError(
            f"{path}: SHA-256: found {digest[:12]}..., expected {other[field].iloc[0][:12]}... as in the "
            f"record of {trial}; it was made anew since, train the trial again"
        )
    return {"sha256": digest, "equivalent": sorted(set(trials[field]) - {digest})}


def _shown(config: Mapping) -> str:
    kept = {key: value for key, value in config.items() if key not in _OF_THE_PLACE}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=110)


def _added(folder: Path) -> list[str]:
    """Files of the folders that a user adds."""
    paths = [path for place in (MATBENCH, PERTURBED) for path in sorted((folder / place).rglob("*"))]
    return [path.relative_to(folder).as_posix() for path in paths if path.is_file()]


def _copy(results: Path, folder: Path) -> list[str]:
    """Copy tables, figures and the report, if they are there; those of an earlier bundle go."""
    names = []
    for place, pattern in EXHIBITS:
        for old in (folder / place).glob(pattern):
            old.unlink()
        for source in sorted((results / place).glob(pattern)):
            copy_file(source, folder / place / source.name)
            names.append(f"{place}/{source.name}" if place else source.name)
    counts = results / f"analysis/{COUNTS}.parquet"
    (folder / counts.name).unlink(missing_ok=True)
    if counts.is_file():
        copy_file(counts, folder / counts.name)
        names.append(counts.name)
    return names


def _write_text(path: Path, text: str) -> None:
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline=""))
