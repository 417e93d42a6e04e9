"""Where the numbers come from: code, versions, devices, and the hashes of the data."""

from collections.abc import Mapping, Sequence

import pandas as pd

from gnnpool import stages
from gnnpool.analysis.readings import MEANING
from gnnpool.specs import Labels
from gnnpool.tables.printed import Item, Printed, Row
from gnnpool.wording import label_of

_SHOWN = {
    "gnnpool": "gnnpool",
    "torch": "torch",
    "numpy": "NumPy",
    "python": "Python",
    "device": "Device",
    "device_name": "GPU",
    "processor": "Processor, and what PyTorch uses of it",
    "threads": "CPU threads of a trial",
    "engine": "Engine",
    "deterministic": "Deterministic",
    "nondeterministic": "Operations without a deterministic form",
    "stage_version": "Version of the stage training",
    "shared_code": "Code of training and encoder, SHA-256",
    "operator_code": "Code of the pooling's operators, SHA-256",
}


def of_readings() -> Printed:
    """Which weights each reading of a training takes."""
    rows = [Row(reading.capitalize(), [Item(meaning)]) for reading, meaning in MEANING.items()]
    notes = ["Every number is of the raw reading unless it says that it is of the averaged one."]
    return Printed("readings", "The two readings of a training", ["Test error of"], rows, notes)


def of_trials(trials: pd.DataFrame) -> Printed:
    """Versions and devices, each with the number of trials that it made.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
    """
    rows = []
    for field, name in _SHOWN.items():
        counts = trials[field].value_counts().sort_index()
        for i, (value, count) in enumerate(counts.items()):
            rows.append(Row("" if i else name, [Item(str(value) or "none"), Item(str(count))]))
    notes = []
    if len(trials):
        notes = [f"Trained between {trials['finished'].min()} and {trials['finished'].max()}."]
    return Printed("versions", "What the trials were made with", ["Value", "Trials"], rows, notes)


def of_data(
    trials: pd.DataFrame, manifests: Sequence[Mapping], labels: Labels, equivalent: Sequence[str]
) -> Printed:
    """Hashes of raw files and graphs.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        manifests: Manifests of the structures of the datasets.
        labels: Printed names.
        equivalent: Sentences on copies of the data that count as the same.
    """
    rows = []
    for manifest in manifests:
        dataset = manifest["dataset"]
        rows.append(Row(label_of(labels, "datasets", dataset)))
        rows.append(Row("raw file", [Item(manifest["raw_sha256"] or "none: made by its source")]))
        own = trials[trials["dataset"] == dataset]
        for (edges, digest), _ in own.groupby(["edges", "graphs_sha256"]):
            rows.append(Row(f"graphs, {label_of(labels, 'edges', edges)}", [Item(digest or "none")]))
    notes = ["The hash of each split stands in the record of each of its trials."]
    notes += [f"{sentence}." for sentence in equivalent]
    return Printed("hashes", "Hashes of the data", ["SHA-256"], rows, notes)


def of_stages() -> Printed:
    """Versions of the stages, as they are now."""
    versions = {name.lower(): value for name, value in vars(stages).items() if name.isupper()}
    rows = [Row(name, [Item(str(value))]) for name, value in versions.items()]
    notes = ["A stage whose results change their meaning gets the next number; the changelog says why."]
    return Printed("stages", "Versions of the stages", ["Version"], rows, notes)
