"""What it costs to detect a difference between two poolings, by several ways to read a training.

    python benchmarks/certainty.py paper=results/evidence cosine=results/cosine
    python benchmarks/certainty.py paper=results/evidence "Matbench's folds=results/folds"
    python benchmarks/certainty.py

The first two read the traces that ``protocol_traces.py`` has left in folders of results, and write what each
rule reads to ``certainty.parquet`` beside this script. All make the page and its figure in ``docs`` from it.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from certainty_page import AVERAGED, LOWEST, PAPER, write_page
from protocol import ROOT

from gnnpool.analysis.collect import TRIAL
from gnnpool.analysis.variance import mean_squares
from gnnpool.artifacts import read_table, write_table
from gnnpool.bundle.planning import UNPACKED
from gnnpool.data.split_file import PARTS
from gnnpool.records import BASELINE, READINGS, Trial, column_of
from gnnpool.training.averaging import smooth

# Trials on Matbench's official folds: other structures are tested than by the splits of the paper's protocol.
FOLDS = "Matbench's folds"


@dataclass(frozen=True)
class Rule:
    """Which weights of a training are read.

    Args:
        name: In words.
        time_constant: Of the moving average, epochs; 0: the weights themselves.
        select: "best", the epoch with the lowest validation error, or "last".
        smoothing: Time constant of a smoothing of the validation errors, epochs.
        share: Of the epochs, after which the training ends. The cost falls with it. It holds for schedules of
            the learning rate that do not know the number of epochs, as the paper's.
    """

    name: str
    time_constant: float = 0.0
    select: str = "best"
    smoothing: float = 0.0
    share: float = 1.0


RULES = (
    Rule(LOWEST),
    Rule("lowest smoothed validation error", smoothing=5.0),
    Rule("last epoch", select="last"),
    *(Rule(f"average over {t:g} epochs", time_constant=t) for t in (2.0, 5.0, 10.0, 20.0)),
    Rule("average over 5 epochs, smoothed validation error", time_constant=5.0, smoothing=5.0),
    *(Rule(f"average over {t:g} epochs, last epoch", t, "last") for t in (5.0, 20.0)),
    Rule("lowest validation error, half the epochs", share=0.5),
    Rule("average over 5 epochs, half the epochs", 5.0, share=0.5),
    Rule("average over 5 epochs, a quarter of the epochs", 5.0, share=0.25),
)
# Those that every record states, by its reading.
RECORDED = dict(zip(READINGS, (LOWEST, AVERAGED), strict=True))


def read_rule(trace: pd.DataFrame, rule: Rule) -> dict | None:
    """Apply a rule to a training.

    Args:
        trace: Rows of one trial: epoch, time_constant, val_mae and test_mae.
        rule: The rule.

    Returns:
        Rule, share, and epoch, val_mae and test_mae of the chosen weights; None if the trace lacks that
        average.
    """
    of_rule = (trace["time_constant"] == rule.time_constant) & (
        trace["epoch"] <= rule.share * trace["epoch"].max()
    )
    rows = trace[of_rule].sort_values("epoch")
    if rows.empty:
        return None
    errors = rows["val_mae"].tolist()
    smoothed = [smooth(errors[: i + 1], rule.smoothing) for i in range(len(errors))]
    chosen = rows.iloc[-1 if rule.select == "last" else int(np.argmin(smoothed))]
    return {"rule": rule.name, "share": rule.share} | chosen[["epoch", "val_mae", "test_mae"]].to_dict()


def gather(results: Path, training: str) -> Iterator[dict]:
    """Apply all rules to all trials of a folder of results.

    Args:
        results: The folder, with trials that were trained there, or came from a bundle.
        training: Name of how they were trained. Where a trace holds the errors of shares of the
            validation part, these are trainings of their own.

    Yields:
        One row for each trial and rule; of a trial without a trace its two readings alone.
    """
    paths = [p for f in ("trials", UNPACKED) for p in sorted(results.glob(f"{f}/*/*/*/*/*/record.parquet"))]
    for path in paths:
        trial, record = Trial.of_file(path), read_table(path).to_pylist()[0]
        about = {"training": training, **vars(trial), "unit": record["unit"]}
        about |= {"overlap": record["n_test"] / record["n_train"], "epochs": record["epochs"]}
        trace = path.with_name("trace.parquet")
        reads = _traced(trace, record, training) if trace.exists() else _recorded(record)
        for read in reads:
            yield about | read | {"cpu_seconds": record["cpu_seconds"] * read["share"]}


def _traced(path: Path, record: dict, training: str) -> Iterator[dict]:
    trace = read_table(path).to_pandas()
    if "validation" not in trace:  # of an earlier version
        trace["validation"] = 1.0
    validated = record["n_val"] / sum(record[f"n_{part}"] for part in PARTS)
    for share, rows in trace.groupby("validation"):
        name = training if share == 1 else f"{training}, {100 * share * validated:.0f} % choose"
        yield from ({"training": name} | read for rule in RULES if (read := read_rule(rows, rule)))


def _recorded(record: dict) -> Iterator[dict]:
    names = {"epoch": "best_epoch", "val_mae": "val_mae", "test_mae": "test_mae"}
    for reading, rule in RECORDED.items():
        read = {name: record[column_of(reading, field)] for name, field in names.items()}
        yield {"rule": rule, "share": 1.0} | read


def informative(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out trials that say nothing about a spread.

    Args:
        rows: Those of :func:`gather`; of a trial that is there twice the first counts.

    Returns:
        The rows of traced trials, and of others whose pooling has a second initialisation on their split.
    """
    rows = rows.drop_duplicates(["training", "rule", *TRIAL])
    inits = rows.groupby(["training", "dataset", "pooling", "seed"])["init"].transform("nunique")
    rules = rows.groupby(["training", *TRIAL])["rule"].transform("nunique")
    return rows[(inits > 1) | (rules > len(RECORDED))]


def beside_folds(rows: pd.DataFrame) -> pd.DataFrame:
    """Choose the trials on Matbench's folds, and those of the same poolings by the paper's protocol.

    Args:
        rows: Those of :func:`gather`.

    Returns:
        Rows of the two readings of first initialisations.
    """
    rows = rows[(rows["init"] == 0) & rows["rule"].isin(RECORDED.values())]
    key = ["dataset", "pooling"]
    tested = rows.loc[rows["training"] == FOLDS, key].drop_duplicates()
    return rows[rows["training"].isin((PAPER, FOLDS))].merge(tested, on=key)


def spread_of_changes(rows: pd.DataFrame) -> pd.DataFrame:
    """Spread of the change against mean pooling over splits, and over folds.

    Args:
        rows: Those of :func:`beside_folds`.

    Returns:
        One row for each dataset, pooling, rule and training: sd (%, of the changes), n (splits or folds) and
        overlap.
    """
    key = ["training", "dataset", "rule", "seed"]
    mean = rows.loc[rows["pooling"] == BASELINE, [*key, "test_mae"]]
    both = rows[rows["pooling"] != BASELINE].merge(mean, on=key, suffixes=("", "_of_mean"))
    both["change"] = 100 * np.log(both["test_mae"] / both["test_mae_of_mean"])
    groups = both.groupby(["dataset", "pooling", "rule", "training"])
    return groups.agg(sd=("change", "std"), n=("change", "size"), overlap=("overlap", "mean")).reset_index()


def spreads(rows: pd.DataFrame) -> pd.DataFrame:
    r"""Spread of relative errors and of changes, for each dataset and rule.

    .. math:: 100 \ln e_{psi} = \mu + a_p + b_s + c_{ps} + d_{si} + f_{psi}

    for pooling p, split s and initialisation i. A change between two poolings on one split, from r trainings
    each, has the variance 2 (c + f / r).

    Args:
        rows: Those of :func:`gather`, of one training.

    Returns:
        One row each: initialisation (%, root of d + f, all poolings), freedom (its degrees of freedom),
        interaction (%, root of c) and own (%, root of f), missing unless two poolings share splits and
        initialisations; first_initialisation, first_interaction, first_own and first_overlap (those of the
        first rule on the same trials); change (%, of the error against the first rule on the same trials,
        geometric mean); cpu_seconds (median over all trials, times the share of epochs); share; overlap; and
        counts.
    """
    rows = rows.assign(level=100 * np.log(rows["test_mae"]))
    first = rows[rows["rule"] == rows["rule"].iloc[0]].set_index(TRIAL)["level"]
    rows = rows.assign(first=first.reindex(pd.MultiIndex.from_frame(rows[TRIAL])).to_numpy())
    rows = rows.assign(first_overlap=rows["overlap"])
    found = pd.DataFrame(
        {"dataset": dataset, "rule": rule, "share": group["share"].iloc[0], **_spread(group)}
        for (dataset, rule), group in rows.groupby(["dataset", "rule"], sort=False)
    )
    # All rules read the same trainings, so that a trial costs the same.
    seconds = found.groupby("dataset")["cpu_seconds"].transform("first")
    return found.assign(cpu_seconds=seconds * found["share"])


def _spread(rows: pd.DataFrame) -> dict:
    initialisation, freedom = over_initialisations(rows)
    first = rows.assign(level=rows["first"])
    return {
        "initialisation": initialisation,
        "freedom": freedom,
        **_parts(rows),
        "change": 100 * math.expm1((rows["level"] - rows["first"]).mean() / 100),
        "cpu_seconds": rows["cpu_seconds"].median(),
        "overlap": rows["overlap"].mean(),
        **{f"first_{name}": part for name, part in _parts(first).items()},
        "first_initialisation": over_initialisations(first)[0],
        "first_overlap": rows["first_overlap"].mean(),
        **{f"n_{name}": rows[name].nunique() for name in ("pooling", "seed", "init")},
    }


def _parts(rows: pd.DataFrame) -> dict[str, float]:
    """Roots of the parts of the variance that poolings do not share, %; see :func:`spreads`."""
    levels = rows.pivot(index=["seed", "init"], columns="pooling", values="level").dropna(axis=0)
    counts = levels.groupby("seed").size()
    n = int(counts.min()) if len(counts) else 0
    if levels.shape[1] < 2 or len(counts) < 2 or n < 2:
        return dict.fromkeys(["interaction", "own"], math.nan)
    table = np.stack([group.to_numpy()[:n] for _, group in levels.groupby("seed")])  # [split, init, pooling]
    own = float(np.mean([mean_squares(one)[2] for one in table]))
    both = mean_squares(table.mean(axis=1))[2]
    return {"own": math.sqrt(own), "interaction": math.sqrt(max(0.0, both - own / n))}


def over_initialisations(rows: pd.DataFrame) -> tuple[float, int]:
    """Standard deviation of relative errors over the initialisations of a pooling and split.

    Args:
        rows: With pooling, seed and level (100 times the logarithm of the error).

    Returns:
        It in percent, and its degrees of freedom; missing and 0 without two initialisations.
    """
    within = rows.groupby(["pooling", "seed"])["level"].agg(["var", "count"])
    within = within[within["count"] > 1]
    freedom = int((within["count"] - 1).sum())
    squares = float((within["var"] * (within["count"] - 1)).sum())
    return (math.sqrt(squares / freedom) if freedom else math.nan), freedom


def spread_by_pooling(rows: pd.DataFrame) -> pd.DataFrame:
    """Spread over initialisations of each pooling alone.

    Args:
        rows: Those of :func:`gather`, of one training.

    Returns:
        One row for each dataset, pooling and rule: initialisation and freedom, as
        :func:`over_initialisations` gives them.
    """
    rows = rows.assign(level=100 * np.log(rows["test_mae"]))
    key = ["dataset", "pooling", "rule"]
    found = [(*names, *over_initialisations(group)) for names, group in rows.groupby(key)]
    return pd.DataFrame(found, columns=[*key, "initialisation", "freedom"])


def compare_trainings(rows: pd.DataFrame, first: str) -> pd.DataFrame:
    """Compare other ways to train with the first one, on the trials and rules that both have.

    Args:
        rows: Those of :func:`gather`.
        first: Name of the training to compare with.

    Returns:
        One row for each other training, dataset and rule, as :func:`spreads` gives it, but against the first
        training by the same rule; and cost (epochs of a trial, as a multiple of those of the first training,
        median).
    """
    key = [*TRIAL, "rule"]
    rows = rows.assign(level=100 * np.log(rows["test_mae"]))
    base = rows[rows["training"] == first]
    base = base.rename(columns={"level": "first", "overlap": "first_overlap", "epochs": "first_epochs"})
    base = base[[*key, "first", "first_overlap", "first_epochs"]]
    both = rows[rows["training"] != first].merge(base, on=key)
    found = []
    for (training, dataset, rule), group in both.groupby(["training", "dataset", "rule"], sort=False):
        cost = (group["epochs"] / group["first_epochs"]).median()
        row = {"training": training, "dataset": dataset, "rule": rule, "cost": cost}
        found.append(row | _spread(group))
    return pd.DataFrame(found)


def main(arguments: Sequence[str] | None = None) -> None:
    """Apply the rules to the traces and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "results", nargs="*", metavar="NAME=FOLDER", help=f"traced results; {PAPER} is the paper's protocol"
    )
    parser.add_argument(
        "--rows", type=Path, default=ROOT / "benchmarks/certainty.parquet", help="what each rule reads"
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "docs", help="folder of the page and the figure"
    )
    parser.add_argument("--add", action="store_true", help="keep the rows that are there")
    given = parser.parse_args(arguments)
    if given.results:
        named = [one.rpartition("=")[::2] for one in given.results]
        found = [row for name, folder in named for row in gather(Path(folder), name or PAPER)]
        if not found:
            raise SystemExit(f"{', '.join(given.results)}: found no record.parquet of a trial")
        everything = pd.DataFrame(found)
        if given.add:
            everything = pd.concat([everything, read_table(given.rows).to_pandas()])
        kept = pd.concat([informative(everything), beside_folds(everything)])
        kept = kept.drop_duplicates(["training", "rule", *TRIAL])  # the first counts
        table = pa.Table.from_pandas(kept, preserve_index=False)
        write_table(given.rows, table, units={"cpu_seconds": "s", "epoch": "1", "epochs": "1", "share": "1"})
    everything = read_table(given.rows).to_pandas()
    rows = informative(everything[everything["training"] != FOLDS])
    paper = rows[rows["training"] == PAPER]
    write_page(
        paper,
        spread_by_pooling(paper),
        spreads(paper),
        compare_trainings(rows, PAPER),
        spread_of_changes(beside_folds(everything)),
        folder=given.output,
    )


if __name__ == "__main__":
    main()
