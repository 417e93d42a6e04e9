"""Sentences of the paper about its figures, each with a verdict from the measured changes."""

import pandas as pd

from gnnpool.analysis.claims import judge_claims
from gnnpool.analysis.verdict import UNDECIDED
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row
from gnnpool.wording import number, statistic_notes

UNITS = {"measured": "%, of worse_on datasets", "published": "as measured", "probability": "1"}


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: What it is made from; claims about other settings or poolings than its own are left out.

    Returns:
        Tidy: a line for each claim: figure, model, edges, claim, pooling, others, statistics, relation,
        published, sentence, measured, probability and verdict ("holds", "does not hold", "cannot be
        distinguished" or "not run"), as :func:`gnnpool.analysis.claims.judge_claims` explains them.
    """
    judged = judge_claims(source.values(), confidence=source.confidence)
    poolings = judged["pooling"].str.cat(judged["others"], sep=" ").str.split()
    known = poolings.map(lambda names: set(names) <= set(source.spec.poolings))
    tidy = judged[known].reset_index(drop=True)
    rows, frames = [], [tidy.iloc[:0]]
    for model, edges in source.spec.settings:
        chosen = tidy[(tidy["model"] == model) & (tidy["edges"] == edges)]
        frames.append(chosen)
        if len(chosen):
            rows.append(Row(source.setting(model, edges)))
        rows += [Row(f"Fig. {claim.figure}: {claim.claim}", _items(claim)) for claim in chosen.itertuples()]
    tidy = pd.concat(frames, ignore_index=True)
    return Table(tidy, UNITS, ("Ours", "Paper", "Probability", "Verdict"), rows, _notes(source, tidy))


def _items(claim: object) -> list[Item]:
    return [
        Item(_number(claim.measured, claim)),
        Item(_number(claim.published, claim)),
        Item("" if pd.isna(claim.probability) else f"{claim.probability:.2f}"),
        Item(claim.verdict, faint=claim.verdict == UNDECIDED),
    ]


def _number(value: float, claim: object) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.0f} of 7" if claim.statistics == "worse_on" else f"{number(value, digits=1)} %"


def _notes(source: Source, tidy: pd.DataFrame) -> list[str]:
    counts = tidy["verdict"].value_counts()
    return [
        f"Of {len(tidy)} claims: {', '.join(f'{count} {verdict}' for verdict, count in counts.items())}."
        if len(tidy)
        else "No claim is about these settings and poolings.",
        *statistic_notes(source.statistic, source.seeds),
        "The CSV and Parquet files hold the sentences of the paper. Claims are about its seven datasets.",
        "Ours: the statistic less that of the closest other pooling, or the statistic alone; of several "
        "statistics the one that supports the claim least.",
        "Probability: share of draws from the distributions of the changes (corrected resampled t over the "
        f"seeds, poolings independent) in which the claim is true. Holds: at least {source.percent}; does "
        f"not hold: at most {100 * (1 - source.confidence):g} %. Not run: a change is missing.",
    ]
