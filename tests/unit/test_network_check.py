"""Every network is tried once before any training; one that cannot be trained is named with its pooling."""

import json
import os

import pytest

from gnnpool import plugins
from gnnpool.errors import ConfigError
from gnnpool.network_check import check_networks

PLUGIN = """
import os, sys
import torch
from gnnpool.pooling.base import Pooled, Pooling

class Base(Pooling):
    def __init__(self, in_channels):
        super().__init__(in_channels, in_channels)

    def mean(self, x, graphs):
        total = x.new_zeros(graphs.num_graphs, x.shape[1]).index_add(0, graphs.batch, x)
        return total / graphs.sizes.unsqueeze(1)

class Rows(Base):
    def pool(self, x, graphs):
        return Pooled(x)

class Width(Base):
    def pool(self, x, graphs):
        return Pooled(self.mean(x, graphs)[:, :1])

class Nothing(Base):
    def pool(self, x, graphs):
        return None

class Scalar(Base):
    def pool(self, x, graphs):
        return Pooled(self.mean(x, graphs), x.mean())

class Order(Base):
    def pool(self, x, graphs):
        return Pooled(x[graphs.ptr[:-1]])

class Detached(Base):
    def pool(self, x, graphs):
        return Pooled(self.mean(x, graphs).detach())

class Leave(Base):
    def pool(self, x, graphs):
        sys.exit("done")

class Vanish(Base):
    def pool(self, x, graphs):
        os._exit(3)

class Lawful(Base):
    def pool(self, x, graphs):
        return Pooled(self.mean(x, graphs))
"""
CLASSES = ("Rows", "Width", "Nothing", "Scalar", "Order", "Detached", "Leave", "Vanish", "Lawful")
DEGREE = {"pyg": "DegreeScalerAggregation", "aggr": ["mean"], "scaler": ["identity"], "deg": [0, 4, 8]}
ENTRIES = {
    "degree": {"operators": [DEGREE]},
    "heads": {"operators": [{"operator": "gmt", "options": {"heads": 3}}]},
}
MODEL = {
    "encoder": "cgcnn",
    "options": {"channels": 8, "pre_layers": 1, "layers": 1, "gaussians": 10, "gaussian_width": 0.2},
    "head": {"layers": 1, "channels": 8, "activation": "relu"},
}


def network(pooling):
    entry = ENTRIES.get(pooling)
    return {"model": MODEL, "pooling": pooling, "pooling_entry": entry, "cutoff": 4.0, "edges": "mdl"}


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """A package with a pooling of each fault, for this process and those that it starts."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "faulty.py").write_text(PLUGIN)
    metadata = folder / "faulty-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1\n")
    points = "\n".join(f"{name.lower()} = faulty:{name}" for name in CLASSES)
    (metadata / "entry_points.txt").write_text(f"[gnnpool.poolings]\n{points}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
        plugins._entry_points.cache_clear()
        yield folder
    plugins._entry_points.cache_clear()


@pytest.fixture(scope="module")
def refusal(plugin):
    """What is said when each network but two has a fault."""
    poolings = ("mean", *ENTRIES, *map(str.lower, CLASSES))
    files = {str(plugin / "networks" / f"{name}.json"): network(name) for name in poolings}
    with pytest.raises(ConfigError) as caught:
        check_networks(files)
    assert not (plugin / "networks").exists()
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("pooling", "fault"),
    [
        ("degree", "pyg 'DegreeScalerAggregation': AttributeError: 'list' object has no attribute"),
        ("heads", "operator 'gmt': heads: expected a divisor of the 8 channels, got 3"),
        ("rows", "operator 'rows': expected one vector for each of 4 graphs, got [10, 8]"),
        ("width", "operator 'width': expected out_channels of its vectors, 1, got 8"),
        ("nothing", "operator 'nothing': expected Pooled(x, aux_loss) with a tensor x, got NoneType"),
        ("scalar", "operator 'scalar': expected one auxiliary loss for each of 4 graphs, got []"),
        ("order", "operator 'order': the result depends on the order of the atoms"),
        ("detached", "expected a gradient in the encoder, got none"),
        ("leave", "it ends the process (SystemExit: done), which a component must not do"),
        ("vanish", "it ended the process (status 3), which a component must not do"),
    ],
)
def test_a_network_that_cannot_be_trained_is_named_with_pooling_encoder_and_reason(refusal, pooling, fault):
    found = [line for line in refusal if line.startswith(f"pooling '{pooling}' (")]
    assert len(found) == 1
    assert "with encoder 'cgcnn' and edges 'mdl'" in found[0]
    assert fault in found[0]


def test_a_faulty_pooling_of_another_package_is_named_and_no_valid_one(refusal):
    assert any("operator 'vanish' is faulty:Vanish of another package" in line for line in refusal)
    assert not [line for line in refusal if line.startswith(("pooling 'mean'", "pooling 'lawful'"))]


def test_networks_that_can_be_trained_leave_their_width_law_and_number_of_parameters(plugin, tmp_path):
    check_networks({str(tmp_path / "a/mean.json"): network("mean")})
    found = json.loads((tmp_path / "a/mean.json").read_text())
    assert found["pooled_channels"] == 8
    assert found["sees_size"] is False
    assert found["parameters"] > 0
