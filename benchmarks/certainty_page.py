"""A page of tables and a figure: what certainty costs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from scipy import stats

from gnnpool.analysis.power import MOST, detectable_difference, number_needed
from gnnpool.artifacts import write_atomically
from gnnpool.figures.style import PALETTE, styled

FIGURE = "certainty.png"
DRAWN = (
    "lowest validation error (the paper)",
    "last epoch",
    "average over 5 epochs",
    "average over 20 epochs, last epoch",
    "average over 5 epochs, half the epochs",
)
LOWEST, LAST, AVERAGED = DRAWN[:3]
PAPER = "paper"
SIZES = (10, 5, 3)
_WRITTEN = (
    "Written by `benchmarks/certainty.py` from `benchmarks/certainty.parquet`; [Measuring](measuring.md) "
    "explains the terms. CGCNN with MDL edges."
)


def write_page(
    kept: pd.DataFrame,
    poolings: pd.DataFrame,
    spreads: pd.DataFrame,
    others: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    folder: Path,
) -> None:
    """Write the tables as certainty.md and draw the figure.

    Args:
        kept: One row for each trial of the paper's protocol and rule, see :func:`certainty.gather`.
        poolings: See :func:`certainty.spread_by_pooling`.
        spreads: See :func:`certainty.spreads`.
        others: See :func:`certainty.compare_trainings`.
        folds: See :func:`certainty.spread_of_changes`.
        folder: Of the page and the figure.
    """
    draw(spreads, folder / FIGURE)
    lines = tables(kept, poolings, spreads, others, folds)
    text = "\n".join(["# What certainty costs", "", _WRITTEN, "", *lines])
    write_atomically(folder / "certainty.md", lambda path: path.write_text(text, encoding="utf-8"))


def tables(
    kept: pd.DataFrame,
    poolings: pd.DataFrame,
    spreads: pd.DataFrame,
    others: pd.DataFrame,
    folds: pd.DataFrame,
) -> Iterator[str]:
    """Lines of the page; see :func:`write_page`."""
    yield from ("## By split", "", *_by_split(kept), *_by_pooling(poolings))
    yield from ("## By rule", "", *_by_rule(spreads))
    yield from _by_repeats(spreads)
    if len(others):
        yield from ("## Other trainings", "", *_by_training(others))
    if len(folds):
        yield from ("## Splits and folds", "", *_by_division(folds))
    yield from ("## Certainty against cost", "")
    yield f"![Detectable change against processor time]({FIGURE})"
    yield ""
    yield (
        "Change of the test error that is detected with 80 % power, against the processor time of both "
        "poolings. Solid: one training for each split, from 3 to 40 splits; dashed: 5 splits with 1, 2, 4 "
        "and 8 initialisations each. The trials were trained beside other processes, which lengthens their "
        "time."
    )
    yield ""


def draw(spreads: pd.DataFrame, path: Path) -> None:
    """Draw certainty against cost.

    Args:
        spreads: See :func:`certainty.spreads`.
        path: The PNG.
    """
    rows = spreads[spreads["rule"].isin(DRAWN) & spreads["own"].notna()]
    datasets = list(dict.fromkeys(rows["dataset"]))
    if not datasets:
        return
    path.parent.mkdir(exist_ok=True)
    with styled():
        figure, axes = plt.subplots(1, len(datasets), figsize=(6.7, 3.6), sharey=True, squeeze=False)
        for axis, dataset in zip(axes[0], datasets, strict=True):
            for rule, color in zip(DRAWN, PALETTE, strict=False):
                for _, row in rows[(rows["dataset"] == dataset) & (rows["rule"] == rule)].iterrows():
                    _curves(axis, row, color)
            axis.set(xscale="log", title=dataset, xlabel="processor time, h", ylim=(0, 50))
            axis.xaxis.set_major_formatter("{x:g}")
            axis.grid(visible=True, which="major")
        axes[0][0].set_ylabel("detectable change, %")
        sns.despine(figure)
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, ncols=2, loc="lower center")
        figure.tight_layout(rect=(0, 0.17, 1, 1))
        write_atomically(path, lambda place: figure.savefig(place, dpi=200, format="png"))
        plt.close(figure)


def _curves(axis: plt.Axes, row: pd.Series, color: str) -> None:
    hours = 2 * row["cpu_seconds"] / 3600
    splits, repeats = np.array([3, 4, 5, 7, 10, 14, 20, 28, 40]), np.array([1, 2, 4, 8])
    one = [_detects(row, n=int(n), repeats=1) for n in splits]
    more = [_detects(row, n=5, repeats=int(r)) for r in repeats]
    axis.plot(hours * splits, one, color=color, marker="o", markersize=3, label=row["rule"])
    axis.plot(hours * 5 * repeats, more, color=color, linestyle="--", linewidth=1)


def _by_split(rows: pd.DataFrame) -> Iterator[str]:
    rules = (LOWEST, LAST, AVERAGED)
    yield f"| dataset, pooling, split | trainings | {' | '.join(rules)} |"
    yield "| --- | ---: |" + " ---: |" * len(rules)
    rows = rows[rows["rule"].isin(rules)]
    for (dataset, pooling, seed), group in rows.groupby(["dataset", "pooling", "seed"]):
        errors = group.groupby("rule")["test_mae"]
        cells = [f"{errors.mean()[rule]:.1f} ({errors.std()[rule]:.1f})" for rule in rules]
        cells = [cell.replace("(nan)", "(one training)") for cell in cells]
        yield f"| {dataset}, {pooling}, {seed} | {group['init'].nunique()} | {' | '.join(cells)} |"
    yield ""
    yield "Test errors: mean (standard deviation) over the initialisations, in the unit of the target."
    yield ""


def _by_pooling(rows: pd.DataFrame) -> Iterator[str]:
    rules = (LOWEST, LAST, AVERAGED)
    yield f"| dataset, pooling | {' | '.join(rules)} |"
    yield "| --- |" + " ---: |" * len(rules)
    for (dataset, pooling), group in rows.groupby(["dataset", "pooling"]):
        spread = group.set_index("rule")[["initialisation", "freedom"]]
        cells = [_with_range(*spread.loc[rule]) if rule in spread.index else "unknown" for rule in rules]
        yield f"| {dataset}, {pooling} | {' | '.join(cells)} |"
    yield ""
    yield "Standard deviation of the relative error over the initialisations of a split (80 % interval)."
    yield ""


def _by_rule(spreads: pd.DataFrame) -> Iterator[str]:
    sizes = " | ".join(f"{size} %" for size in SIZES)
    yield (
        "| dataset, weights read | trials | error | SD, initialisation | own | interaction "
        f"| 5 splits detect | the paper's rule | {sizes} |"
    )
    yield "| --- |" + " ---: |" * (7 + len(SIZES))
    for _, row in spreads.iterrows():
        cells = [_counts(row), f"{row['change']:+.1f} %", _with_range(row["initialisation"], row["freedom"])]
        cells += [_percent(row[name]) for name in ("own", "interaction")]
        cells += [_percent(_detects(row, n=5, repeats=1, of=of)) for of in ("", "first_")]
        cells += [_cost(row, size) for size in SIZES]
        yield f"| {row['dataset']}, {row['rule']} | {' | '.join(cells)} |"
    yield ""
    yield (
        "Trials: poolings x splits x initialisations. Error: against the paper's rule on the same trials. "
        "SD, initialisation: of the relative error over initialisations of one split (80 % interval). Own: "
        "its part that poolings do not share; interaction: of split and pooling. The paper's rule: what 5 "
        "splits detect by it on the same trials. The last columns: splits, and hours of processor time for "
        "both poolings, that detect such a change with one training for each split."
    )
    yield ""


def _by_repeats(spreads: pd.DataFrame) -> Iterator[str]:
    plans = ((5, 1), (5, 2), (5, 4), (10, 1), (20, 1))
    rows = spreads[spreads["rule"].isin((LOWEST, AVERAGED)) & spreads["own"].notna()]
    if rows.empty:
        return
    yield f"| dataset, weights read | {' | '.join(f'{n} x {r}' for n, r in plans)} |"
    yield "| --- |" + " ---: |" * len(plans)
    for _, row in rows.iterrows():
        cells = [_percent(_detects(row, n=n, repeats=r)) for n, r in plans]
        yield f"| {row['dataset']}, {row['rule']} | {' | '.join(cells)} |"
    yield ""
    yield "Detectable change by splits x initialisations of each. The cost is proportional to their product."
    yield ""


def _by_training(others: pd.DataFrame) -> Iterator[str]:
    yield (
        "| training, dataset, weights read | trials | error | SD, initialisation | the paper's training "
        "| own | interaction | cost | 5 splits detect | the paper's training | at equal cost |"
    )
    yield "| --- |" + " ---: |" * 10
    for _, row in others[others["rule"].isin(DRAWN[:3])].iterrows():
        cells = [_counts(row), f"{row['change']:+.1f} %"]
        cells += [_with_range(row[f"{name}initialisation"], row["freedom"]) for name in ("", "first_")]
        cells += [_percent(row[name]) for name in ("own", "interaction")]
        n = round(5 / row["cost"])
        cells.append(f"{row['cost']:.2f}")
        cells += [_percent(_detects(row, n=5, repeats=1, of=of)) for of in ("", "first_")]
        cells.append(f"{_percent(_detects(row, n=n, repeats=1))} ({n} splits)")
        yield f"| {row['training']}, {row['dataset']}, {row['rule']} | {' | '.join(cells)} |"
    yield ""
    yield (
        "Error, and the columns of the paper's training: of the same trials and weights. SD, own, "
        "interaction: as above. Cost: epochs of a trial, as a multiple of those of the paper's training. The "
        "last column: as many splits as cost what five of the paper's training cost."
    )
    yield ""


def _by_division(folds: pd.DataFrame) -> Iterator[str]:
    yield "| dataset, pooling, weights read, divisions | SD of the log ratio | detected change |"
    yield "| --- | ---: | ---: |"
    for _, row in folds.iterrows():
        name = "random splits" if row["training"] == PAPER else row["training"]
        detected = row["sd"] * detectable_difference(n=row["n"], confidence=0.95, overlap=row["overlap"])
        sd = _with_range(row["sd"], row["n"] - 1)
        about = f"{row['dataset']}, {row['pooling']}, {row['rule']}, {row['n']} {name}"
        yield f"| {about} | {sd} | {detected:.1f} % |"
    yield ""
    yield (
        "Change against mean pooling, one training for each split or fold (80 % interval). Folds test every "
        "structure once; random splits may test one several times."
    )
    yield ""


def _counts(row: pd.Series) -> str:
    return " x ".join(str(row[f"n_{name}"]) for name in ("pooling", "seed", "init"))


def _sd(row: pd.Series, repeats: int, of: str = "") -> float:
    """Standard deviation of a change on one split, %; of "first_" that of the first rule or training."""
    return float(np.sqrt(2 * (row[f"{of}interaction"] ** 2 + row[f"{of}own"] ** 2 / repeats)))


def _detects(row: pd.Series, *, n: int, repeats: int, of: str = "") -> float:
    factor = detectable_difference(n=n, confidence=0.95, overlap=row[f"{of}overlap"])
    return _sd(row, repeats, of) * factor


def _cost(row: pd.Series, size: float) -> str:
    if np.isnan(sd := _sd(row, 1)):
        return "unknown"
    n = number_needed(size, sd=sd, confidence=0.95, overlap=row["overlap"])
    if n is None or n > MOST:
        return "no number"
    return f"{n} ({2 * n * row['cpu_seconds'] / 3600:.1f} h)"


def _percent(value: float) -> str:
    return "unknown" if np.isnan(value) else f"{value:.1f} %"


def _with_range(sd: float, freedom: int, confidence: float = 0.8) -> str:
    if not freedom:
        return "unknown"
    ends: Sequence[float] = stats.chi2.ppf([(1 + confidence) / 2, (1 - confidence) / 2], freedom)
    low, high = (sd * float(np.sqrt(freedom / end)) for end in ends)
    return f"{sd:.1f} % ({low:.1f} to {high:.1f})"
