"""Sentences of the benchmark paper about its figures, judged by the measured changes."""

from importlib.resources import files

import numpy as np
import pandas as pd
from scipy import stats

from gnnpool.analysis.published import published_changes
from gnnpool.analysis.values import AVERAGE
from gnnpool.analysis.verdict import UNDECIDED

HOLDS, DOES_NOT_HOLD, NOT_RUN = "holds", "does not hold", "not run"
DRAWS = 4000

# Of the changes of the datasets, ``[draws, datasets]`` -> ``[draws]``; quartiles as in the figures.
_STATISTICS = {
    "minimum": lambda c: c.min(axis=1),
    "q1": lambda c: np.quantile(c, 0.25, axis=1),
    "median": lambda c: np.median(c, axis=1),
    "q3": lambda c: np.quantile(c, 0.75, axis=1),
    "maximum": lambda c: c.max(axis=1),
    "worse_on": lambda c: (c > 0).sum(axis=1).astype(float),
    "without_lowest": lambda c: (c.sum(axis=1) - c.min(axis=1)) / (c.shape[1] - 1),
}


def published_claims() -> pd.DataFrame:
    """Read the claims.

    Returns:
        Columns figure, model, edges, claim (in short), pooling, others (poolings it is compared with,
        separated by spaces), statistics (of the datasets' changes: minimum, q1, median, q3, maximum,
        worse_on or without_lowest), relation ("below", "above" or "at least"), published (missing where
        the sentence gives no number; of "at least" the limit) and sentence.

    Source:
        Rivera, "Investigating limitations of global and local pooling in generalizable graph neural
        networks for materials property prediction", the text about Figures 4a to 5b.
    """
    with (files("gnnpool.analysis") / "claims.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False, dtype=str).assign(
            published=lambda claims: pd.to_numeric(claims["published"])
        )


def judge_claims(values: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """Judge each claim about the paper's seven datasets.

    Each change is drawn from the t distribution of its interval, independent of the others; the
    probability of a claim is the share of draws in which it is true.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.assessed_values`.
        confidence: That of the intervals, such as 0.95.

    Returns:
        The columns of :func:`published_claims`, and measured (in percent, of worse_on datasets: the
        statistic less that of the closest other pooling, or the statistic alone; of several statistics
        the one that supports the claim least), probability (that the claim is true), and verdict:
        "holds" if the probability is at least the confidence, "does not hold" if it is at most one minus
        the confidence, else "cannot be distinguished"; "not run" where a change of the seven datasets is
        missing.
    """
    claims = published_claims()
    judged = [_judge(claim, values, confidence) for claim in claims.itertuples()]
    claims[["measured", "probability"]] = np.array([found[:2] for found in judged], dtype=float)
    return claims.assign(verdict=[found[2] for found in judged])


def _judge(claim: object, values: pd.DataFrame, confidence: float) -> tuple[float, float, str]:
    """Measured number, probability and verdict of a claim."""
    datasets = sorted(set(published_changes()["dataset"]) - {AVERAGE})
    setting = values[(values["model"] == claim.model) & (values["edges"] == claim.edges)]
    poolings = [claim.pooling, *claim.others.split()]
    wanted = pd.MultiIndex.from_product([poolings, datasets])
    cells = setting.set_index(["pooling", "dataset"]).reindex(wanted)
    if cells["value"].isna().any():
        return np.nan, np.nan, NOT_RUN
    shape = len(poolings), len(datasets)
    measured = _measure(claim, cells["value"].to_numpy(dtype=float).reshape(*shape, 1).transpose(0, 2, 1))[0]
    if cells["low"].isna().any():
        return measured, np.nan, UNDECIDED
    drawn = _draw(cells, confidence).reshape(*shape, DRAWS).transpose(0, 2, 1)
    probability = float(np.mean(_is_true(claim, _measure(claim, drawn))))
    verdict = UNDECIDED
    if probability >= confidence:
        verdict = HOLDS
    elif probability <= 1 - confidence:
        verdict = DOES_NOT_HOLD
    return measured, probability, verdict


def _draw(cells: pd.DataFrame, confidence: float) -> np.ndarray:
    """Changes drawn from the distributions of their intervals, ``[cells, draws]``."""
    freedom = cells["n_seeds"].to_numpy(dtype=float)[:, None] - 1
    half = (cells["high"] - cells["low"]).to_numpy(dtype=float)[:, None] / 2
    scale = half / stats.t.ppf((1 + confidence) / 2, freedom)
    numbers = np.random.default_rng(0).standard_t(freedom, size=(len(cells), DRAWS))
    return cells["value"].to_numpy(dtype=float)[:, None] + scale * numbers


def _measure(claim: object, changes: np.ndarray) -> np.ndarray:
    """The number that a claim is about, from changes ``[poolings, draws, datasets]`` -> ``[draws]``."""
    below = claim.relation == "below"
    closest, weakest = (np.min, np.max) if below else (np.max, np.min)
    numbers = []
    for name in claim.statistics.split():
        own, *others = (_STATISTICS[name](pooling) for pooling in changes)
        numbers.append(own - closest(others, axis=0) if others else own)
    return weakest(numbers, axis=0)


def _is_true(claim: object, measured: np.ndarray) -> np.ndarray:
    if claim.relation == "at least":
        return measured >= claim.published
    return measured < 0 if claim.relation == "below" else measured > 0
