"""The benchmarks as they are called, on tiny sizes."""

import importlib
import json
import sys
from pathlib import Path

import pytest

from gnnpool.artifacts import read_table

FOLDER = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="session", autouse=True)
def _importable():
    """Scripts import what lies beside them."""
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """Run a benchmark in this process; returns its rows and the description of itself."""

    def run(name, *options):
        monkeypatch.setattr(sys, "argv", [f"{name}.py", "--quick", "--output", str(tmp_path), *options])
        importlib.import_module(name).main()
        table = read_table(tmp_path / f"{name}.parquet")
        return table.to_pandas(), json.loads(table.schema.metadata[b"about"])

    return run
