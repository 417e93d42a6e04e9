"""One line of progress on a terminal, nothing elsewhere; and `gnnpool status --watch`."""

import io
import json
import logging
import re

import pytest

from gnnpool import progress
from gnnpool.cli import main

LOGGER = logging.getLogger("gnnpool.training")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _level():
    """Facts are logged, as in a job."""
    before = LOGGER.level
    LOGGER.setLevel(logging.INFO)
    yield
    LOGGER.setLevel(before)


def train(stream, *, seconds, monkeypatch, epochs=10):
    """Log epochs as the training loop does, each after some seconds."""
    clock = iter(range(0, 10_000, seconds))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress.shown_progress(stream, epochs=epochs):
        LOGGER.info("trial: %d parameters", 3)
        for epoch in range(1, epochs):
            LOGGER.info("epoch %d %s lr %.3g", epoch, "train_mae 2 val_mae 1", 0.001)
    LOGGER.info("epoch %d %s lr %.3g", epochs, "later", 0.001)


def test_the_line_shows_epoch_time_left_and_errors(monkeypatch):
    stream = Terminal()
    train(stream, seconds=120, monkeypatch=monkeypatch)
    lines = stream.getvalue().split("\r\x1b[K")[1:]
    assert lines[0] == "epoch 1 of 10  train_mae 2 val_mae 1"
    assert lines[1] == "epoch 2 of 10  about 16 min left  train_mae 2 val_mae 1"
    assert lines[-2] == "epoch 9 of 10  about 2 min left  train_mae 2 val_mae 1"
    assert lines[-1] == ""
    assert "later" not in stream.getvalue()
    assert "\n" not in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "less than 1 min"), (100, "about 2 min"), (3600, "about 1 h 00 min"), (7500, "about 2 h 05 min")],
)
def test_a_time_is_printed_in_hours_and_minutes(seconds, words):
    assert progress.duration(seconds) == words


def test_the_line_fits_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    train(stream, seconds=1, monkeypatch=monkeypatch)
    assert max(map(len, stream.getvalue().split("\r\x1b[K"))) == 19


def test_no_terminal_gets_no_line(monkeypatch):
    stream = io.StringIO()
    train(stream, seconds=1, monkeypatch=monkeypatch)
    assert stream.getvalue() == ""


@pytest.fixture
def study(tmp_path):
    """A study of one trial that has not begun."""
    block = {
        "name": "one",
        "datasets": ["salts"],
        "models": ["cgcnn"],
        "edges": ["mdl"],
        "poolings": ["mean"],
    }
    config = {
        **{"results": str(tmp_path / "results"), "logs": str(tmp_path / "logs"), "seeds": [1]},
        **{"noise_floor": {"poolings": [], "initialisations": [1]}, "blocks": [block]},
    }
    path = tmp_path / "config.yaml"
    path.write_text(json.dumps(config))
    return path


def test_watching_repeats_until_the_trials_are_done(study, capsys, monkeypatch):
    from gnnpool import status

    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    done = property(lambda self: len(waits) == 3)
    monkeypatch.setattr(status.GridStatus, "is_done", done)
    assert main(["status", "--watch", "7", "--configfile", str(study)]) == 0
    printed = capsys.readouterr().out
    assert waits == [7.0] * 3
    assert len(re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", printed, flags=re.M)) == 4
    assert "\x1b" not in printed


def test_ctrl_c_ends_watching_without_an_error(study, capsys, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    assert main(["status", "--watch", "--json", "--configfile", str(study)]) == 0
    out, err = capsys.readouterr()
    assert (json.loads(out)["blocks"]["one"]["counts"]["missing"], err) == (1, "")
