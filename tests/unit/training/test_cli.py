import json
import logging
import subprocess
import sys

import pytest

from gnnpool.artifacts import read_table
from gnnpool.cli import main


@pytest.fixture(autouse=True)
def _own_log():
    """Give the log and the hook of this process back."""
    hook = sys.excepthook
    yield
    sys.excepthook = hook
    logger = logging.getLogger("gnnpool")
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True
    logger.setLevel(logging.NOTSET)


@pytest.fixture
def arguments(salts, tmp_path, settings, model):
    config = {
        "models": {"cgcnn": {"label": "CGCNN", **model}},
        "poolings": {},
        "training": settings,
        "checkpoint": {"epochs": 1, "seconds": 60},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    files = {
        "graphs": salts / "graphs.safetensors",
        "split": salts / "split.parquet",
        "config": tmp_path / "config.yaml",
    }
    return {**files, "model": "cgcnn", "pooling": "mean", "device": "cpu", "output": tmp_path / "trial"}


def call(arguments):
    return main(["train", *[word for key, value in arguments.items() for word in (f"--{key}", str(value))]])


def test_train_leaves_the_files_of_a_trial(arguments, capsys):
    assert call(arguments) == 0
    row = read_table(arguments["output"] / "record.parquet").to_pylist()[0]
    assert (row["dataset"], row["model"], row["pooling"], row["seed"]) == ("salts", "cgcnn", "mean", 1)
    assert "record.parquet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"model": "cgcn"}, 2, "'cgcn'; did you mean cgcnn"),
        ({"pooling": "maen"}, 2, "'maen'; did you mean mean"),
        ({"graphs": "nowhere.safetensors"}, 74, "nowhere.safetensors: no such file"),
    ],
)
def test_a_mistake_is_reported_by_message_and_exit_status(arguments, change, status, message, capsys):
    assert call({**arguments, **change}) == status
    assert message in capsys.readouterr().err


def test_where_lists_what_a_workflow_has_made(tmp_path, capsys):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/fig4a.png").touch()
    (tmp_path / "report.html").touch()
    assert main(["where", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "fig4a.png" in printed
    assert "report.html" in printed
    assert "trials.parquet" not in printed


def test_help_imports_no_torch():
    code = (
        "import sys, gnnpool.cli\n"
        "try: gnnpool.cli.main(['--help'])\n"
        "except SystemExit: print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "False"
