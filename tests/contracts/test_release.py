"""Files that describe a release agree with each other."""

import json
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
ZENODO = json.loads((ROOT / ".zenodo.json").read_text())


def test_version_title_and_licence_are_the_same_everywhere():
    assert CITATION["version"] == PROJECT["version"]
    assert re.search(
        rf"^## {re.escape(PROJECT['version'])} ", (ROOT / "CHANGELOG.md").read_text(), flags=re.M
    )
    assert CITATION["title"] == ZENODO["title"] == PROJECT["name"]
    assert CITATION["license"] == ZENODO["license"] == PROJECT["license"]


def test_the_bundle_is_named_where_a_release_is_cited():
    assert "evidence/bundle.json" in ZENODO["notes"]
    assert "evidence/bundle.json" in str(CITATION["references"])


def test_the_forms_of_issues_are_valid():
    for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"):
        form = yaml.safe_load(path.read_text())
        assert path.stem == "config" or {"name", "description", "body"} <= set(form), path.name
