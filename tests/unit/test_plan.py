from pathlib import Path

import pytest

from gnnpool.bundle.planning import Bundled
from gnnpool.config import read_config
from gnnpool.inputs import Inputs
from gnnpool.layout import Layout
from gnnpool.plan import Plan
from gnnpool.records import Trial

ROOT = Path(__file__).parents[2]
SLICE = {"settings": [["cgcnn", "mdl"]], "datasets": ["phonons"], "poolings": ["max"]}


@pytest.fixture
def config() -> dict:
    """The paper's configuration, cut down to one dataset, three poolings and few exhibits."""
    config = read_config([ROOT / "config/config.yaml"])
    block = {"name": "one", "datasets": ["phonons"], "models": ["cgcnn"], "edges": ["mdl"]}
    return config | {
        "blocks": [{**block, "poolings": ["mean", "max", "gmt"]}],
        "seeds": [1, 2],
        "tables": [
            {**SLICE, "name": "one", "title": "One", "kind": "by_dataset"},
            {**SLICE, "name": "ranks", "title": "Ranks", "kind": "intervals"},
            {**SLICE, "name": "absent", "title": "None", "kind": "by_dataset", "datasets": ["2d"]},
        ],
        "figures": [{**SLICE, "name": "sizes", "title": "Sizes", "kind": "error_by_size"}],
        "explanations": [],
    }


@pytest.fixture
def inputs(config, tmp_path):
    """The inputs of a plan whose results lie in a folder of its own."""
    return lambda **changes: Inputs(
        Plan(config | changes), Layout(str(tmp_path), "logs", "resources"), Bundled(str(tmp_path))
    )


def test_slices_of_the_same_trials_share_a_collection(config):
    plan = Plan(config)
    assert set(plan.collections) == {"trials", "trials/tables/one", "trials/tables/absent"}
    assert plan.collection("tables", "ranks") == plan.collection("figures", "sizes") == "trials/tables/one"
    assert plan.collections["trials"] == plan.trials
    assert {trial.pooling for trial in plan.collections["trials/tables/one"]} == {"mean", "max"}


def test_a_table_of_which_nothing_is_planned_is_not_made(config):
    assert set(Plan(config).tables) == {"one", "ranks"}


def test_an_exhibit_has_its_own_seeds_alone(config):
    more = {**config["blocks"][0], "name": "more", "edges": ["ocp"], "seeds": [7, 8, 9]}
    plan = Plan(config | {"blocks": [*config["blocks"], more]})
    assert plan.study_of("tables", "one")["seeds"] == config["seeds"]
    assert set(plan.study["seeds"]) == {*config["seeds"], 7, 8, 9}


def test_a_collection_holds_all_trials_of_each_of_its_exhibits():
    plan = Plan(read_config([ROOT / "config/config.yaml"]))
    for kinds, entries in (("tables", plan.tables), ("figures", plan.figures)):
        for name in entries:
            assert plan.collections[plan.collection(kinds, name)] == plan.needed(kinds, name)


def test_an_exhibit_reads_what_its_kind_needs_and_no_more(inputs, tmp_path):
    read = inputs().exhibit("tables", "one")
    assert read["trials"] == f"{tmp_path}/analysis/trials/tables/one.parquet"
    assert read["predictions"] == read["history"] == read["structures"] == []
    assert len(inputs().exhibit("tables", "ranks")["predictions"]) == 2 * 2
    sizes = inputs().exhibit("figures", "sizes")
    assert sizes["structures"] == [f"{tmp_path}/data/phonons/structures.parquet"]
    assert all(path.endswith("/predictions.parquet") for path in sizes["predictions"])


def test_partial_results_read_what_is_there(inputs, tmp_path):
    assert inputs(allow_partial=True).exhibit("figures", "sizes")["predictions"] == []
    assert inputs(allow_partial=True).datasets == []
    assert inputs(allow_partial=False).datasets == ["phonons"]


def test_a_record_that_is_gone_after_it_was_collected_is_made_anew(inputs, tmp_path):
    assert inputs().lost_records() == []
    (tmp_path / "analysis").mkdir()
    assert len(inputs().lost_records()) == 3 * 2
    assert inputs(allow_partial=True).lost_records() == []


def test_a_first_label_of_a_pooling_changes_no_trial_and_no_network(config):
    block = {**config["blocks"][0], "poolings": ["mean", "softmax_mean"]}
    plans = [
        Plan(config | {"blocks": [block], "poolings": config["poolings"] | more})
        for more in ({}, {"softmax_mean": {"label": "Softmax Mean"}})
    ]
    bare, labelled = ((plan.pooling_entry("softmax_mean"), plan.networks) for plan in plans)
    assert bare == labelled


def test_the_label_and_the_address_of_a_dataset_do_not_decide_its_structures(config):
    other = {"label": "Other", "url": "https://example.org/x", "mirrors": None}
    changed = config | {"datasets": {"phonons": {**config["datasets"]["phonons"], **other}}}
    assert Plan(changed).dataset_meaning("phonons") == Plan(config).dataset_meaning("phonons")
    assert "sha256" in Plan(config).dataset_meaning("phonons")


def test_trials_of_a_plan_are_those_of_its_blocks(config):
    assert Plan(config).trials[0] == Trial("phonons", "cgcnn", "mdl", "mean", 1)
    assert len(Plan(config).trials) == 3 * 2


def test_checks_of_networks_are_read_where_the_configuration_leaves_something_open(config, inputs, tmp_path):
    config["poolings"] |= {
        "median": {"label": "Median", "operators": [{"pyg": "median"}]},
        "max_w50": {"label": "Max 50", "operators": ["max"], "width": 50},
    }
    poolings = ["mean", "max", "gmt", "median", "max_w50"]
    blocks = [{**config["blocks"][0], "poolings": poolings}]
    part = {**SLICE, "poolings": ["gmt", "median", "max", "max_w50"]}
    tables = [{**part, "name": name, "title": "", "kind": name} for name in ("by_law", "effort")]
    read = inputs(blocks=blocks, tables=tables)
    networks = read.exhibit("tables", "by_law")["networks"]
    assert [path.rpartition("-")[0] for path in networks] == [
        f"{tmp_path}/networks/cgcnn/{pooling}" for pooling in ("max", "median")
    ]
    assert read.exhibit("tables", "effort")["networks"] == []
    assert (
        inputs(blocks=blocks, tables=tables, allow_partial=True).exhibit("tables", "by_law")["networks"] == []
    )


def test_an_exhibit_gets_the_traits_of_its_own_poolings(config):
    plan = Plan(config)
    assert set(plan.study_of("tables", "one")["traits"]) == {"mean", "max"}
    assert set(plan.traits) == {"mean", "max", "gmt"}


def test_traits_are_those_of_the_operators(config):
    config["poolings"] |= {
        "mean_x2": {"label": "", "operators": ["mean", "mean"]},
        "mean_w50": {"label": "", "operators": ["mean"], "width": 50},
        "half": {"label": "", "operators": ["mean", "max"]},
    }
    config["blocks"][0]["poolings"] = ["mean", "mean_x2", "mean_w50", "half", "mamm"]
    traits = Plan(config).traits
    assert {name for name, known in traits.items() if known["control"]} == {"mean_x2", "mean_w50"}
    assert {name for name, known in traits.items() if known["sees_size"]} == {"mamm"}
    assert (traits["mean_w50"]["width"], traits["mean_w50"]["base"]) == (50, "mean")
    assert (traits["half"]["width"], traits["half"]["base"]) == (None, "half")
