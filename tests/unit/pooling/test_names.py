"""What the configuration may ask for, decided without torch."""

import subprocess
import sys

import pytest
from torch_geometric.nn import aggr

from gnnpool import plugins
from gnnpool.errors import ConfigError, MissingExtra
from gnnpool.pooling import Pooling
from gnnpool.pooling_names import (
    OperatorChoice,
    check_pooling,
    pyg_names,
    read_operators,
    sees_size,
    tgp_names,
)


def test_pooling_without_operators_is_the_operator_of_its_name():
    assert read_operators("gmt", None) == [OperatorChoice("operator", "gmt", {})]
    entry = {"label": "GMT", "options": {"seeds": 5}}
    assert read_operators("gmt", entry) == [OperatorChoice("operator", "gmt", {"seeds": 5})]


def test_operators_are_read_in_order_with_their_options():
    entry = {
        "operators": [
            "mean",
            {"operator": "gmt", "options": {"seeds": 5}},
            {"pyg": "SoftmaxAggregation", "learn": True},
            {"tgp": "mincut", "k": 4},
        ]
    }
    assert read_operators("mixed", entry) == [
        OperatorChoice("operator", "mean", {}),
        OperatorChoice("operator", "gmt", {"seeds": 5}),
        OperatorChoice("pyg", "SoftmaxAggregation", {"learn": True}),
        OperatorChoice("tgp", "mincut", {"k": 4}),
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"operators": []}, "expected at least one operator"),
        ({"operators": ["mean"], "options": {"eps": 1}}, "options to the items"),
        ({"operators": [{"oprator": "mean"}]}, "one key of operator, pyg, tgp, got {'oprator': 'mean'}"),
        ({"operators": [{"operator": "mean", "pyg": "Set2Set"}]}, "one key of operator, pyg, tgp"),
        ({"operators": [3]}, "got 3"),
        ({"operators": [{"operator": "gmt", "seeds": 5}]}, "under options, got {'seeds': 5}"),
        ({"operators": ["mean", "maen"]}, "'maen'; did you mean .*mean"),
        ({"operators": [{"pyg": "SoftmaxAgregation"}]}, "did you mean SoftmaxAggregation"),
        ({"operators": [{"pyg": "Aggregation"}]}, "unknown PyG aggregation of pooling 'mine'"),
        (None, "unknown operator of pooling 'mine': 'mine'"),
    ],
)
def test_an_invalid_entry_is_refused_with_the_reason(entry, message):
    with pytest.raises(ConfigError, match=message):
        check_pooling("mine", entry)


def test_aggregations_are_those_that_torch_geometric_exports():
    assert pyg_names() == sorted(set(aggr.__all__) - {"Aggregation"})


def test_a_missing_package_is_reported_with_the_extra_that_installs_it(monkeypatch):
    monkeypatch.setattr("gnnpool.extras.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"^tgp is missing; pip install 'gnnpool\[tgp\]'$"):
        check_pooling("mine", {"operators": [{"tgp": "mincut"}]})
    with pytest.raises(MissingExtra, match=r"^torch_geometric is missing; pip install 'gnnpool\[pyg\]'$"):
        check_pooling("mine", {"operators": [{"pyg": "Set2Set"}]})


def test_poolers_are_read_from_the_source_of_the_optional_package(tmp_path, monkeypatch):
    module = tmp_path / "tgp" / "poolers" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text("pooler_map = {'mincut': MinCutPooling, 'asap': ASAPooling}\n")
    for module_name in ("extras", "pooling_names"):
        monkeypatch.setattr(
            f"gnnpool.{module_name}.find_spec",
            lambda name: type("Spec", (), {"submodule_search_locations": [str(tmp_path / name)]}),
        )
    assert tgp_names() == ["asap", "mincut"]
    with pytest.raises(
        ConfigError, match="unknown tgp pooler of pooling 'mine': 'mincutt'; did you mean mincut"
    ):
        check_pooling("mine", {"operators": [{"tgp": "mincutt"}]})
    module.write_text("poolers = []\n")
    with pytest.raises(ConfigError, match="expected pooler_map"):
        tgp_names()


def test_checking_imports_neither_torch_nor_torch_geometric():
    code = (
        "import sys; from gnnpool.pooling_names import check_pooling\n"
        "check_pooling('p', {'operators': ['gmt', {'pyg': 'Set2Set'}]})\n"
        "sys.exit(sorted({'torch', 'torch_geometric', 'numpy'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", plugins.names("gnnpool.pooling"))
def test_whether_an_operator_sees_the_size_is_read_as_it_is_declared(name):
    operator = plugins.load("gnnpool.pooling", name, Pooling)
    assert sees_size(name, None) is operator.sees_size


def test_a_combination_sees_the_size_if_one_of_its_operators_does():
    assert sees_size("x", {"operators": ["mean", "sum"]}) is True
    assert sees_size("x", {"operators": ["mean", "max"]}) is False
    assert sees_size("x", {"operators": ["mean", {"pyg": "median"}]}) is None
    assert sees_size("x", {"operators": ["sum", {"pyg": "median"}]}) is True
