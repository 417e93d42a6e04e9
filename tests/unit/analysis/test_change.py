import json
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnnpool.analysis.change import (
    average_over_datasets,
    changes_by_condition,
    changes_by_seed,
    compare_to_baseline,
    error_change,
)
from gnnpool.analysis.collect import collect_trials
from gnnpool.artifacts import read_table
from gnnpool.errors import DataError
from gnnpool.records import Trial

errors = st.floats(1e-3, 1e3)


def table(*rows: tuple[str, str, int, float]) -> pd.DataFrame:
    """Trials of one setting: dataset, pooling, seed, test error."""
    frame = pd.DataFrame(rows, columns=["dataset", "pooling", "seed", "test_mae"])
    return frame.assign(model="cgcnn", edges="mdl", init=0, n_train=80, n_test=20)


@given(errors, errors)
def test_lower_error_than_mean_pooling_is_negative(error, baseline):
    change = error_change(error, baseline)
    assert (change < 0) == (error < baseline)
    assert baseline * (1 + change / 100) == pytest.approx(error)


@pytest.mark.parametrize("baseline", [0.0, -1.0])
def test_change_against_no_error_is_refused(baseline):
    with pytest.raises(ValueError, match="baseline error must be > 0, got"):
        error_change(1.0, baseline)


def test_trials_are_paired_with_mean_pooling_of_the_same_seed():
    trials = table(
        ("phonons", "gmt", 222, 18.0),
        ("phonons", "mean", 111, 10.0),
        ("phonons", "gmt", 111, 9.0),
        ("phonons", "mean", 222, 20.0),
    )
    changes = changes_by_seed(trials).set_index(["pooling", "seed"])
    assert changes.loc[("gmt", 111), "change"] == pytest.approx(-10)
    assert changes.loc[("gmt", 222), "change"] == pytest.approx(-10)
    assert changes.loc[("mean", 222), "change"] == 0


def test_mean_pooling_of_another_setting_or_dataset_is_no_baseline():
    trials = table(("phonons", "gmt", 1, 9.0), ("phonons", "mean", 1, 10.0), ("dielectric", "mean", 1, 1.0))
    trials.loc[1, "edges"] = "ocp"
    changes = changes_by_seed(trials).set_index(["dataset", "pooling"])
    assert math.isnan(changes.loc[("phonons", "gmt"), "change"].item())


def test_a_zero_error_of_mean_pooling_is_refused_with_its_trial():
    with pytest.raises(DataError, match=r"phonons/cgcnn/mdl/mean/seed-7: test_mae: found 0\.0, expected > 0"):
        changes_by_seed(table(("phonons", "mean", 7, 0.0), ("phonons", "gmt", 7, 1.0)))


def test_both_statistics_have_their_hand_computed_values():
    # Changes -10 % and -50 %; mean errors 9.5 against 15.
    trials = table(
        ("phonons", "mean", 1, 10.0),
        ("phonons", "mean", 2, 20.0),
        ("phonons", "gmt", 1, 9.0),
        ("phonons", "gmt", 2, 10.0),
    )
    conditions = changes_by_condition(changes_by_seed(trials)).set_index("pooling")
    gmt = conditions.loc["gmt"]
    assert gmt["mean_change"] == pytest.approx(-30)
    assert gmt["change_of_mean"] == pytest.approx(100 * (9.5 - 15) / 15)
    assert gmt["sd"] == pytest.approx(20 * math.sqrt(2))
    assert (gmt["min"], gmt["max"]) == pytest.approx((-50, -10))
    assert (gmt["n_seeds"], gmt["n_unpaired"]) == (2, 0)


def test_seed_without_baseline_does_not_count_and_is_counted_apart():
    trials = table(
        ("phonons", "mean", 1, 10.0),
        ("phonons", "gmt", 1, 9.0),
        ("phonons", "gmt", 2, 99.0),
        ("dielectric", "gmt", 1, 1.0),
    )
    conditions = changes_by_condition(changes_by_seed(trials)).set_index(["dataset", "pooling"])
    some, none = conditions.loc[("phonons", "gmt")], conditions.loc[("dielectric", "gmt")]
    assert (some["n_seeds"], some["n_unpaired"]) == (1, 1)
    assert some["mean_change"] == pytest.approx(-10)
    assert some["change_of_mean"] == pytest.approx(-10)
    assert math.isnan(some["sd"])
    assert (none["n_seeds"], none["n_unpaired"]) == (0, 1)
    assert math.isnan(none["mean_change"])
    assert math.isnan(none["change_of_mean"])


def test_average_gives_each_dataset_the_same_weight_and_skips_missing_ones():
    trials = table(
        *(("phonons", "mean", seed, 10.0) for seed in (1, 2, 3)),
        *(("phonons", "gmt", seed, 9.0) for seed in (1, 2, 3)),
        ("dielectric", "mean", 1, 1.0),
        ("dielectric", "gmt", 1, 1.3),
        ("exfoliation", "gmt", 1, 50.0),
    )
    average = average_over_datasets(changes_by_seed(trials)).set_index("pooling").loc["gmt"]
    assert average["mean_change"] == pytest.approx((-10 + 30) / 2)
    assert average["change_of_mean"] == pytest.approx((-10 + 30) / 2)
    assert (average["n_datasets"], average["datasets"]) == (2, "dielectric,phonons")
    assert (average["n_seeds"], average["n_unpaired"]) == (1, 1)


def test_spread_of_an_average_is_over_seeds_that_all_datasets_have():
    changes = {("a", 1): -4.0, ("a", 2): 2.0, ("a", 3): 90.0, ("b", 1): 0.0, ("b", 2): 6.0}
    trials = table(
        *((dataset, "mean", seed, 1.0) for dataset, seed in changes),
        *((dataset, "gmt", seed, 1 + change / 100) for (dataset, seed), change in changes.items()),
    )
    average = average_over_datasets(changes_by_seed(trials)).set_index("pooling").loc["gmt"]
    # Seed 1 averages to -2, seed 2 to 4; seed 3 lacks b.
    assert average["sd"] == pytest.approx(6 / math.sqrt(2))


def test_nothing_trained_has_no_changes_and_no_averages():
    changes = changes_by_seed(table())
    assert changes_by_condition(changes).empty
    assert average_over_datasets(changes).empty


def test_both_levels_are_written_with_units(write_record, tmp_path):
    records = [
        write_record(Trial("phonons", "cgcnn", "mdl", p, 1), e) for p, e in (("mean", 10.0), ("gmt", 9.0))
    ]
    paths = {name: tmp_path / f"{name}.parquet" for name in ("trials", "by_seed", "by_condition")}
    collect_trials(records=records, output=paths["trials"])
    planned = [("phonons", "cgcnn", "mdl", "mean", 4), ("phonons", "cgcnn", "mdl", "gmt")]
    compare_to_baseline(**paths, seeds=[1, 2], planned=planned)
    by_seed, by_condition = read_table(paths["by_seed"]), read_table(paths["by_condition"])
    units = json.loads(by_seed.schema.metadata[b"units"])
    assert units == {
        "error": "target unit",
        "baseline": "target unit",
        "change": "%",
        "overlap": "test structures for each training structure",
    }
    assert by_condition.to_pandas().set_index("pooling")["mean_change"].to_dict() == pytest.approx(
        {"mean": 0, "gmt": -10}
    )
    counted = by_condition.to_pandas().set_index("pooling")["n_seeds_planned"].to_dict()
    assert counted == {"gmt": 2, "mean": 4}
