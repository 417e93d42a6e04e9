"""Lower errors with more weights, and what a mean with as many weights says of them."""

import dataclasses

import pandas as pd
import pytest

from gnnpool.analysis.source import Files
from gnnpool.report.effort import effort_limits, effort_of_choice, effort_sentences
from gnnpool.specs import ExhibitSpec, Labels, Traits
from gnnpool.tables import effort
from gnnpool.tables.base import Source

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
WEIGHTS = {"mean": 1000, "mean_x2": 1500, "mean_x4": 2500, "gmt": 2500, "max": 1000}
SCATTER = [0.99, 1.0, 1.01, 1.02, 0.98]
LABELS = Labels(poolings={"gmt": "GMT", "mean_x2": "Mean x 2", "mean_x4": "Mean x 4"}, datasets={"2d": "2D"})


def source_of(errors, *, traits=WEIGHTS) -> Source:
    rows = [
        {"dataset": "2d", "model": "cgcnn", "edges": "mdl", "pooling": pooling, "seed": seed, "init": 0}
        | {"n_test": 15, "n_train": 80, "parameters": WEIGHTS[pooling], "peak_memory": 1.0, "threads": 1}
        | {"cpu_seconds": 1.0, "wall_seconds": 1.0, "device": "cpu", "device_name": "", "processor": ""}
        | {"test_mae": error * SCATTER[(i + seed) % 5], "best_epoch": 1}
        | dict.fromkeys(("train_mae", "val_mae", "train_rmse", "val_rmse", "test_rmse"), 1.0)
        for i, (pooling, error) in enumerate(errors.items())
        for seed in range(5)
    ]
    trials = pd.DataFrame(rows)
    names = ["train_mae", "val_mae", "test_mae", "train_rmse", "val_rmse", "test_rmse", "best_epoch"]
    return Source(
        spec=ExhibitSpec(
            settings=[("cgcnn", "mdl")],
            datasets=["2d"],
            poolings=[name for name in WEIGHTS if name != "mean"],
            name="grid",
            title="",
            kind="",
        ),
        labels=LABELS,
        records=trials.assign(**{f"averaged_{name}": trials[name] for name in names}),
        files=Files(),
        seeds=range(5),
        planned=[],
        statistic="mean_change",
        confidence=0.95,
        resamples=99,
        margin=3.0,
        scheme="random",
        physics={},
        variants={},
        traits={
            name: Traits(sees_size=False, control=name.startswith("mean_x"), width=None, base=name)
            for name in traits
        },
    )


def said_of(source):
    tidy = effort.build(source).tidy
    return effort_sentences(tidy, source), effort_limits(tidy, confidence=source.confidence)


def test_a_lower_error_than_that_of_the_control_is_not_due_to_weights_alone():
    (sentence,), limits = said_of(source_of({"mean": 10.0, "mean_x4": 9.9, "gmt": 5.0}))
    assert sentence.startswith(f"GMT on 2D, {MINUS}50.0 %, has 2.50 {TIMES} the weights of mean pooling; ")
    assert f"against its control Mean x 4 (1.00 {TIMES} its weights, {MINUS}1.0 %) the change is" in sentence
    assert sentence.endswith("significant: the weights alone are not the reason.")
    assert limits == []


def test_a_control_that_is_as_good_leaves_the_weights_as_the_reason():
    (sentence,), limits = said_of(source_of({"mean": 10.0, "mean_x4": 5.0, "gmt": 5.0}))
    assert sentence.endswith("not significant: whether the weights are the reason is open.")
    assert limits == [
        "1 of 1 poolings with a lower error than mean pooling has more weights and is not significantly "
        "better than a mean with as many weights (see Equal effort)."
    ]


def test_a_control_with_the_lower_error_is_named_so():
    (sentence,), limits = said_of(source_of({"mean": 10.0, "mean_x4": 4.0, "gmt": 8.0}))
    assert sentence.endswith("significant: a mean with as many weights has the lower error.")
    assert len(limits) == 1


@pytest.mark.parametrize(
    ("errors", "traits", "why"),
    [
        ({"mean_x2": 9.0}, WEIGHTS, "no control with as many weights is trained; defined: Mean x 4"),
        ({"mean_x2": 9.0}, ["gmt", "mean_x2"], "no control is as large; trained: Mean x 2"),
        ({}, ["gmt"], "no control is defined, such as a mean several times (operators: [mean, mean])"),
    ],
)
def test_without_a_control_the_sentence_says_what_lacks(errors, traits, why):
    (sentence,), (limit,) = said_of(source_of({"mean": 10.0, **errors, "gmt": 5.0}, traits=traits))
    assert sentence.endswith(f"; {why}.")
    assert "for 1 of them no such control is trained" in limit


def test_higher_errors_and_poolings_of_no_more_weights_are_not_warned_of():
    source = source_of({"mean": 10.0, "gmt": 12.0, "max": 5.0, "mean_x4": 5.0})
    assert said_of(source) == ([], [])


def test_a_recommended_pooling_is_held_against_its_control_alone():
    source = source_of({"mean": 10.0, "mean_x4": 9.9, "max": 3.0, "gmt": 5.0})
    (sentence,) = effort_of_choice(source, ("2d", "cgcnn", "mdl"), "gmt")
    assert sentence.startswith("GMT on 2D, ")
    assert sentence.endswith(", significant: the weights alone are not the reason.")
    assert effort_of_choice(source, ("2d", "cgcnn", "mdl"), "mean") == []


def test_the_setting_is_named_where_there_are_several():
    source = source_of({"mean": 10.0, "gmt": 5.0})
    spec = dataclasses.replace(source.spec, settings=[("cgcnn", "mdl"), ("torchmd", "mdl")])
    (sentence,), _ = said_of(dataclasses.replace(source, spec=spec))
    assert sentence.startswith("GMT on 2D with mdl cgcnn, ")
