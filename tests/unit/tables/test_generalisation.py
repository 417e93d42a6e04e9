"""Tables of errors beyond a random test part, and of invariances."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from gnnpool.artifacts import write_table
from gnnpool.records import Trial
from gnnpool.trial_files import named
from gnnpool.wording import MINUS, TIMES

VARIANTS = {"2d": {"scheme": "size", "reference": "phonons"}}
SEEDS = [111, 222, 333]
# Errors in distribution and for larger cells; a hundredth of it is added for each seed.
ERRORS = {("phonons", "mean"): 10.0, ("phonons", "gmt"): 9.0, ("2d", "mean"): 20.0, ("2d", "gmt"): 22.0}
# Factors by which a change of the structures multiplies the error.
NOISE = {
    ("displaced", "0.05"): 5.0,
    ("displaced", "0.1"): 2.0,
    ("strained", "-2"): 9.0,
    ("strained", "2"): 1.5,
}
IDS = list("abcd")


@pytest.fixture
def records(write_record):
    """Trials of two poolings on a reference and on larger cells; mean pooling alone has a constant factor."""
    found = []
    for (dataset, pooling), error in ERRORS.items():
        for i, seed in enumerate(SEEDS):
            grown = error * (1 + 0.01 * i + (0.01 * i if pooling == "gmt" else 0))
            found.append(write_record(Trial(dataset, "cgcnn", "mdl", pooling, seed), grown))
    return found


@pytest.fixture
def perturbed(records, tmp_path):
    """Predictions for changed structures of the reference: off by the error, by turns up and down."""
    paths = []
    for record in (path for path in records if "phonons" in path.parts):
        trial = Trial.of_file(record)
        error = ERRORS[trial.dataset, trial.pooling]
        target, signs = 100.0 * np.arange(1, 5), np.array([1, -1, 1, -1])
        frames = []
        levels = {("unchanged", ""): 1.0, **NOISE, ("supercell", "skew"): 1.0, ("rewritten", "basis"): 1.0}
        for (axis, level), factor in levels.items():
            grows = 2.0 if axis == "supercell" else 1.0
            predicted = grows * (target + factor * signs * error)
            predicted = predicted + (0.3 if axis == "supercell" and trial.pooling == "gmt" else 0.0)
            columns = {"axis": axis, "level": level, "id": IDS, "factor": grows, "target": grows * target}
            frames.append(pd.DataFrame(columns | {"prediction": predicted}))
        paths.append(tmp_path / "perturbations" / str(trial) / "perturbed.parquet")
        table = pa.Table.from_pandas(pd.concat(frames), preserve_index=False)
        write_table(paths[-1], table, metadata=named(trial, ""))
    return paths


@pytest.fixture
def whole(render, entry, records, perturbed):
    """The table with both, tidy and the paths of all forms."""
    one = entry | {"kind": "generalisation", "poolings": ["gmt"], "datasets": ["phonons", "2d"]}
    return render(records, entry=one, perturbed=perturbed, seeds=SEEDS, variants=VARIANTS)


def test_each_axis_is_compared_with_mean_pooling_on_the_same_axis(whole):
    tidy = whole[0].set_index(["pooling", "axis"])
    within = np.mean([100 * (9 * (1 + 0.02 * i) / (10 * (1 + 0.01 * i)) - 1) for i in range(3)])
    larger = np.mean([100 * (22 * (1 + 0.02 * i) / (20 * (1 + 0.01 * i)) - 1) for i in range(3)])
    assert tidy.loc[("gmt", "in_distribution"), "value"] == pytest.approx(within)
    assert tidy.loc[("gmt", "size"), "value"] == pytest.approx(larger)
    assert tidy.loc[("gmt", "displaced"), "value"] == pytest.approx(-10)
    assert tidy.loc[("gmt", "size"), "low"] < larger < tidy.loc[("gmt", "size"), "high"]
    assert set(tidy["dataset"]) == {"phonons"}
    assert tidy.loc["mean", "value"].isna().all()


def test_the_ratio_is_that_of_the_errors_of_the_same_pooling(whole):
    tidy = whole[0].set_index(["pooling", "axis"])["ratio"]
    assert tidy["mean", "size"] == pytest.approx(2)
    assert tidy["gmt", "size"] == pytest.approx(22 / 9)
    assert tidy["gmt", "displaced"] == pytest.approx(2)
    assert tidy["gmt", "in_distribution"] == 1


def test_noise_is_shown_at_its_largest_level_of_each_sign(whole, printed):
    assert set(whole[0]["level"]) == {"", "0.1", "-2", "2"}
    lines = printed(whole[1]["markdown"])
    assert lines[""] == ["In distribution", "Size", "Displaced 0.1 Å", f"Strained {MINUS}2 %", "Strained 2 %"]
    assert lines["Mean"][1:3] == [f"baseline (2.00 {TIMES})"] * 2
    assert lines["GMT"][2].startswith(f"({MINUS}10.0)")
    assert f"2.00 {TIMES}, n = 3" in lines["GMT"][2]


def test_two_datasets_of_one_scheme_and_reference_stand_apart(render, entry, records, printed, write_record):
    pairs = [(pooling, seed) for pooling in ("mean", "gmt") for seed in SEEDS]
    records = [*records, *(write_record(Trial("exfoliation", "cgcnn", "mdl", *pair), 5.0) for pair in pairs)]
    both = VARIANTS | {"exfoliation": {"scheme": "size", "reference": "phonons"}}
    datasets = ["phonons", "2d", "exfoliation"]
    one = entry | {"kind": "generalisation", "poolings": ["gmt"], "datasets": datasets}
    tidy, paths = render(records, entry=one, seeds=SEEDS, variants=both)
    assert set(tidy["axis"]) == {"in_distribution", "2d", "exfoliation"}
    assert printed(paths["markdown"])[""] == ["In distribution", "2D", "exfoliation"]


def test_seeds_are_those_that_mean_pooling_has_too(render, entry, records):
    one = entry | {"kind": "generalisation", "poolings": ["gmt"], "datasets": ["phonons", "2d"]}
    fewer = [path for path in records if not {"2d", "mean", "seed-333"} <= set(path.parts)]
    tidy, _ = render(fewer, entry=one, seeds=SEEDS, variants=VARIANTS)
    assert tidy.set_index(["pooling", "axis"])["n_seeds"]["gmt", "size"] == 2


def test_without_changed_structures_the_splits_remain(render, entry, records):
    one = entry | {"kind": "generalisation", "poolings": ["gmt"], "datasets": ["phonons", "2d"]}
    tidy, _ = render(records, entry=one, seeds=SEEDS, variants=VARIANTS)
    assert set(tidy["axis"]) == {"in_distribution", "size"}


def test_deviations_of_the_same_crystal_are_relative_to_the_test_error(
    render, entry, records, perturbed, printed
):
    one = entry | {"kind": "invariances", "poolings": ["mean", "gmt"], "datasets": ["phonons"]}
    tidy, paths = render(records, entry=one, perturbed=perturbed, seeds=SEEDS)
    share = tidy.set_index(["pooling", "axis"])["share"]
    assert share["mean", "supercell"] == pytest.approx(0, abs=1e-9)
    assert share["gmt", "supercell"] == pytest.approx(100 * 0.3 / 9)
    lines = printed(paths["markdown"])
    assert lines[""] == ["Supercell, skew", "Another basis"]
    assert lines["Mean"][0].startswith("(below 0.1 %)")
    assert lines["GMT"][0].startswith("3.33 %")
