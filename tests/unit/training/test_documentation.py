"""The examples of docs/library.md run as they stand."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from gnnpool import paper
from gnnpool.cli import main
from gnnpool.config import read_config, without_label

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/library.md").read_text(encoding="utf-8")


def test_the_examples_of_the_library_run_in_their_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for language, block in re.findall(r"^```(python|sh)\n(.*?)^```", PAGE, flags=re.M | re.S):
        if language == "python":
            exec(compile(block, "docs/library.md", "exec"), names)
        else:
            assert main(shlex.split(block)[1:]) == 0
    assert tuple(names["h"].shape) == (2, 64)
    assert names["record"]["test_mae"] > 0
    assert (names["one"].unit, names["one"].unseen) == ("Å^3", ())
    assert [len(each.values) for each in names["both"]] == [2, 2, 2]
    assert capsys.readouterr().out.splitlines()[-1].startswith("salt.cif\t")


@pytest.mark.parametrize("name", ["MODELS", "EDGES", "TRAINING", "CHECKPOINT"])
def test_the_settings_of_the_library_are_those_of_the_configuration(name):
    config = read_config([ROOT / "config/config.yaml"])
    found = config[name.lower()]
    if name in ("MODELS", "EDGES"):
        found = {slug: without_label(entry) for slug, entry in found.items()}
    assert getattr(paper, name) == found


def test_the_poolings_and_shares_of_the_library_are_those_of_the_configuration():
    config = read_config([ROOT / "config/config.yaml"])
    poolings = {slug: without_label(entry) for slug, entry in config["poolings"].items()}
    assert {slug: entry for slug, entry in poolings.items() if entry} == paper.POOLINGS
    assert {part: config["split"][part] for part in ("train", "val", "test")} == paper.SPLIT


@pytest.mark.parametrize("extra", ["", "data", "workflow", "analysis", "pyg"])
def test_the_page_lists_what_an_extra_adds(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["optional-dependencies"][extra] if extra else project["dependencies"]
    row = re.search(
        rf"^\| `gnnpool{re.escape(f'[{extra}]') if extra else ''}` \| ([^|]*) \|", PAGE, flags=re.M
    )
    assert row[1].split(", ") == [re.match(r"[\w-]+", each)[0] for each in wanted]
