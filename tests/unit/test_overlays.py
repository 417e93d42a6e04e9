"""The overlays that come with the project."""

from pathlib import Path

import pytest
import torch

from gnnpool.artifacts import read_json
from gnnpool.config import check_config, networks_of, read_config, without_label
from gnnpool.network import build_network
from gnnpool.network_check import check_networks
from gnnpool.trials import plan_trials

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "config/config.yaml"
OVERLAYS = sorted(set((ROOT / "config").glob("*.yaml")) - {PAPER})
WIDTHS = (25, 50, 100, 200, 400)


@pytest.fixture
def principle():
    return read_config([PAPER, ROOT / "config/principle.yaml"])


@pytest.fixture
def width():
    return read_config([PAPER, ROOT / "config/width.yaml"])


def built(config, pooling, model="cgcnn"):
    torch.manual_seed(0)
    entry = config["poolings"].get(pooling)
    return build_network(model=config["models"][model], pooling=pooling, pooling_entry=entry, cutoff=8.0)


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda path: path.stem)
def test_an_overlay_makes_a_valid_configuration(path):
    check_config(read_config([PAPER, path]), ROOT / "workflow/schemas/config.schema.yaml")


def test_a_pooling_of_two_overlays_is_the_same_in_both():
    seen: dict = {}
    for path in (PAPER, *OVERLAYS):
        for name, entry in read_config([path]).get("poolings", {}).items():
            first = seen.setdefault(name, (path.name, without_label(entry)))
            assert without_label(entry) == first[1], f"{name}: {path.name} differs from {first[0]}"


def test_the_overlay_of_principles_holds_the_poolings_of_the_paper_and_shows_each_one(principle):
    paper = read_config([PAPER])["blocks"][0]["poolings"]
    trained = set(principle["blocks"][0]["poolings"])
    assert trained > set(paper)
    assert len(trained) >= 20
    for kind in ("intervals", "ranks"):
        (table,) = [table for table in principle["tables"] if table["kind"] == kind]
        assert set(table["poolings"]) == trained - {"mean"}
    families = [t["poolings"] for t in principle["tables"] if t["kind"] == "by_dataset"]
    assert sorted(name for family in families for name in family) == sorted(trained - {"mean"})


@pytest.mark.parametrize("overlay", ["principle", "width"])
def test_an_overlay_keeps_its_results_to_itself(overlay, principle, width):
    config = {"principle": principle, "width": width}[overlay]
    assert config["results"] == f"results/{overlay}"
    blocks = {block["name"] for block in config["blocks"]}
    assert not blocks & {block["name"] for block in read_config([PAPER])["blocks"]}


@pytest.mark.slow
@pytest.mark.parametrize("overlay", ["principle", "width"])
def test_every_network_of_an_overlay_can_be_built_and_trained(overlay, principle, width, tmp_path):
    config = {"principle": principle, "width": width}[overlay]
    trials = plan_trials(config["blocks"], config["seeds"][:1], config["noise_floor"])
    networks = {
        str(tmp_path / f"{number}.json"): network
        for number, network in enumerate(networks_of(config, trials).values())
    }
    for network in networks.values():
        network.pop("name")
    check_networks(networks)
    assert all(read_json(path)["parameters"] > 0 for path in networks)


@pytest.mark.parametrize("pooling", ["mamm", "dense_diff", "set2set", "gmt"])
def test_the_wide_mean_has_as_many_weights_as_the_named_pooling(pooling, principle):
    control, named = (built(principle, name).num_parameters for name in (f"mean_wide_{pooling}", pooling))
    assert abs(control - named) <= 201 / 2  # half a hidden unit


def test_the_encoder_without_edges_has_the_widths_of_cgcnn(principle):
    with_edges, without = (built(principle, "mean", model).encoder for model in ("cgcnn", "no_edges"))
    assert with_edges.out_channels == without.out_channels
    assert with_edges.layers == without.layers
    assert len(with_edges.pre) == len(without.pre)
    heads = [principle["models"][model]["head"] for model in ("cgcnn", "no_edges")]
    assert heads[0] == heads[1]


def test_at_one_width_all_poolings_have_the_same_head(width):
    for channels in WIDTHS:
        heads = [built(width, f"{name}_w{channels}").head for name in ("mean", "mamm", "gmt")]
        assert {head.layers[0].in_features for head in heads} == {channels}
    for name in ("mean", "mamm", "gmt"):
        entry = width["poolings"][f"{name}_w25"]
        assert entry["operators"] == width["poolings"][name].get("operators", [name])
