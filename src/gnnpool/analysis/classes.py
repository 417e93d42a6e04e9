"""Classes of poolings, compared with mean pooling as one pooling would be."""

from collections.abc import Mapping

import pandas as pd

from gnnpool.records import BASELINE

_PLACE = ["dataset", "model", "edges"]


def with_common_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the seeds that most poolings of a dataset and setting have, and the poolings with all of these.

    Of poolings that lack a seed, others would be averaged over other splits; further seeds of a few poolings
    must not leave out all others.

    Args:
        rows: With dataset, model, edges, pooling and seed, one row for each.
    """
    poolings = rows.groupby(_PLACE)["pooling"].transform("nunique")
    kept = rows[2 * rows.groupby([*_PLACE, "seed"])["pooling"].transform("nunique") > poolings]
    seeds = kept.groupby([*_PLACE, "pooling"])["seed"].transform("nunique")
    return kept[seeds == kept.groupby(_PLACE)["seed"].transform("nunique")]


def common_seeds(trials: pd.DataFrame, classes: Mapping[str, str]) -> pd.DataFrame:
    """Trials of the poolings that have every common seed of their dataset and setting.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`; repeats do not count.
        classes: Class by pooling; others and mean pooling belong to none.

    Returns:
        The rows of :func:`with_common_seeds`, with their class in the column ``class``.
    """
    first = trials[(trials["init"] == 0) & (trials["pooling"] != BASELINE)]
    first = first.assign(**{"class": first["pooling"].map(classes)}).dropna(subset="class")
    return with_common_seeds(first)


def averaged_by_class(members: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    r"""Replace the poolings of each class by one whose error is their mean, seed by seed.

    Its change is the mean of their changes, as all of them are compared with the same error of mean
    pooling:

    .. math:: 100 \, (\bar e - e_0) / e_0 = \overline{100 \, (e - e_0) / e_0}

    Args:
        members: Rows of :func:`common_seeds`.
        trials: Rows that hold those of mean pooling.

    Returns:
        Trials of mean pooling, and one for each dataset, setting, class and seed, whose pooling is the
        class. Numbers are means; of those, errors alone have a meaning.
    """
    keys = [*_PLACE, "class", "seed"]
    means = members.groupby(keys).mean(numeric_only=True).reset_index().rename(columns={"class": "pooling"})
    return pd.concat([trials[trials["pooling"] == BASELINE], means], ignore_index=True)
