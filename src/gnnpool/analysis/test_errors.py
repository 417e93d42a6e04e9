"""How far a change depends on the structures that happened to be tested."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gnnpool.analysis.change import CONDITION, combined_change
from gnnpool.analysis.collect import trials_beside
from gnnpool.analysis.intervals import NO_INTERVAL, Interval, paired_bca
from gnnpool.errors import ArtifactError
from gnnpool.records import BASELINE, column_of
from gnnpool.trial_files import read_trial_table

# Numbers drawn at a time; a larger test part is drawn in more batches.
_DRAWN = 2_000_000
_NUMBERS = ("target", "prediction", "error")


def read_test_errors(
    predictions: Sequence[str | Path], trials: pd.DataFrame, *, reading: str = "raw"
) -> pd.DataFrame:
    """Read target, prediction and absolute error of every test structure.

    Args:
        predictions: Predictions of trials.
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`, these trials among them.
        reading: One of :data:`gnnpool.records.READINGS`.

    Returns:
        One row for each trial of the first initialisation and structure: dataset, model, edges,
        pooling, seed, id, and target, prediction and error in the unit of the target.

    Raises:
        ArtifactError: If a file is damaged or of another trial, or the mean error is not that of the record.
        ValueError: If there is no such reading.
    """
    empty = pd.DataFrame({name: [] for name in (*CONDITION, "seed", "id", *_NUMBERS)})
    found = zip(predictions, trials_beside(predictions, trials), strict=True)
    frames = [_read(path, trial, reading) for path, trial in found if trial["init"] == 0]
    types = {"seed": int, **dict.fromkeys(_NUMBERS, float)}
    return pd.concat([empty.astype(types), *frames], ignore_index=True)


def bca_over_structures(
    error: np.ndarray, baseline: np.ndarray, *, confidence: float, resamples: int
) -> Interval:
    """Bias-corrected and accelerated bootstrap interval of one seed's change, over its test structures.

    It holds the trained networks fixed: it covers other test structures, not other trainings.

    Args:
        error: Absolute errors of a pooling, ``[n]``, in the unit of the target.
        baseline: The same of mean pooling, structure by structure.
        confidence: Such as 0.95.
        resamples: Bootstrap samples.

    Returns:
        The interval in percent; missing for fewer than two structures.
    """
    if len(error) < 2:
        return NO_INTERVAL
    if np.array_equal(error, baseline):
        return Interval(0.0, 0.0)
    batch = max(1, _DRAWN // len(error))
    options = {"confidence": confidence, "resamples": resamples, "batch": batch}
    return paired_bca(error, baseline, statistic="change_of_mean", **options)


def intervals_over_structures(errors: pd.DataFrame, *, confidence: float, resamples: int) -> pd.DataFrame:
    """The interval of each pooling, dataset, setting and seed over its test structures.

    Args:
        errors: Rows of :func:`read_test_errors`.
        confidence: Such as 0.95.
        resamples: Bootstrap samples.

    Returns:
        One row for each seed that has a baseline, mean pooling itself left out: dataset, model,
        edges, pooling, seed, value, low and high (%), and n, the test structures.

    Raises:
        ArtifactError: If a trial and its baseline were tested on different structures.
    """
    rows = []
    for (dataset, model, edges, seed), group in errors.groupby(["dataset", "model", "edges", "seed"]):
        by_pooling = {name: tested.set_index("id")["error"] for name, tested in group.groupby("pooling")}
        baseline = by_pooling.pop(BASELINE, None)
        if baseline is None:
            continue
        for pooling, error in by_pooling.items():
            if set(error.index) != set(baseline.index):
                raise ArtifactError(
                    f"{dataset}/{model}/{edges}/{pooling}/seed-{seed}: predictions: found other test "
                    f"structures than those of {BASELINE!r}, expected the same"
                )
            pair = error.to_numpy(), baseline[error.index].to_numpy()
            found = bca_over_structures(*pair, confidence=confidence, resamples=resamples)
            value = combined_change(*pair, "change_of_mean")
            rows.append((dataset, model, edges, pooling, seed, value, *found, len(error)))
    return pd.DataFrame(rows, columns=[*CONDITION, "seed", "value", "low", "high", "n"])


def _read(path: str | Path, trial: pd.Series, reading: str) -> pd.DataFrame:
    table = read_trial_table(path, trial).to_pandas()
    test = table[table["part"] == "test"]
    test = test.assign(prediction=test[column_of(reading, "prediction")])
    errors, expected = (test["prediction"] - test["target"]).abs(), trial[column_of(reading, "test_mae")]
    if not np.isclose(errors.mean(), expected, rtol=1e-4):
        raise ArtifactError(
            f"{path}: test error {errors.mean():.6g}, expected {expected:.6g} as in its record"
        )
    columns = {name: trial[name] for name in (*CONDITION, "seed")}
    found = test[["target", "prediction"]].astype(float).assign(id=test["id"].astype(str), error=errors)
    return found.assign(**columns)
