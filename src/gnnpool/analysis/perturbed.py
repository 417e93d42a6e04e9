"""Errors of trials for changed structures, and how they change with the size of the change."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from gnnpool.analysis.change import CONDITION, changes_by_condition, changes_by_seed, error_change
from gnnpool.analysis.collect import trials_beside
from gnnpool.analysis.intervals import excludes_zero, intervals_by_condition
from gnnpool.records import column_of
from gnnpool.trial_files import read_trial_table

UNCHANGED = "unchanged"
# Kinds of change that alter the crystal; the others write the same crystal differently.
NOISE = ("displaced", "strained")
COLUMNS = [*CONDITION, "seed", "axis", "level", "error", "unchanged_error", "deviation", "overlap", "n"]
UNITS: Mapping[str, str] = {
    **dict.fromkeys(["error", "unchanged_error", "deviation"], "target unit"),
    **dict.fromkeys(["value", "low", "high"], "%"),
    "ratio": "1",
}


def read_perturbed(
    paths: Sequence[str | Path], trials: pd.DataFrame, *, reading: str = "raw"
) -> pd.DataFrame:
    """Read how trials predict for changed structures.

    Args:
        paths: Output of :func:`gnnpool.perturb.run.predict_perturbed`.
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`, their trials among them.
        reading: One of :data:`gnnpool.records.READINGS`.

    Returns:
        One row for each trial, axis and level, in their order: dataset, model, edges, pooling, seed, axis,
        level, error (mean absolute error, target unit; the target of a supercell grows with the cell if it
        is extensive), unchanged_error (of the structures as they are), deviation (mean absolute difference
        from the prediction for the structure as it is, which grows with the cell as well), overlap (test
        structures for each training structure) and n (structures).

    Raises:
        ArtifactError: If a file is damaged or of another trial.
        ValueError: If there is no such reading.
    """
    found = zip(paths, trials_beside(paths, trials), strict=True)
    rows = [row for path, trial in found for row in _rows(path, trial, column_of(reading, "prediction"))]
    return pd.DataFrame(rows, columns=COLUMNS)


def growth_by_condition(
    perturbed: pd.DataFrame, *, statistic: str, confidence: float, margin: float
) -> pd.DataFrame:
    """Change of the error with a change of the structures, relative to the same trials without it.

    Args:
        perturbed: Rows of :func:`read_perturbed`.
        statistic: ``mean_change`` or ``change_of_mean``.
        confidence: Such as 0.95.
        margin: Percent.

    Returns:
        One row for each condition, axis and level: value, low and high (%; the corrected resampled t interval
        over the seeds), significant, n_seeds, ratio (mean error by mean error without the change), and
        deviation (mean over the seeds, target unit).
    """
    changes = perturbed.assign(
        baseline=perturbed["unchanged_error"],
        change=error_change(perturbed["error"], perturbed["unchanged_error"]),
    )
    return _by_level(perturbed, changes, statistic=statistic, confidence=confidence, margin=margin)


def changes_by_level(
    perturbed: pd.DataFrame, trials: pd.DataFrame, *, statistic: str, confidence: float, margin: float
) -> pd.DataFrame:
    """Change of the error relative to mean pooling on the same changed structures.

    Args:
        perturbed: Rows of :func:`read_perturbed`.
        trials: The records of these trials.
        statistic: ``mean_change`` or ``change_of_mean``.
        confidence: Such as 0.95.
        margin: Percent.

    Returns:
        As :func:`growth_by_condition`, with the change against mean pooling as value.
    """
    key = [*CONDITION, "seed"]
    sizes = trials[trials["init"] == 0][[*key, "init", "n_test", "n_train"]]
    frames = []
    for (axis, level), group in perturbed.groupby(["axis", "level"], sort=False):
        errors = group[[*key, "error"]].rename(columns={"error": "test_mae"}).merge(sizes, on=key)
        frames.append(changes_by_seed(errors).assign(axis=axis, level=level))
    changes = pd.concat(frames) if frames else perturbed.assign(baseline=[], change=[])
    return _by_level(perturbed, changes, statistic=statistic, confidence=confidence, margin=margin)


def _by_level(
    perturbed: pd.DataFrame, changes: pd.DataFrame, *, statistic: str, **sure: float
) -> pd.DataFrame:
    """The changes of each axis and level, over their seeds."""
    columns = [*CONDITION, "axis", "level", "value", "low", "high", "significant", "n_seeds"]
    frames = [pd.DataFrame(columns=columns)]
    for (axis, level), group in changes.groupby(["axis", "level"], sort=False):
        summary = changes_by_condition(group).merge(
            intervals_by_condition(group, statistic=statistic, **sure), on=CONDITION, how="left"
        )
        significant = excludes_zero(summary["low"], summary["high"])
        summary = summary.assign(axis=axis, level=level, value=summary[statistic], significant=significant)
        frames.append(summary[columns])
    means = perturbed.groupby([*CONDITION, "axis", "level"], sort=False)[
        ["error", "unchanged_error", "deviation"]
    ].mean()
    means = means.assign(ratio=means["error"] / means["unchanged_error"]).reset_index()
    known = [frame for frame in frames if len(frame)] or frames
    return pd.concat(known, ignore_index=True).merge(means, on=[*CONDITION, "axis", "level"], how="left")


def _rows(path: str | Path, trial: pd.Series, prediction: str) -> list[tuple]:
    table = read_trial_table(path, trial).to_pandas()
    table["error"] = (table[prediction] - table["target"]).abs()
    as_it_is = table[table["axis"] == UNCHANGED].set_index("id")[prediction]
    table["deviation"] = (table[prediction] - table["factor"] * table["id"].map(as_it_is)).abs()
    unchanged = table.loc[table["axis"] == UNCHANGED, "error"].mean()
    condition = [trial[name] for name in (*CONDITION, "seed")]
    overlap = trial["n_test"] / trial["n_train"]
    return [
        (
            *condition,
            axis,
            level,
            group["error"].mean(),
            unchanged,
            group["deviation"].mean(),
            overlap,
            len(group),
        )
        for (axis, level), group in table.groupby(["axis", "level"], sort=False)
        if axis != UNCHANGED
    ]
