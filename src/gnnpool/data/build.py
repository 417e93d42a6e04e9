"""From a raw file to verified structures and an account of them."""

import dataclasses
import inspect
import logging
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import numpy as np

from gnnpool import plugins, stages
from gnnpool.artifacts import file_sha256, write_json
from gnnpool.data.structure import RawStructure, StructureSet, write_structures
from gnnpool.data.validate import BadRow, validate
from gnnpool.errors import ConfigError, DataError

SOURCES = "gnnpool.data.sources"
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
        raw: The downloaded file; nothing for a source that makes its own structures.
        dataset: Slug.
        entry: Its entry in the configuration: source, structures, target, unit, citation and, for
            some sources, options; with exact_count false, another number of rows is told, not refused.
        on_bad_row: "error" or "skip".
        structures: Parquet file to write.
        manifest: JSON file to write: where the structures come from, and how many there are.

    Raises:
        DataError: If the source holds another number of rows than the entry says, or bad rows.
        ConfigError: If the source is unknown or refuses its options.
    """
    rows = _read(raw, dataset, entry)
    if len(rows) != entry["structures"]:
        place = raw or entry["source"]
        told = f"{dataset}: expected {entry['structures']} structures, found {len(rows)} rows in {place}"
        if entry.get("exact_count", True):
            raise DataError(told)
        _logger.warning("%s; they are used as they are", told)
    good, bad = validate(rows, dataset=dataset, on_bad_row=on_bad_row)
    metadata = {
        "dataset": dataset,
        "target": entry["target"],
        "unit": entry["unit"],
        "raw_sha256": file_sha256(raw) if raw else "",
        "stage_version": str(stages.STRUCTURES),
    }
    good = dataclasses.replace(good, metadata=metadata)
    write_structures(structures, good)
    write_json(manifest, _manifest(good, bad, entry, len(rows)))


def _read(raw: str | Path | None, dataset: str, entry: Mapping) -> list[RawStructure]:
    source = entry["source"]
    plugins.require(source, plugins.names(SOURCES), what=f"source of dataset {dataset!r}")
    read = import_module(f"{SOURCES}.{source}").read
    given = [raw] if raw else []
    options = entry.get("options", {})
    try:
        inspect.signature(read).bind(*given, **options)
    except TypeError as error:
        raise ConfigError(f"dataset {dataset!r}: source {source!r} does not fit: {error}") from error
    return read(*given, **options)


def _manifest(good: StructureSet, bad: list[BadRow], entry: Mapping, rows: int) -> dict:
    atoms = np.diff(good.node_ptr)
    targets = good.targets
    return {
        **good.metadata,
        "stage_version": stages.STRUCTURES,
        "source": entry["source"],
        "citation": entry.get("citation", ""),
        "rows_expected": entry["structures"],
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
