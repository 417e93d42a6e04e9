"""Splits into training, validation and test part that are the same on every machine."""

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from gnnpool import plugins, stages
from gnnpool.artifacts import file_sha256, write_table
from gnnpool.data.groups import read_groups
from gnnpool.data.held_out import divide_rest, rank, shares_of, without_empty_part
from gnnpool.data.matbench_folds import OFFICIAL_FILE, check_official, fold_ids
from gnnpool.data.split_file import PARTS
from gnnpool.data.structure import StructureSet, ids_sha256, read_structures
from gnnpool.errors import DataError

SCHEMES = "gnnpool.data.schemes"
_logger = logging.getLogger(__name__)


def assign_parts(
    ids: Sequence[str], *, seed: int, fractions: Mapping[str, float], groups: Sequence[str] | None = None
) -> list[str]:
    """Assign structures to train, val and test.

    Structures are ordered by the SHA-256 of "seed/id". The first int(train N) are for training, the
    next int(val N) for validation, all others for testing. So the part of a structure depends on
    the names alone: not on their order, on a random number generator or on a library version.

    With groups, each one is ordered as a whole, by the SHA-256 of "seed/group", and goes to the first
    part that has room for all of it. So parts keep their sizes as long as single structures remain
    to fill them, and groups that do not fit go to the test part.

    Args:
        ids: Distinct names of the structures.
        seed: Split seed.
        fractions: Shares of train, val and test; their sum is one.
        groups: Name of the group of each structure; structures of one group stay together. Without
            it each structure is a group of its own.

    Returns:
        The part of each structure, in the order of the ids.

    Raises:
        ConfigError: If the fractions do not sum to one.
        DataError: If a part would be empty.
    """
    shares = shares_of(fractions)
    groups = list(ids if groups is None else groups)
    sizes = Counter(groups)
    room = {part: int(shares[part] * len(ids)) for part in ("train", "val")}
    room["test"] = len(ids)
    part_of = {}
    for group in sorted(sizes, key=rank(seed)):
        part = next(part for part in PARTS if sizes[group] <= room[part])
        room[part] -= sizes[group]
        part_of[group] = part
    return without_empty_part([part_of[group] for group in groups], fractions)


def assign_fold(
    ids: Sequence[str], *, fold: Mapping[str, Sequence[str]], seed: int, fractions: Mapping[str, float]
) -> list[str]:
    """Assign structures to the parts of an official fold.

    The test part is that of the fold. All others are ordered by the SHA-256 of "seed/id"; the last
    int(val / (train + val) of them) are the validation part, the rest is the training part.

    Args:
        ids: Distinct names of the structures, without excluded rows.
        fold: Names for "train" and "test"; see :func:`gnnpool.data.matbench_folds.fold_ids`.
        seed: Split seed.
        fractions: Shares of train, val and test; only the ratio of the first two counts.

    Returns:
        The part of each structure, in the order of the ids.

    Raises:
        ConfigError: If the fractions do not sum to one.
        DataError: If the fold does not name a structure, or a part would be empty.
    """
    tested = set(fold["test"])
    if unknown := set(ids) - tested.union(fold["train"]):
        raise DataError(
            f"structure {min(unknown)!r} is in no official fold: expected names such as {fold['test'][0]!r}"
        )
    return divide_rest(ids, tested, seed=seed, fractions=fractions)


def hold_out(
    crystals: StructureSet,
    *,
    scheme: str,
    options: Mapping,
    seed: int,
    fractions: Mapping[str, float],
    groups: Sequence[str] | None = None,
) -> tuple[list[str], str]:
    """Assign structures to the parts of a scheme that holds out what is unlike the training structures.

    Args:
        crystals: The structures.
        scheme: Module of :mod:`gnnpool.data.schemes`, or an entry point.
        options: Its further arguments.
        seed: Split seed.
        fractions: Shares of train, val and test; the scheme states how it uses that of test.
        groups: Name of the group of each structure; a group is tested if one of its structures is.

    Returns:
        The part of each structure, in the order of the ids, and what was held out.

    Raises:
        ConfigError: If the scheme is unknown, refuses its options, or the fractions do not sum to one.
        DataError: If the scheme finds nothing to hold out, or a part would be empty.
    """
    share = float(shares_of(fractions)["test"])
    choose = plugins.load_function(SCHEMES, scheme, "hold_out")
    found = choose(crystals, seed=seed, share=share, **options)
    tested = [crystals.ids[place] for place in np.flatnonzero(found.tested)]
    return divide_rest(crystals.ids, tested, seed=seed, fractions=fractions, groups=groups), found.what


def make_split(
    *,
    structures: str | Path,
    seed: int,
    fractions: Mapping[str, float],
    output: str | Path,
    method: Mapping | None = None,
    official_folder: str | Path | None = None,
    duplicates: str | Path | None = None,
) -> None:
    """Write the split of a dataset for one seed.

    Args:
        structures: Parquet file of structures.
        seed: Split seed; of a Matbench task the number of the fold.
        fractions: Shares of train, val and test.
        output: Parquet file to write, with the columns id and part, in the order of the structures.
        method: None for a random split; ``name`` and ``rows`` of a Matbench task that is split by its
            official folds; or ``scheme`` and ``options`` of :func:`hold_out`.
        official_folder: Folder that may contain Matbench's list of the folds, for comparison.
        duplicates: Parquet file of duplicates, to keep them together; None to split them freely.
    """
    crystals = read_structures(structures)
    ids = crystals.ids
    groups = read_groups(duplicates, ids=ids) if duplicates else None
    together = {"keep_duplicates_together": str(bool(duplicates)).lower()}
    if method and "scheme" in method:
        parts, what = hold_out(crystals, **method, seed=seed, fractions=fractions, groups=groups)
        options = json.dumps(method["options"], sort_keys=True)
        scheme = {"scheme": method["scheme"], "options": options, "held_out": what, **together}
        _logger.info("tested: %s", what)
    elif method:
        parts, scheme = _official_parts(ids, method, seed, fractions, official_folder)
    else:
        parts = assign_parts(ids, seed=seed, fractions=fractions, groups=groups)
        scheme = {"scheme": "random", **together}
    counts = Counter(parts)
    _logger.info("%s split: %s", scheme["scheme"], ", ".join(f"{counts[part]} {part}" for part in PARTS))
    metadata = {
        "dataset": crystals.metadata["dataset"],
        "seed": str(seed),
        **scheme,
        "fractions": "/".join(str(fractions[part]) for part in PARTS),
        "ids_sha256": ids_sha256(ids),
        "structures_sha256": file_sha256(structures),
        "stage_version": str(stages.SPLITS),
    }
    write_table(output, pa.table({"id": ids, "part": parts}), metadata=metadata)


def _official_parts(
    ids: Sequence[str],
    task: Mapping,
    seed: int,
    fractions: Mapping[str, float],
    official_folder: str | Path | None,
) -> tuple[list[str], dict[str, str]]:
    fold = fold_ids(task["name"], task["rows"], seed)
    official = Path(official_folder or "", OFFICIAL_FILE)
    if official_folder and official.is_file():
        check_official(official, task=task["name"], fold=seed, ids=fold)
        _logger.info("%s fold %d is the one of %s", task["name"], seed, official)
    else:
        _logger.info(
            "%s fold %d: not compared, no %s in the mirror folder", task["name"], seed, OFFICIAL_FILE
        )
    parts = assign_fold(ids, fold=fold, seed=seed, fractions=fractions)
    return parts, {
        "scheme": "matbench",
        "matbench_task": task["name"],
        "matbench_rows": str(task["rows"]),
    }
