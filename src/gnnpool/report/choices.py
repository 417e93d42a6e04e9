"""Which pooling a user should choose today: one line for each dataset and setting, from both readings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gnnpool.analysis.power import detectable_difference
from gnnpool.analysis.ranks import holm
from gnnpool.analysis.values import AVERAGE, NOT_PLANNED, TRAINED
from gnnpool.records import BASELINE
from gnnpool.specs import Labels
from gnnpool.wording import label_of, number, setting_label

RAW, AVERAGED = "raw", "averaged"
_PLACE = ["dataset", "model", "edges"]
# Training structures below which a dataset is called so.
_SIZES = {"small": 1_000, "medium": 10_000, "large": np.inf}


def corrected_tests(values: pd.DataFrame) -> pd.DataFrame:
    """Changes of single datasets, with p-values corrected for all planned poolings of the same place.

    Poolings that are not trained yet, or have one seed, count too, or the first one to be tested would not be
    corrected at all.

    Args:
        values: Rows of :func:`gnnpool.analysis.values.assessed_values`.

    Returns:
        Those that have a change, and the column holm.
    """
    planned = (values["state"] != NOT_PLANNED) & (values["pooling"] != BASELINE)
    single = values[planned & (values["dataset"] != AVERAGE)]
    trained = single["state"] == TRAINED
    tested = trained & single["p_value"].notna()
    found = single["p_value"].where(tested, 1.0).groupby([single[name] for name in _PLACE], sort=False)
    return single.assign(holm=found.transform(holm).where(tested))[trained]


def choices(
    tests: Mapping[str, pd.DataFrame],
    *,
    errors: Mapping[tuple[str, str, str, str], str],
    sizes: Mapping[str, int],
    overlap: Mapping[str, float],
    datasets: Mapping[str, Mapping],
    labels: Labels,
    confidence: float,
) -> Iterator[dict[str, Any]]:
    """Recommend a pooling for each dataset and setting.

    A pooling is recommended if its error is significantly lower in both readings, mean pooling otherwise.

    Args:
        tests: For each reading the changes of single datasets with the columns of ``_PLACE``, pooling,
            value (%), sd (%), n_seeds, p_value and holm (that after Holm's correction within the place).
        errors: Test error in words by dataset, model, edges and pooling.
        sizes: Training structures of each dataset.
        overlap: Test structures for each training structure, of each dataset.
        datasets: Entries of the configuration.
        labels: Printed names.
        confidence: Such as 0.95.

    Yields:
        place, target, size, choose, error (of the pooling that is recommended), avoid and detects, all in
        words; names (dataset, model and edges) and chosen, the pooling that is recommended.
    """
    tests = {reading: rows.assign(among_all=holm(rows["p_value"])) for reading, rows in tests.items()}
    for names, raw in tests[RAW].groupby(_PLACE, sort=False):
        dataset, model, edges = names
        place = (tests[AVERAGED][_PLACE] == list(names)).all(axis=1)
        both = {RAW: raw, AVERAGED: tests[AVERAGED][place]}
        lower, higher = (
            {reading: _significant(rows, sign, 1 - confidence) for reading, rows in both.items()}
            for sign in (-1, 1)
        )
        size, agreed = sizes[dataset], [one for one in lower[RAW] if one in lower[AVERAGED]]
        chosen = agreed[0] if agreed else BASELINE
        yield {
            "names": names,
            "chosen": chosen,
            "error": errors[*names, chosen],
            "place": f"{label_of(labels, 'datasets', dataset)}, {setting_label(labels, model, edges)}",
            "target": kind_of_target(datasets[dataset]),
            "size": f"{next(name for name, limit in _SIZES.items() if size < limit)} ({size:,})",
            "choose": _choose(agreed, lower, both, labels),
            "avoid": _names([one for one in higher[RAW] if one in higher[AVERAGED]], labels) or "none known",
            "detects": ", ".join(
                f"{_detects(rows, confidence, overlap[dataset])} {reading}" for reading, rows in both.items()
            ),
        }


def kind_of_target(entry: Mapping) -> str:
    """Whether a target grows with the cell, of an entry of the configuration."""
    grows = entry.get("physics", {}).get("grows_with_cell")
    return "not stated" if grows is None else "extensive" if grows else "intensive"


def _significant(rows: pd.DataFrame, sign: int, level: float) -> list[str]:
    """Poolings whose changes have the sign and are significant, the largest first."""
    found = rows[(rows["holm"] < level) & (rows["value"] * sign > 0)]
    return list(found.assign(size=found["value"].abs()).sort_values("size", ascending=False)["pooling"])


def _choose(
    agreed: Sequence[str],
    lower: Mapping[str, Sequence[str]],
    both: Mapping[str, pd.DataFrame],
    labels: Labels,
) -> str:
    mean = label_of(labels, "poolings", BASELINE)
    if not any(rows["holm"].notna().any() for rows in both.values()):
        return f"{mean}: no change can be tested"
    if agreed:
        each = {name: rows.set_index("pooling").loc[agreed[0]] for name, rows in both.items()}
        changes = "; ".join(
            f"{number(row['value'], digits=1)} % {reading}, p = {row['holm']:.2g}, corrected for all changes "
            f"of this page {row['among_all']:.2g}"
            for reading, row in each.items()
        )
        return f"{_names(agreed[:1], labels)}: lower error in both readings ({changes})"
    for reading, other in ((RAW, AVERAGED), (AVERAGED, RAW)):
        if lower[reading]:
            found = _names(lower[reading], labels)
            return f"{mean}; undecided: {found}, lower in the {reading} reading, not in the {other} one"
    return f"{mean}: no pooling has a significantly lower error"


def _names(poolings: Sequence[str], labels: Labels) -> str:
    return ", ".join(label_of(labels, "poolings", one) for one in poolings)


def _detects(rows: pd.DataFrame, confidence: float, overlap: float) -> str:
    """Change that one comparison detects: the median over the poolings."""
    known = rows[rows["sd"].notna() & (rows["n_seeds"] > 1)]
    if known.empty:
        return "unknown"
    each = [
        row.sd * detectable_difference(n=int(row.n_seeds), confidence=confidence, overlap=overlap)
        for row in known.itertuples()
    ]
    return f"{np.median(each):.0f} %"
