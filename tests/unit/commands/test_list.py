"""gnnpool list: every name that a configuration may use, those of other packages included."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gnnpool import plugins
from gnnpool.catalog import KINDS
from gnnpool.cli import main
from gnnpool.commands.list import columns

ROOT = Path(__file__).parents[3]
POOLING = """
from gnnpool.pooling.base import Pooled, Pooling


class Theirs(Pooling):
    sees_size = True
    needs_edges = True

    def pool(self, x, graphs):
        return Pooled(x)
"""
POINTS = """
[gnnpool.poolings]
theirs = their_pooling:Theirs
broken = their_pooling:Nothing
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Two poolings of another distribution, one of which cannot be imported."""
    (tmp_path / "theirs-1.dist-info").mkdir()
    (tmp_path / "theirs-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (tmp_path / "theirs-1.dist-info/entry_points.txt").write_text(POINTS)
    (tmp_path / "their_pooling.py").write_text(POOLING)
    monkeypatch.syspath_prepend(tmp_path)
    plugins._entry_points.cache_clear()
    yield
    plugins._entry_points.cache_clear()
    sys.modules.pop("their_pooling", None)


def rows(config, kind, key="name"):
    return {row[key]: row for row in KINDS[kind](config)}


def test_datasets_and_models_are_those_of_the_configuration(config):
    assert list(rows(config, "datasets")) == list(config["datasets"])
    assert rows(config, "datasets")["phonons"]["unit"] == "1/cm"
    del config["models"]["torchmd"], config["models"]["torchmd_h128"]
    assert [row["encoder"] for row in KINDS["models"](config) if row["name"] is None] == [
        name for name in plugins.names("gnnpool.models") if name != "cgcnn"
    ]


def test_poolings_are_the_operators_and_the_combinations_with_their_laws(config):
    found = rows(config, "poolings")
    assert {*plugins.names("gnnpool.pooling"), *config["poolings"]} <= {*found}
    assert found["mamm"]["operators"] == ["mean", "sum", "max", "min"]
    sees = {name: row["sees_size"] for name, row in found.items()}
    assert (sees["mean"], sees["sum"], sees["mamm"], sees["gmt_mean"]) == (False, True, True, False)
    assert found["dense_diff"]["needs_edges"]
    assert found["layer_mean"]["needs_layers"]
    assert not found["gmt"]["needs_edges"]


def test_laws_of_operators_of_this_package_are_those_of_their_classes(config):
    from gnnpool.pooling.base import Pooling

    found = rows({**config, "poolings": {}}, "poolings")
    for name in plugins.names("gnnpool.pooling"):
        kind = plugins.load("gnnpool.pooling", name, Pooling)
        for law in ("sees_size", "needs_edges", "needs_layers"):
            assert found[name][law] == getattr(kind, law), (name, law)


def test_poolings_of_other_packages_have_their_laws_and_their_place(plugin, config):
    found = rows(config, "poolings")
    assert (found["theirs"]["sees_size"], found["theirs"]["needs_edges"]) == (True, True)
    assert found["theirs"]["from"] == "their_pooling:Theirs"
    assert found["broken"]["sees_size"] is None


def test_operators_of_other_libraries_have_unknown_laws(config):
    config["poolings"]["median"] = {"label": "Median", "operators": [{"pyg": "MedianAggregation"}]}
    found = rows(config, "poolings")["median"]
    assert (found["sees_size"], found["from"]) == (None, "torch-geometric")


@pytest.mark.parametrize("kind", ["figures", "tables"])
def test_kinds_are_listed_with_what_they_show_and_the_entries_that_use_them(kind, config):
    config[kind] = [{"name": "mine", "kind": plugins.names(f"gnnpool.{kind}")[0]}]
    found = rows(config, kind, "kind")
    assert list(found) == plugins.names(f"gnnpool.{kind}", group=f"gnnpool.{kind}")
    assert all(row["shows"] for row in found.values())
    assert next(iter(found.values()))["entries"] == ["mine"]


def test_the_command_reads_the_configuration_of_the_package_where_there_is_none(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["datasets", "models", "poolings", "figures", "tables"]
    assert main(["list", "models"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == [
        "name",
        "label",
        "encoder",
        "channels",
        "layers",
    ]


def test_lines_are_cut_at_the_width_of_a_terminal_and_nowhere_else():
    row = {"name": "long" * 20, "needs_edges": None, "from": "gnnpool"}
    assert columns([row], width=20).splitlines() == ["name", "long" * 4 + "lon…"]
    assert columns([row], width=None).splitlines()[1] == "long" * 20
    assert columns([], width=20) == ""


def test_output_that_is_no_terminal_has_no_control_characters():
    code = "from gnnpool.cli import main; main(['list', 'poolings'])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "\x1b" not in run.stdout
    assert "…" not in run.stdout
