"""How far an average over datasets may be trusted: datasets are few, and differ more than seeds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gnnpool.analysis.change import changes_by_condition, combined_change, contributions
from gnnpool.analysis.intervals import NO_INTERVAL, Interval, MeanDistribution

SETTING = ["model", "edges", "pooling"]
_Seeds = tuple[np.ndarray, np.ndarray]


def hierarchical_bootstrap(
    datasets: Sequence[_Seeds], *, statistic: str, confidence: float, resamples: int
) -> Interval:
    """Percentile bootstrap interval of an average: datasets are drawn, then seeds within each.

    Args:
        datasets: For each dataset the errors of a pooling and of mean pooling, ``[n]`` each.
        statistic: ``mean_change`` or ``change_of_mean``.
        confidence: Such as 0.95.
        resamples: Bootstrap samples.

    Returns:
        The interval in percent; missing for fewer than two datasets.
    """
    count = len(datasets)
    if count < 2:
        return NO_INTERVAL
    rng = np.random.default_rng(0)
    drawn = rng.integers(count, size=(resamples, count))
    # A dataset drawn twice has its seeds drawn twice: one column for each place of the sample.
    redrawn = np.stack(
        [_redraw(error, baseline, (resamples, count), statistic, rng) for error, baseline in datasets]
    )
    averages = np.take_along_axis(redrawn, drawn[None], axis=0)[0].mean(axis=1)
    tail = (1 - confidence) / 2
    return Interval(*np.quantile(averages, [tail, 1 - tail]))


def leave_one_out(values: np.ndarray) -> Interval:
    """Lowest and highest average that remains when one value is left out.

    Args:
        values: One for each dataset, ``[n]``.

    Returns:
        The range; missing for fewer than two values.
    """
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return NO_INTERVAL
    remaining = (values.sum() - values) / (len(values) - 1)
    return Interval(remaining.min(), remaining.max())


def intervals_of_averages(
    changes: pd.DataFrame, *, statistic: str, confidence: float, resamples: int, margin: float
) -> pd.DataFrame:
    r"""Intervals of the averages over the datasets that have a value, each with the same weight.

    The wider of two intervals decides: the t interval over D datasets, and that of the seeds. Few datasets
    may agree by chance, but their average is not known better than the seeds allow, whose standard error is

    .. math:: \sqrt{\textstyle\sum_d v_d} / D, \quad v_d = s_d^2 (1/n_d + o_d)

    with the standard deviation s of the seeds' changes, their number n and the overlap o of each dataset,
    and with :math:`(\sum v_d)^2 / \sum v_d^2 / (n_d - 1)` degrees of freedom (Welch and Satterthwaite).

    Args:
        changes: Rows of :func:`gnnpool.analysis.change.changes_by_seed`.
        statistic: ``mean_change`` or ``change_of_mean``.
        confidence: Such as 0.95.
        resamples: Bootstrap samples.
        margin: Percent.

    Returns:
        One row for each model, edges and pooling that has a value: low and high (%, the interval that
        decides), p_value, probability_better (that the average is below
        minus the margin), hierarchical_low and hierarchical_high (%), without_one_low and
        without_one_high (%, range of the averages without one dataset). With one dataset all are
        missing.
    """
    paired = changes[changes["change"].notna()]
    values = changes_by_condition(paired)
    rows = []
    for setting, group in values.groupby(SETTING):
        own = paired[(paired[SETTING] == list(setting)).all(axis=1)]
        over = _wider(MeanDistribution(group[statistic].to_numpy()), _over_seeds(own, statistic), confidence)
        hierarchical = hierarchical_bootstrap(
            _seeds_of(own), statistic=statistic, confidence=confidence, resamples=resamples
        )
        rows.append(
            (
                *setting,
                *over.interval(confidence),
                over.p_value(),
                over.probability_below(-margin),
                *hierarchical,
                *leave_one_out(group[statistic].to_numpy()),
            )
        )
    found = ["low", "high", "p_value", "probability_better"]
    beside = ["hierarchical_low", "hierarchical_high", "without_one_low", "without_one_high"]
    return pd.DataFrame(rows, columns=[*SETTING, *found, *beside])


def _redraw(
    error: np.ndarray, baseline: np.ndarray, shape: tuple[int, ...], statistic: str, rng: np.random.Generator
) -> np.ndarray:
    seeds = rng.integers(len(error), size=(*shape, len(error)))
    return combined_change(error[seeds], baseline[seeds], statistic)


def _over_seeds(changes: pd.DataFrame, statistic: str) -> MeanDistribution | None:
    """Distribution of an average from its seeds alone; None unless each dataset has two seeds that differ."""
    means, variances, freedoms = [], [], []
    for _, group in changes.groupby("dataset"):
        values = contributions(group["error"].to_numpy(), group["baseline"].to_numpy(), statistic)
        if len(values) < 2:
            return None
        means.append(values.mean())
        variances.append(values.var(ddof=1) * (1 / len(values) + group["overlap"].mean()))
        freedoms.append(len(values) - 1)
    total = sum(variances)
    if not total:
        return None
    freedom = total**2 / sum(v**2 / n for v, n in zip(variances, freedoms, strict=True))
    return MeanDistribution.known(
        float(np.mean(means)), scale=float(np.sqrt(total)) / len(means), freedom=float(freedom)
    )


def _wider(over: MeanDistribution, seeds: MeanDistribution | None, confidence: float) -> MeanDistribution:
    """The distribution with the wider interval; that over datasets if it has none."""
    if seeds is None or np.isnan((first := over.interval(confidence)).low):
        return over
    second = seeds.interval(confidence)
    return over if first.high - first.low >= second.high - second.low else seeds


def _seeds_of(changes: pd.DataFrame) -> list[_Seeds]:
    return [
        (group["error"].to_numpy(), group["baseline"].to_numpy()) for _, group in changes.groupby("dataset")
    ]
