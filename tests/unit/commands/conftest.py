"""The configuration of the paper, and folders of the workflow."""

import json
from pathlib import Path

import pytest
import yaml

from gnnpool.config import read_config

ROOT = Path(__file__).parents[3]


@pytest.fixture
def config(tmp_path):
    """Two poolings of one dataset with five seeds, as configured for the paper, in folders of their own."""
    found = json.loads(json.dumps(read_config([ROOT / "config/config.yaml"])))
    block = {"name": "small", "datasets": ["phonons"], "models": ["cgcnn"], "edges": ["mdl"]}
    folders = {name: str(tmp_path / name) for name in ("results", "logs", "resources")}
    exhibits = {"tables": [], "figures": [], "explanations": []}
    return {**found, **folders, **exhibits, "blocks": [{**block, "poolings": ["mean", "gmt"]}]}


@pytest.fixture
def configfile(config, tmp_path):
    """The configuration as a file."""
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    return path
