"""From bundles to the files that trainings would have left, once data and splits are known to be the same."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from gnnpool.artifacts import write_json
from gnnpool.bundle.files import Bundle, open_bundle
from gnnpool.bundle.structures import Agreement, division_sha256, require_same, summarize
from gnnpool.bundle.tables import divide, write_trial
from gnnpool.data.split_file import Split, read_split
from gnnpool.data.structure import read_structures
from gnnpool.errors import DataError
from gnnpool.records import Trial


def unpack_bundles(
    *,
    trials: Mapping[str, Collection[str]],
    structures: Sequence[str | Path],
    splits: Sequence[str | Path],
    folder: str | Path,
    equivalent: str | Path,
) -> None:
    """Write record, history and predictions of trials out of bundles.

    Args:
        trials: Names of the trials by the folder of their bundle.
        structures: Structures of their datasets.
        splits: Splits of their datasets and seeds.
        folder: Where the folders of the trials shall be.
        equivalent: What was found about the data (JSON), written last: sentences, and the hashes of graphs
            and splits that belong to the same data.

    Raises:
        ArtifactError: If a file is damaged.
        DataError: If data or splits differ by more than the tolerance, naming dataset and structure.
    """
    local = {(s := read_structures(path)).metadata["dataset"]: summarize(s) for path in structures}
    parted = {(s.metadata["dataset"], int(s.metadata["seed"])): s for s in map(read_split, splits)}
    found: dict = {"sentences": [], "graphs": {}, "splits": {}}
    for place, names in trials.items():
        bundle, wanted = open_bundle(place), [Trial.parse(name) for name in names]
        for dataset in sorted({trial.dataset for trial in wanted}):
            agreement = require_same(
                rows_of(bundle, dataset), local[dataset], what=f"{place}: dataset {dataset!r}"
            )
            _note(found, dataset, agreement, bundle)
        for dataset, seed in sorted({(trial.dataset, trial.seed) for trial in wanted}):
            require_split(parted[dataset, seed], bundle, dataset, seed)
        unpack(bundle, wanted, folder, splits=parted)
    write_json(equivalent, found)


def unpack(
    bundle: Bundle,
    wanted: Collection[Trial],
    folder: str | Path,
    *,
    splits: Mapping[tuple[str, int], Split] | None = None,
) -> list[Path]:
    """Write the files of some trials of a bundle.

    Args:
        bundle: Which one.
        wanted: The trials.
        folder: Where the folders of the trials shall be.
        splits: By dataset and seed; if given, predictions are of their test parts.

    Returns:
        The records.
    """
    names = {str(trial) for trial in wanted}
    histories, predictions = (divide(bundle.read(table)) for table in ("histories", "predictions"))
    paths = []
    for record in bundle.read("trials").to_pylist():
        trial = Trial(*(record[name] for name in vars(Trial("", "", "", "", 0))))
        if (name := str(trial)) not in names:
            continue
        if splits is not None:
            _require_tested(predictions[name], splits[trial.dataset, trial.seed], bundle, name)
        place = Path(folder) / name
        write_trial(place, record, histories[name], predictions[name])
        paths.append(place / "record.parquet")
    return paths


def rows_of(bundle: Bundle, dataset: str) -> pa.Table:
    """What identifies the structures of a dataset.

    Args:
        bundle: The bundle.
        dataset: Which one.

    Returns:
        Rows of :func:`gnnpool.bundle.structures.summarize`.
    """
    table = bundle.read("structures")
    return table.filter(pa.compute.equal(table["dataset"].cast(pa.string()), dataset))


def _note(found: dict, dataset: str, agreement: Agreement, bundle: Bundle) -> None:
    """Add the hashes of a bundle that belong to the same data as the local ones, and how well they agree."""
    for kind in ("graphs", "splits"):
        hashes = found[kind].setdefault(dataset, {})
        for name, those in bundle.hashes(kind, dataset).items():
            hashes.setdefault(name, []).extend(those)
    found["sentences"].append(
        f"{dataset}: trials of the bundle {bundle.folder.name} count as trials of the same data: "
        f"{agreement.structures} structures with the same names, atoms, targets (largest relative difference "
        f"{agreement.target:.1e}), cell volumes ({agreement.volume:.1e}) and splits"
    )


def require_split(split: Split, bundle: Bundle, dataset: str, seed: int) -> None:
    """Refuse a split that is not that of a bundle.

    Args:
        split: The split here.
        bundle: The bundle.
        dataset: Of which dataset.
        seed: Of which seed.

    Raises:
        DataError: If structures are in other parts.
    """
    expected = bundle.facts["datasets"][dataset]["splits"][str(seed)]["division"]
    if (found := division_sha256(split)) != expected:
        raise DataError(
            f"{bundle.folder}: dataset {dataset!r}, seed {seed}: split: found {found[:12]}... here, expected "
            f"{expected[:12]}... as in the bundle: structures are in other parts"
        )


def _require_tested(predictions: pa.Table, split: Split, bundle: Bundle, name: str) -> None:
    expected = [split.ids[i] for i in split.indices("test")]
    for found, one in zip(predictions["id"].to_pylist(), expected, strict=False):
        if found != one:
            raise DataError(f"{bundle.folder}: {name}: test part: found {found!r}, expected {one!r}")
    if predictions.num_rows != len(expected):
        raise DataError(
            f"{bundle.folder}: {name}: test part: found {predictions.num_rows} predictions, expected "
            f"{len(expected)}"
        )
