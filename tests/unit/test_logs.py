"""How jobs end: in one sentence, with the exit status of the kind."""

import errno
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gnnpool import errors
from gnnpool.errors import DIFFERENT, STATUSES, GnnpoolError
from gnnpool.logs import SIGNALS

DOCS = Path(__file__).parents[2] / "docs"
WAIT = """
from gnnpool.logs import log_to
import sys, time
log_to("job.log")
try:
    print("ready", flush=True)
    time.sleep(60)
finally:
    print("tidied", flush=True)
    {while_ending}
"""
TWICE = "import os; [os.kill(os.getpid(), number) for number in (15, 2, 1, 10)]"


def heed_signals():
    """A child inherits which signals are ignored, and an earlier test may have left one so."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def start(code, folder, *before):
    return subprocess.Popen(
        [*before, sys.executable, "-c", code],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        preexec_fn=heed_signals,
    )


@pytest.mark.parametrize("while_ending", ["pass", TWICE], ids=["once", "twice"])
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_a_job_with_status_75_and_one_sentence(tmp_path, number, while_ending):
    job = start(WAIT.format(while_ending=while_ending), tmp_path)
    assert job.stdout.readline() == "ready\n"
    job.send_signal(number)
    printed, said = job.communicate(timeout=60)
    assert (job.returncode, printed) == (75, "tidied\n")
    assert said == "\ninterrupted; the same command resumes\n(log: job.log)\n"


def test_a_closed_terminal_does_not_stop_a_job_under_nohup(tmp_path):
    job = start(WAIT.format(while_ending="pass"), tmp_path, "nohup")
    assert job.stdout.readline() == "ready\n"
    job.send_signal(signal.SIGHUP)
    job.send_signal(signal.SIGTERM)
    said = job.communicate(timeout=60)[1]
    assert job.returncode == 75
    assert said.count("interrupted") == 1


TWO = """
import os, signal
from gnnpool.logs import end_in_words, interrupt_once
end_in_words()
interrupt_once()
try:
    os.kill(os.getpid(), signal.SIGINT)
finally:
    os.kill(os.getpid(), signal.SIGINT)
    print("jobs have ended")
"""


def test_a_second_ctrl_c_does_not_disturb_a_controller_that_waits_for_its_jobs():
    run = subprocess.run([sys.executable, "-c", TWO], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (75, "jobs have ended\n")
    assert run.stderr == "\ninterrupted; the same command resumes\n"


@pytest.mark.parametrize("adapter", ["train_trial", "explain_atoms"])
def test_a_signal_is_answered_while_torch_is_imported(tmp_path, adapter):
    (tmp_path / "torch.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    script = Path(__file__).parents[2] / f"workflow/scripts/{adapter}.py"
    code = (
        "from types import SimpleNamespace\nsnakemake = SimpleNamespace(log=['job.log'])\n"
        + script.read_text()
    )
    (tmp_path / "job.py").write_text(code)
    run = subprocess.run([sys.executable, "job.py"], cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (75, "\ninterrupted; the same command resumes\n(log: job.log)\n")


def test_the_command_ends_in_one_sentence_when_it_is_interrupted_at_its_start(tmp_path):
    (tmp_path / "torch.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    words = ["--graphs", "g", "--split", "s", "--model", "m", "--pooling", "p", "--output", "o"]
    (tmp_path / "c.yaml").write_text("models: {m: {}}")
    run = subprocess.run(
        [sys.executable, "-m", "gnnpool", "train", "--config", "c.yaml", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))},
    )
    assert (run.returncode, run.stderr) == (75, "gnnpool: interrupted; the same command resumes\n")


FULL = """
import logging, resource
from gnnpool.logs import log_to
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
log_to("{log}")
for _ in range(1000):
    logging.getLogger("gnnpool.training").info("epoch")
"""


@pytest.mark.parametrize("log", ["job.log", "file/job.log"], ids=["full", "no folder"])
def test_a_log_that_cannot_be_written_ends_the_job_with_status_74_and_its_path(tmp_path, log):
    (tmp_path / "file").touch()
    run = subprocess.run(
        [sys.executable, "-c", FULL.format(log=log)], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 74
    assert re.search(rf"{log}: cannot be written: (File too large|File exists)", run.stderr)
    assert run.stderr.count(log) == 2  # in the sentence, and as the place of the log
    assert "Traceback" not in run.stderr


def test_every_exit_status_is_in_one_table_which_the_page_shows():
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GnnpoolError)
    ]
    assert {kind.exit_status for kind in kinds} | {0, DIFFERENT} == set(STATUSES)
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| (\d+) \| (.*) \|$", page, flags=re.M)) == {
        str(status): meaning for status, meaning in STATUSES.items()
    }


def test_an_error_of_the_system_is_named_with_the_file():
    error = errors.unwritable("results/x", OSError(errno.ENOSPC, "No space left on device"))
    assert str(error) == "results/x: cannot be written: No space left on device"
