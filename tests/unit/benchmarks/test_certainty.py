"""What a trace holds is what the trial recorded, and what the rules make of it is computed as described."""

import importlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest

from gnnpool.artifacts import read_table, write_table
from gnnpool.plan import Plan
from gnnpool.records import Trial

TRIAL = Trial("exfoliation", "cgcnn", "mdl", "mean", 111)


@pytest.fixture(scope="module")
def certainty(_importable):
    return importlib.import_module("certainty")


@pytest.fixture(scope="module")
def traced(_importable, tmp_path_factory):
    """Results of one traced trial of a few epochs."""
    crystals, traces = (importlib.import_module(name) for name in ("crystals", "protocol_traces"))
    from gnnpool.data.splits import make_split
    from gnnpool.data.structure import write_structures

    results = tmp_path_factory.mktemp("results")
    data, graphs = results / "data/exfoliation", results / "graphs/exfoliation"
    for folder in (data / "splits", graphs):
        folder.mkdir(parents=True)
    write_structures(data / "structures.parquet", crystals.generate("exfoliation", 40))
    crystals.build(data / "structures.parquet", "mdl", graphs)
    config = crystals.config()
    split = data / "splits/seed-111.parquet"
    make_split(structures=data / "structures.parquet", seed=111, fractions=config["split"], output=split)
    config["training"] |= {"epochs": 4, "engine": "eager", "batch_size": 16}
    traces.trace(Plan(config | {"results": str(results)}), TRIAL, [5.0, 20.0], [0.5])
    return results


@pytest.fixture(scope="module")
def whole(traced, tmp_path_factory):
    """The same, its trace without shares of the validation part, as an earlier version wrote it."""
    results = shutil.copytree(traced, tmp_path_factory.mktemp("whole"), dirs_exist_ok=True)
    path = results / f"trials/{TRIAL}/trace.parquet"
    trace = read_table(path)
    write_table(path, trace.filter(pc.equal(trace["validation"], 1.0)).drop_columns("validation"))
    return results


def test_shares_of_the_validation_part_are_trainings_of_their_own(certainty, traced, whole):
    rows, alone = (pd.DataFrame(certainty.gather(place, "paper")) for place in (traced, whole))
    record = read_table(traced / f"trials/{TRIAL}/record.parquet").to_pylist()[0]
    half = 50 * record["n_val"] / 40
    assert set(rows["training"]) == {"paper", f"paper, {half:.0f} % choose"}
    pd.testing.assert_frame_equal(rows[rows["training"] == "paper"].reset_index(drop=True), alone)
    last = rows[rows["rule"] == "last epoch"]
    assert last["test_mae"].nunique() == 1  # nothing is chosen
    assert last["val_mae"].nunique() == 2


def test_changes_over_folds_stand_beside_those_over_splits(certainty):
    errors = {"paper": {1: (10.0, 11.0), 2: (10.0, 9.0)}, certainty.FOLDS: {0: (20.0, 20.0), 1: (10.0, 12.0)}}
    rows = pd.DataFrame(
        {"training": training, "dataset": "a", "model": "m", "edges": "e", "pooling": pooling, "seed": seed}
        | {"init": 0, "rule": certainty.RECORDED["raw"], "test_mae": error, "overlap": 0.2}
        for training, splits in errors.items()
        for seed, pair in splits.items()
        for pooling, error in zip(("mean", "gmt"), pair, strict=True)
    )
    others = rows.assign(pooling="sum")[rows["training"] == "paper"]  # on no fold
    found = certainty.spread_of_changes(certainty.beside_folds(pd.concat([rows, others]))).set_index(
        "training"
    )
    assert list(found["pooling"]) == ["gmt", "gmt"]
    assert found.loc["paper", "sd"] == pytest.approx(100 * np.std(np.log([1.1, 0.9]), ddof=1))
    assert found.loc[certainty.FOLDS, "sd"] == pytest.approx(100 * np.std(np.log([1.0, 1.2]), ddof=1))


def test_a_trace_gives_the_errors_of_both_readings_of_its_record(certainty, whole):
    rows = pd.DataFrame(certainty.gather(whole, "paper")).set_index("rule")
    record = read_table(whole / f"trials/{TRIAL}/record.parquet").to_pylist()[0]
    for rule, prefix in ((0, ""), (4, "averaged_")):
        found = rows.loc[certainty.RULES[rule].name]
        assert found["epoch"] == record[f"{prefix}best_epoch"]
        assert found["test_mae"] == record[f"{prefix}test_mae"]
    assert "average over 2 epochs" not in rows.index  # it was not whole


@pytest.mark.parametrize(
    ("rule", "epoch"),
    [
        (("a",), 2),
        (("a", 0.0, "last"), 4),
        (("a", 0.0, "best", 3.0), 4),
        (("a", 0.0, "last", 0.0, 0.75), 3),
        (("a", 5.0), None),
    ],
)
def test_a_rule_takes_its_epoch(certainty, rule, epoch):
    trace = pd.DataFrame(
        {"epoch": [1, 2, 3, 4], "time_constant": 0.0, "val_mae": [9.0, 1.0, 3.0, 2.0], "test_mae": 1.0}
    )
    found = certainty.read_rule(trace, certainty.Rule(*rule))
    assert (found and found["epoch"]) == epoch


def test_spreads_are_those_that_were_put_in(certainty):
    rng = np.random.default_rng(0)
    shape = {"pooling": 4, "seed": 60, "init": 4}
    level = (
        rng.normal(0, 20, (1, 60, 1))
        + rng.normal(0, 3, (4, 60, 1))
        + rng.normal(0, 2, (1, 60, 4))
        + rng.normal(0, 4, (4, 60, 4))
    )
    index = pd.MultiIndex.from_product([range(n) for n in shape.values()], names=shape)
    rows = pd.DataFrame({"test_mae": np.exp(level.ravel() / 100)}, index=index).reset_index()
    same = {"training": "paper", "dataset": "a", "model": "cgcnn", "edges": "mdl", "rule": "r"}
    rows = rows.assign(**same, cpu_seconds=1.0, overlap=0.2, share=1.0)
    found = certainty.spreads(rows).iloc[0]
    assert found["interaction"] == pytest.approx(3, rel=0.15)
    assert found["own"] == pytest.approx(4, rel=0.1)
    assert found["initialisation"] == pytest.approx(20**0.5, rel=0.1)
    parts = ["initialisation", "interaction", "own", "overlap"]
    assert list(found[[f"first_{name}" for name in parts]]) == list(
        found[parts]
    )  # the only rule is the first


def test_the_page_names_what_is_unknown(certainty, whole, tmp_path):
    files = ["--rows", str(tmp_path / "certainty.parquet"), "--output", str(tmp_path)]
    certainty.main([str(whole), *files])
    page = (tmp_path / "certainty.md").read_text()
    assert "| exfoliation, last epoch |" in page
    assert "unknown" in page
    assert len(read_table(tmp_path / "certainty.parquet")) == 11
    with pytest.raises(SystemExit, match="found no record"):
        certainty.main([str(tmp_path), *files])


def test_rows_that_are_there_can_stay(certainty, whole, tmp_path):
    files = ["--rows", str(tmp_path / "certainty.parquet"), "--output", str(tmp_path)]
    certainty.main([f"paper={whole}", *files])
    certainty.main([f"other={whole}", "--add", *files])
    certainty.main([f"other={whole}", "--add", *files])
    kept = read_table(tmp_path / "certainty.parquet").to_pandas()
    assert kept["training"].value_counts().to_dict() == {"paper": 11, "other": 11}


def test_the_page_is_made_again_from_what_was_kept(certainty, whole, tmp_path):
    files = ["--rows", str(tmp_path / "certainty.parquet"), "--output", str(tmp_path)]
    certainty.main([f"paper={whole}", *files])
    page = tmp_path / "certainty.md"
    first = page.read_bytes()
    page.unlink()
    certainty.main(files)
    assert page.read_bytes() == first


def test_a_trial_without_a_trace_gives_the_readings_of_its_record(certainty, whole, tmp_path):
    folder = tmp_path / f"trials/{TRIAL}"
    folder.mkdir(parents=True)
    shutil.copy(whole / f"trials/{TRIAL}/record.parquet", folder)
    rows, recorded = (pd.DataFrame(certainty.gather(place, "paper")) for place in (whole, tmp_path))
    assert list(recorded["rule"]) == list(certainty.RECORDED.values())
    kept = rows[rows["rule"].isin(certainty.RECORDED.values())].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, recorded, check_like=True)
    assert certainty.informative(recorded).empty
    again = certainty.informative(pd.concat([recorded, recorded.assign(init=1), recorded]))
    assert len(again) == 4


def test_another_training_is_compared_on_the_same_trials(certainty):
    kinds = {"paper": ([100.0, 100.0, 50.0], [0, 1, 2], 200), "cosine": ([90.0, 110.0], [0, 1], 100)}
    rows = pd.concat(
        pd.DataFrame({"training": name, "test_mae": errors, "init": inits, "epochs": epochs})
        for name, (errors, inits, epochs) in kinds.items()
    ).assign(
        dataset="a", model="m", edges="e", rule="r", pooling="mean", seed=111, overlap=0.2, cpu_seconds=1.0
    )
    found = certainty.compare_trainings(rows, "paper").iloc[0]
    assert (found["n_init"], found["cost"]) == (2, 0.5)
    assert found["change"] == pytest.approx(100 * ((0.9 * 1.1) ** 0.5 - 1))
    assert found["first_initialisation"] == 0
    assert found["initialisation"] == pytest.approx(100 * np.log(1.1 / 0.9) / 2**0.5)


def test_the_page_of_the_documentation_is_that_of_its_rows(certainty, tmp_path):
    certainty.main(["--output", str(tmp_path)])
    shown = Path(__file__).parents[3] / "docs/certainty.md"
    assert (tmp_path / "certainty.md").read_text() == shown.read_text()
