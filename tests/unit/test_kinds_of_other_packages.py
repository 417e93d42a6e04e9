"""Readers and kinds of tables and figures that a made-up distribution adds."""

import sys
from pathlib import Path

import pytest

from gnnpool import plugins
from gnnpool.config import check_config, read_config
from gnnpool.data.build import build_structures
from gnnpool.data.split_file import read_split
from gnnpool.data.splits import make_split
from gnnpool.data.structure import read_structures
from gnnpool.errors import ConfigError
from gnnpool.plan import Plan

ROOT = Path(__file__).parents[2]
READER = """
from gnnpool.data.structure import RawStructure


def read(*, count):
    cubes = [[[4.0 + i, 0, 0], [0, 4.0 + i, 0], [0, 0, 4.0 + i]] for i in range(count)]
    return [
        RawStructure(f"cube-{i}", cube, [{"Cu": 1.0}], target=float(i), fractional=[[0, 0, 0]])
        for i, cube in enumerate(cubes)
    ]
"""
KIND = """
import pandas

NEEDS = ("predictions", "structures")


def build(source):
    return source
"""
SCHEME = """
import numpy

from gnnpool.data.held_out import HeldOut


def hold_out(crystals, *, seed, share, first):
    return HeldOut(numpy.arange(len(crystals)) < first, "the first rows")
"""
POINTS = """
[gnnpool.data.schemes]
first_rows = their_scheme:hold_out
[gnnpool.data.sources]
cubes = their_reader:read
[gnnpool.tables]
their_table = their_kind:build
no_table = their_kind:NEEDS
odd_table = their_odd_kind:build
[gnnpool.figures]
their_figure = their_kind:build
"""
SLICE = {"settings": [["cgcnn", "mdl"]], "datasets": ["cubes"], "poolings": ["max"], "title": "Theirs"}
DATASET = {
    **{"label": "Cubes", "source": "cubes", "target": "edge", "unit": "1", "structures": 3},
    "options": {"count": 3},
}


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """The folder of the distribution, which is found first."""
    metadata = tmp_path / "theirs-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(POINTS)
    (tmp_path / "their_reader.py").write_text(READER)
    (tmp_path / "their_kind.py").write_text(KIND)
    (tmp_path / "their_scheme.py").write_text(SCHEME)
    (tmp_path / "their_odd_kind.py").write_text('NEEDS = ("histories",)\n\n\ndef build(source):\n    ...\n')
    monkeypatch.syspath_prepend(tmp_path)
    plugins._entry_points.cache_clear()
    plugins.needs.cache_clear()
    yield tmp_path
    plugins._entry_points.cache_clear()
    plugins.needs.cache_clear()
    for name in ("their_reader", "their_kind", "their_odd_kind", "their_scheme"):
        sys.modules.pop(name, None)


@pytest.fixture
def config():
    """The paper's configuration with a dataset, a table and a figure of the distribution."""
    config = read_config([ROOT / "config/config.yaml"])
    config["datasets"]["cubes"] = DATASET
    block = {"name": "cubes", "datasets": ["cubes"], "models": ["cgcnn"], "edges": ["mdl"]}
    return config | {
        "blocks": [{**block, "poolings": ["mean", "max"]}],
        "tables": [{**SLICE, "name": "table", "kind": "their_table"}],
        "figures": [{**SLICE, "name": "figure", "kind": "their_figure"}],
        "explanations": [],
    }


def check(config):
    check_config(config, ROOT / "workflow/schemas/config.schema.yaml")


def test_a_configuration_may_name_a_reader_and_kinds_of_another_package(plugin, config):
    check(config)
    config["tables"][0]["kind"] = "their_tabel"
    with pytest.raises(ConfigError, match="kind of table 'table': 'their_tabel'; did you mean their_table"):
        check(config)


def test_needs_of_a_kind_of_another_package_are_planned_without_importing_it(plugin, config):
    plan = Plan(config)
    assert plan.needs("tables", "table") == plan.needs("figures", "figure") == ("predictions", "structures")
    assert "their_kind" not in sys.modules


def test_an_unknown_need_is_refused_before_any_job(plugin, config):
    config["tables"][0]["kind"] = "odd_table"
    with pytest.raises(ConfigError, match="NEEDS of their_odd_kind: 'histories'; did you mean history"):
        check(config)


def test_structures_are_read_by_the_reader_of_another_package(plugin):
    paths = {"structures": plugin / "structures.parquet", "manifest": plugin / "manifest.json"}
    build_structures(raw=None, dataset="cubes", entry=DATASET, on_bad_row="error", **paths)
    assert read_structures(paths["structures"]).ids == ["cube-0", "cube-1", "cube-2"]


def test_the_function_of_another_package_is_loaded_and_anything_else_is_refused(plugin):
    assert plugins.load_function("gnnpool.tables", "their_table", "build")("source") == "source"
    with pytest.raises(ConfigError, match="their_kind:NEEDS: expected a function, found tuple"):
        plugins.load_function("gnnpool.tables", "no_table", "build")


def test_without_the_package_its_names_are_unknown(config):
    with pytest.raises(ConfigError, match="source of dataset 'cubes': 'cubes'"):
        check(config)


def test_a_split_may_use_a_scheme_of_another_package(plugin, config):
    config["split"] = {**config["split"], "scheme": "first_rows", "options": {"first": 1}}
    check(config)
    method = Plan(config).split_method("cubes")
    paths = {"structures": plugin / "structures.parquet", "manifest": plugin / "manifest.json"}
    build_structures(raw=None, dataset="cubes", entry=DATASET, on_bad_row="error", **paths)
    fractions = {"train": 0.4, "val": 0.4, "test": 0.2}
    output = plugin / "split.parquet"
    make_split(structures=paths["structures"], seed=1, fractions=fractions, output=output, method=method)
    split = read_split(output)
    assert sorted(split.part[1:].tolist()) == ["train", "val"]
    assert (split.part[0], split.metadata["held_out"]) == ("test", "the first rows")
