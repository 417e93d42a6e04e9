import pandas as pd
import pytest

from gnnpool.records import READINGS, column_of
from gnnpool.report.size_law import size_sentence
from gnnpool.specs import Labels

SEES = {"sum": True, "mean_sum": True, "gmt": False, "max": False, "plugin": None}
LABELS = Labels(datasets={"a": "Dataset A", "b": "Dataset B"}, models={"m": "Model"}, edges={"e": "Edges"})
# A change of sum in percent for each dataset and reading.
CHANGES = {("a", "raw"): 30.0, ("a", "averaged"): 20.0, ("b", "raw"): 0.0, ("b", "averaged"): -1.0}


@pytest.fixture
def trials():
    rows = []
    for dataset in ("a", "b"):
        for seed in range(5):
            for i, pooling in enumerate(("mean", *SEES)):
                row = {
                    "dataset": dataset,
                    "model": "m",
                    "edges": "e",
                    "pooling": pooling,
                    "seed": seed,
                    "init": 0,
                }
                row |= {"n_test": 15, "n_train": 80}
                for reading in READINGS:
                    change = CHANGES[dataset, reading] / 100 if SEES.get(pooling) else 0.0
                    factor = 1 + change + 0.001 * i * (seed % 2)
                    names = [
                        f"{part}_{kind}" for part in ("train", "val", "test") for kind in ("mae", "rmse")
                    ]
                    row |= dict.fromkeys([column_of(reading, name) for name in names], 50 * factor)
                    row[column_of(reading, "best_epoch")] = 1
                rows.append(row)
    return pd.DataFrame(rows)


def test_the_sentence_names_counts_differences_and_what_is_significant(trials):
    said = size_sentence(trials, SEES, labels=LABELS, confidence=0.95)
    assert said.startswith(
        "The mean change of poolings that see the number of atoms (n = 2) differs from that of poolings "
        "that do not (n = 2) by "
    )
    first, second = said.split(" on Dataset B, Edges Model ")
    assert "+29.9 percentage points on Dataset A, Edges Model" in first
    assert ", significant; difference of the medians +29.9; averaged reading +19.9)" in first
    assert "not significant; difference of the medians" in second
    assert "corrected for 2 comparisons" in said


@pytest.mark.parametrize("others", [{"sum": False, "mean_sum": False}, {"sum": False}, {"sum": None}])
def test_there_is_no_sentence_without_two_poolings_of_each_group(trials, others):
    assert size_sentence(trials, SEES | others, labels=LABELS, confidence=0.95) == ""


def test_of_many_datasets_the_significant_ones_are_counted_and_the_largest_named(trials):
    more = pd.concat([trials, trials.assign(dataset=trials["dataset"].map({"a": "c", "b": "d"}))])
    said = size_sentence(more, SEES, labels=LABELS, confidence=0.95)
    assert "significantly higher than that of poolings that do not (n = 2) on 2 of 4 pairs of dataset" in said
    assert (
        "significantly lower on 0; the largest differences are +29.9 percentage points on Dataset A" in said
    )
    assert said.count("percentage points") == 3
    assert "corrected for 4 comparisons" in said
