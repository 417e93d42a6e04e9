"""What the catalog knows of a pooling, without torch."""

import subprocess
import sys

import pytest

from gnnpool import plugins
from gnnpool.errors import ConfigError
from gnnpool.pooling import Pooling
from gnnpool.pooling_catalog import FAMILIES, OPERATORS, describe_pooling

NAMES = plugins.names("gnnpool.pooling")


def test_every_operator_has_a_family_and_a_use():
    assert sorted(OPERATORS) == NAMES, "src/gnnpool/pooling_catalog.py: OPERATORS needs a line for each file"
    assert {family for family, _ in OPERATORS.values()} == set(FAMILIES)


@pytest.mark.parametrize("name", NAMES)
def test_facts_are_those_of_the_class(name):
    facts, kind = describe_pooling(name), plugins.load("gnnpool.pooling", name, Pooling)
    assert facts.sees_size == kind.sees_size
    flags = {what: getattr(kind, f"needs_{what}", False) for what in ("edges", "layers", "species")}
    assert facts.needs == tuple(what for what, needed in flags.items() if needed)
    assert facts.idea.endswith(".")
    assert facts.idea in " ".join(kind.__doc__.split())
    assert facts.formula.count("{") == facts.formula.count("}")
    assert facts.formula in " ".join(kind.__doc__.split())
    assert "Args:" not in facts.formula
    assert "=" in facts.formula
    assert facts.source in " ".join(kind.__doc__.split())
    assert facts.source
    assert facts.use.endswith(".")


def test_a_formula_of_several_lines_is_read_to_its_end():
    assert describe_pooling("phi_mean").formula.endswith(r"\mathrm{relu}(W_1 x + b_1) + b_2")
    assert describe_pooling("set2set").formula.endswith("h_g = [q_T, r_T]")


@pytest.mark.parametrize(
    ("operators", "family"),
    [
        (["mean", "sum"], "moments"),
        (["mean", "gmt"], "attention"),
        (["mean", "mean"], "control"),
        ([{"operator": "mean_wide", "options": {"weights": 900}}], "control"),
        ([{"pyg": "SoftmaxAggregation"}], None),
        (["mean", {"pyg": "SoftmaxAggregation"}], None),
    ],
)
def test_the_family_of_an_entry_is_that_of_its_operators(operators, family):
    assert describe_pooling("mine", {"operators": operators}).family == family


def test_several_operators_are_described_side_by_side():
    facts = describe_pooling("mine", {"operators": ["layer_mean", "sum", "cluster_mean"]})
    assert facts.idea == "Side by side: layer_mean, sum, cluster_mean."
    assert facts.formula == r"h_g = [h^\mathrm{layer mean}_g, h^\mathrm{sum}_g, h^\mathrm{cluster mean}_g]"
    assert facts.sees_size is True
    assert facts.needs == ("edges", "layers")


def test_an_operator_of_another_library_has_no_facts():
    facts = describe_pooling("mine", {"operators": [{"pyg": "SoftmaxAggregation"}]})
    assert (facts.formula, facts.source, facts.use, facts.sees_size, facts.needs) == ("", "", "", None, ())


def test_an_unknown_operator_is_refused():
    with pytest.raises(ConfigError, match="operator of pooling 'maen'"):
        describe_pooling("maen")


def test_the_catalog_imports_no_torch():
    code = (
        "import sys, gnnpool.pooling_catalog as c; c.describe_pooling('gmt'); print('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
