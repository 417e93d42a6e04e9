"""From a raw file to verified structures and a manifest."""

import dataclasses
import inspect
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gnnpool import plugins, stages
from gnnpool.artifacts import file_sha256, write_json
from gnnpool.data.raw_file import disagreement
from gnnpool.data.structure import RawStructure, StructureSet, write_structures
from gnnpool.data.text import is_number
from gnnpool.data.validate import BadRow, validate
from gnnpool.errors import ConfigError, DataError
from gnnpool.specs import DatasetSpec

SOURCES = "gnnpool.data.sources"
# In mean absolute deviations. The rounding of files is far smaller; another unit, a logarithm or
# another column differs by more.
STATISTICS_TOLERANCE = 0.01
_logger = logging.getLogger(__name__)


def build_structures(
    *,
    raw: str | Path | None,
    dataset: str,
    entry: Mapping,
    on_bad_row: str,
    structures: str | Path,
    manifest: str | Path,
) -> None:
    """Read a dataset, check every row, and write structures and manifest.

    Args:
        raw: The downloaded file; None for a source that generates its structures.
        dataset: Slug.
        entry: Fields of :class:`gnnpool.specs.DatasetSpec`.
        on_bad_row: "error" or "skip".
        structures: Parquet file to write.
        manifest: JSON file to write: where the structures come from, and how many there are.

    Raises:
        DataError: If the source holds a different number of rows than the entry says, invalid rows, or
            targets whose statistics are far from those of the entry.
        ConfigError: If the source is unknown or refuses its options.
    """
    if raw and (fault := disagreement(raw, entry)):
        raise DataError(
            f"{dataset}: {raw} does not match the configured hash: {fault}; delete it and run again"
        )
    spec = DatasetSpec.of(entry)
    rows = _read(raw, dataset, spec)
    if len(rows) != spec.structures:
        place = raw or spec.source
        count = f"{dataset}: expected {spec.structures} structures, found {len(rows)} rows in {place}"
        if spec.exact_count:
            raise DataError(count)
        _logger.warning("%s; they are used as they are", count)
    advice = "`on_bad_row: skip` excludes them" if on_bad_row == "error" else ""
    good, bad = validate(rows, dataset=dataset, on_bad_row=on_bad_row, advice=advice)
    if spec.target_statistics:
        _check_statistics(rows, dataset, spec)
    metadata = {
        "dataset": dataset,
        "target": spec.target,
        "unit": spec.unit,
        "raw_sha256": file_sha256(raw) if raw else "",
        "stage_version": str(stages.STRUCTURES),
    }
    good = dataclasses.replace(good, metadata=metadata)
    write_structures(structures, good)
    write_json(manifest, _manifest(good, bad, spec, len(rows)))


def _read(raw: str | Path | None, dataset: str, spec: DatasetSpec) -> list[RawStructure]:
    source = spec.source
    plugins.require(source, plugins.names(SOURCES, group=SOURCES), what=f"source of dataset {dataset!r}")
    read = plugins.load_function(SOURCES, source, "read")
    given = [raw] if raw else []
    options = spec.options
    try:
        inspect.signature(read).bind(*given, **options)
    except TypeError as error:
        raise ConfigError(f"dataset {dataset!r}: source {source!r} does not fit: {error}") from error
    return read(*given, **options)


def _check_statistics(rows: list[RawStructure], dataset: str, spec: DatasetSpec) -> None:
    # All rows count, also those whose structure is invalid: the expected statistics include them.
    targets = np.array([row.target for row in rows if is_number(row.target)], dtype=float)
    targets = targets[np.isfinite(targets)]
    expected = spec.target_statistics
    found = {
        "mean": targets.mean(),
        "mean_absolute_deviation": np.abs(targets - targets.mean()).mean(),
    }
    tolerance = STATISTICS_TOLERANCE * expected["mean_absolute_deviation"]
    for name, value in found.items():
        if abs(value - expected[name]) > tolerance:
            raise DataError(
                f"{dataset}: target {spec.target}: {name.replace('_', ' ')}: found {value:.6g}, expected "
                f"{expected[name]:.6g} {spec.unit} (target_statistics) within {tolerance:.2g}: another "
                "column, another unit, or other rows?"
            )


def _manifest(good: StructureSet, bad: list[BadRow], spec: DatasetSpec, rows: int) -> dict:
    atoms = np.diff(good.node_ptr)
    targets = good.targets
    return {
        **good.metadata,
        "stage_version": stages.STRUCTURES,
        "source": spec.source,
        "citation": spec.citation,
        "rows_expected": spec.structures,
        "rows_read": rows,
        "rows_kept": len(good),
        "skipped": [dataclasses.asdict(fault) for fault in bad],
        "atoms": {"min": int(atoms.min()), "mean": float(atoms.mean()), "max": int(atoms.max())},
        "one_atom_cells": int((atoms == 1).sum()),
        "targets": {
            "min": float(targets.min()),
            "mean": float(targets.mean()),
            "max": float(targets.max()),
            "std": float(targets.std()),
        },
    }
