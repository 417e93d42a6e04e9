"""Whether a pooling is better than a mean with as many weights."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from gnnpool.records import BASELINE

# A control is large enough from this part of the weights of the network that it is the control of.
ENOUGH = 0.9


def choose_controls(trials: pd.DataFrame, controls: Collection[str]) -> dict[str, str]:
    """Find for each pooling the control whose network is nearest to its own in the number of weights.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records` of one model and edges.
        controls: Poolings whose vector holds nothing but the mean; the baseline itself is none.

    Returns:
        Control by pooling. A control has at least 0.9 times the weights, and a trial on a dataset and seed
        that the pooling has as well; of equally near ones it is the one with the most such trials. Poolings
        without a control, controls and mean pooling are left out.
    """
    first = trials[trials["init"] == 0]
    weights = first.groupby("pooling")["parameters"].median()
    splits = {
        name: set(group[["dataset", "seed"]].itertuples(index=False, name=None))
        for name, group in first.groupby("pooling")
    }
    found = {}
    for pooling in weights.index.difference([BASELINE, *controls], sort=False):
        shared = {name: len(splits[name] & splits[pooling]) for name in controls if name in splits}
        enough = [name for name, n in shared.items() if n and weights[name] >= ENOUGH * weights[pooling]]
        if enough:
            found[pooling] = min(enough, key=_distance(weights, shared, pooling))
    return found


def against(trials: pd.DataFrame, control: str) -> pd.DataFrame:
    """The same trials with a control in the place of mean pooling, so that changes are relative to it.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        control: Name of the control.
    """
    others = trials[trials["pooling"] != BASELINE]
    return others.assign(pooling=others["pooling"].replace(control, BASELINE))


def _distance(weights: Mapping[str, float], shared: Mapping[str, int], pooling: str):
    def distance(name: str) -> tuple[float, int]:
        return round(abs(np.log(weights[name] / weights[pooling])), 3), -shared[name]

    return distance
