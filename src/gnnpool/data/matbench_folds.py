"""The five official folds of Matbench v0.1: names of rows, rule of the folds, published file."""

import json
from collections.abc import Mapping
from pathlib import Path

from gnnpool.errors import DataError

FOLDS = 5
OFFICIAL_FILE = "matbench_v0.1_validation.json"
_SEED = 18012019


def task_of(file: str | Path) -> str:
    """Name of the task that a raw file holds, such as "matbench_jdft2d" for "matbench_jdft2d.json.gz"."""
    return Path(file).name.partition(".")[0]


def row_id(task: str, row: int, rows: int) -> str:
    """Matbench's name of a row of a task.

    Args:
        task: Name of the task.
        row: Counted from 0, in the order of the official file.
        rows: Rows of the official file.

    Returns:
        Such as "mb-jdft2d-001" for row 0 of "matbench_jdft2d" with 636 rows.
    """
    return f"{task.replace('matbench', 'mb').replace('_', '-')}-{row + 1:0{len(str(rows))}d}"


def fold_ids(task: str, rows: int, fold: int) -> dict[str, list[str]]:
    """Names of the rows of one official fold.

    The rule is that of Matbench's own file: `KFold(n_splits=5, shuffle=True, random_state=18012019)`
    of scikit-learn over the rows in their order. That is one shuffle by NumPy's legacy generator,
    whose stream is frozen (NEP 19), cut into five pieces.

    Args:
        task: Name of the task.
        rows: Rows of the official file, including excluded ones.
        fold: From 0 to 4.

    Returns:
        Names for "train" (to be divided into training and validation) and "test", in the order of the
        rows.
    """
    import numpy as np  # imported here, because planning uses FOLDS and must not wait for numpy

    order = np.arange(rows)
    np.random.RandomState(_SEED).shuffle(order)
    tested = np.zeros(rows, dtype=bool)
    tested[np.array_split(order, FOLDS)[fold]] = True
    names = np.array([row_id(task, row, rows) for row in range(rows)])
    return {"train": names[~tested].tolist(), "test": names[tested].tolist()}


def check_official(path: str | Path, *, task: str, fold: int, ids: Mapping[str, list[str]]) -> None:
    """Compare a fold with the one that Matbench publishes.

    Args:
        path: Its file `matbench_v0.1_validation.json`.
        task: Name of the task.
        fold: From 0 to 4.
        ids: Result of :func:`fold_ids`.

    Raises:
        DataError: If the file has another layout, or a name differs.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        published = content["splits"][task][f"fold_{fold}"]
        lists = {part: list(published[part]) for part in ids}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path}: expected names under splits, {task}, fold_{fold}, {' and '.join(ids)}, "
            f"found none ({type(error).__name__}: {error})"
        ) from error
    for part, ours in ids.items():
        theirs = lists[part]
        if ours == theirs:
            continue
        place = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), None)
        if place is None:
            found, expected = f"{len(ours)} names", f"{len(theirs)}"
        else:
            found, expected = f"{ours[place]} at place {place + 1}", f"{theirs[place]}"
        raise DataError(
            f"{task} fold {fold}, {part}: found {found}, expected {expected} as in {path}; "
            "were rows of the raw file added, removed or reordered?"
        )
