"""The cells of the tutorial run in their order."""

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[3] / "docs/tutorial.ipynb"


@pytest.mark.slow
def test_the_tutorial_runs_and_shows_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    names: dict = {"__name__": "tutorial"}
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    assert names["other"]["test_mae"] < names["record"]["test_mae"]
    assert names["doubled"].value < 1.5 * names["prediction"].value < 0
    assert "torch.Size([2, 1])" in capsys.readouterr().out
