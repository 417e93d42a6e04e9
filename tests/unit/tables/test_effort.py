"""Weights, seconds and memory beside the change, and what a mean with as many weights says."""

import pytest

from gnnpool.records import Trial

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
CONTROLS = ("mean_x2", "mean_x4")
WEIGHTS = {"mean": 1000, "mean_x2": 1500, "mean_x4": 2500, "mamm": 2500, "gmt": 4000}
SCATTER = [0.99, 1.0, 1.01, 1.02, 0.98]
SEEDS = [111, 222, 333, 444, 555]


@pytest.fixture
def effort(render, entry, write_record, printed):
    """Render the table from the error of each pooling, on one dataset or two."""

    def effort(errors, *, datasets=("phonons",), lacking=(), poolings=("mean_x2", "mean_x4", "mamm", "gmt")):
        records = []
        for dataset in datasets:
            for i, pooling in enumerate(errors):
                for j, seed in enumerate(SEEDS):
                    if (pooling, seed) not in lacking:
                        error = errors[pooling] * SCATTER[(i + j) % len(SCATTER)]
                        costs = {"parameters": WEIGHTS[pooling], "cpu_seconds": 10.0 * (i + 1)}
                        trial = Trial(dataset, "cgcnn", "mdl", pooling, seed)
                        records.append(write_record(trial, error, peak_memory=100.0 * (i + 1), **costs))
        traits = {
            name: {"sees_size": False, "control": name in CONTROLS, "width": None, "base": name}
            for name in WEIGHTS
        }
        one = entry | {"kind": "effort", "datasets": list(datasets), "poolings": list(poolings)}
        tidy, paths = render(records, entry=one, planned=[], traits=traits)
        return tidy.set_index("pooling"), printed(paths["markdown"])

    return effort


def test_costs_stand_beside_the_change(effort):
    tidy, lines = effort({"mean": 10.0, "mean_x4": 9.9, "mamm": 8.0})
    assert lines["Mean"][:5] == ["mean pooling", "1,000", f"1.00 {TIMES}", f"1.00 {TIMES}", "100 MiB"]
    assert lines["MAMM"][0].startswith(f"{MINUS}19.9")
    assert lines["MAMM"][1:5] == ["2,500", f"2.50 {TIMES}", f"3.00 {TIMES}", "300 MiB"]
    assert tidy.loc["mamm", "memory"] == 300.0


def test_a_control_of_as_many_weights_is_named_with_its_own_change(effort):
    tidy, lines = effort({"mean": 10.0, "mean_x2": 12.0, "mean_x4": 9.0, "mamm": 8.0})
    assert (tidy.loc["mamm", "control"], tidy.loc["mamm", "control_ratio"]) == ("mean_x4", 1.0)
    assert tidy.loc["mamm", "control_value"] == tidy.loc["mean_x4", "value"]
    assert lines["MAMM"][5].startswith(f"mean_x4 (1.00 {TIMES} its weights, {MINUS}9.973 %)")
    assert lines["mean_x4"][5] == "is a control"


def test_the_change_against_the_control_is_that_of_their_errors_seed_by_seed(effort):
    errors = {"mean": 10.0, "mean_x4": 8.5, "mamm": 8.0}
    tidy, lines = effort(errors)
    expected = [
        100 * (8.0 * SCATTER[(2 + j) % 5] / (8.5 * SCATTER[(1 + j) % 5]) - 1) for j in range(len(SEEDS))
    ]
    assert tidy.loc["mamm", "against_value"] == pytest.approx(sum(expected) / 5)
    assert (
        tidy.loc["mamm", "against_low"] < tidy.loc["mamm", "against_value"] < tidy.loc["mamm", "against_high"]
    )
    assert bool(tidy.loc["mamm", "against_significant"])
    assert lines["MAMM"][6].endswith("(n = 5)")


def test_a_pooling_that_no_control_is_as_large_as_has_none(effort):
    tidy, lines = effort({"mean": 10.0, "mean_x4": 9.9, "gmt": 8.0})
    assert tidy.loc["gmt", ["control", "against_value"]].isna().all()
    assert lines["GMT"][5:] == ["none trained", "—"]


def test_averages_over_datasets_stand_against_averages_of_the_control(effort):
    tidy, lines = effort({"mean": 10.0, "mean_x4": 9.0, "mamm": 8.0}, datasets=("phonons", "2d"))
    assert (tidy.loc["mamm", "dataset"], tidy.loc["mamm", "against_dataset"]) == ("average", "average")
    assert lines["MAMM"][6].endswith(f"(n = 2 {TIMES} 5)")


def test_a_control_of_some_seeds_is_compared_on_those(effort):
    lacking = {("mean_x4", seed) for seed in SEEDS[1:]}
    tidy, lines = effort({"mean": 10.0, "mean_x4": 9.0, "mamm": 8.0}, lacking=lacking)
    assert tidy.loc["mamm", "against_n_seeds"] == 1
    assert lines["MAMM"][6].endswith("[no interval: one seed] (n = 1)")


def test_a_setting_without_trials_says_so(effort, render, entry, write_record):
    one = entry | {"kind": "effort", "settings": [["torchmd", "mdl"]]}
    records = [write_record(Trial("phonons", "cgcnn", "mdl", "mean", 111), 1.0)]
    tidy, paths = render(records, entry=one, planned=[])
    assert tidy.empty
    assert "MDL TorchMD: no trial" in paths["markdown"].read_text("utf-8")
