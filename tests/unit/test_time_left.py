"""The time left of a run of the workflow, beside the number of its steps."""

import io
import logging
from enum import Enum

import pytest

from gnnpool import time_left

PLANNED = {"build_graphs": 2, "train_trial": 10, "draw_figure": 1}


class Event(Enum):
    PROGRESS = "progress"
    JOB_FINISHED = "job_finished"


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is set."""
    now = [0.0]
    monkeypatch.setattr(time_left.time, "monotonic", lambda: now[0])
    return now


def test_trainings_and_other_steps_count_apart(clock):
    left = time_left.TimeLeft(PLANNED)
    assert left.seconds() is None
    for rule, now in [
        ("build_graphs", 4),
        ("build_graphs", 8),
        *(("train_trial", 8 + 60 * n) for n in (1, 2, 3)),
    ]:
        clock[0] = now
        left.finish(rule)
        assert left.seconds() is None
    clock[0] = 8 + 60 * 4
    left.finish("train_trial")
    assert left.seconds() == pytest.approx(6 * 60 + 1 * 4)
    for n in range(5, 11):
        clock[0] = 8 + 60 * n
        left.finish("train_trial")
    assert left.seconds() == pytest.approx(4)


def test_a_run_without_trainings_needs_none(clock):
    left = time_left.TimeLeft({"draw_figure": 3})
    clock[0] = 90
    left.finish("draw_figure")
    assert left.seconds() == pytest.approx(180)


def test_the_line_of_steps_ends_with_the_time_left(clock, tmp_path):
    stream, logger = io.StringIO(), logging.Logger("engine")
    for handler in (logging.StreamHandler(stream), logging.FileHandler(tmp_path / "log")):
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
    time_left.say_time_left(logger, {"draw_figure": 3})
    clock[0] = 90
    logger.info("Finished jobid: 2 (Rule: draw_figure)", extra={"event": Event.JOB_FINISHED})
    logger.info("1 of 3 steps (33%) done", extra={"event": Event.PROGRESS})
    logger.info("Select jobs to execute...")
    logger.handlers[1].close()
    assert stream.getvalue().splitlines() == [
        "Finished jobid: 2 (Rule: draw_figure)",
        "1 of 3 steps (33%) done, about 3 min left",
        "Select jobs to execute...",
    ]
    assert "left" not in (tmp_path / "log").read_text()
