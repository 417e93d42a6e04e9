"""The locks of the controller on a folder, and how often it looks for jobs."""

import json
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import psutil
import pytest
from snakemake.scheduling.job_scheduler import JobRateLimiter
from snakemake.settings.types import MaxJobsPerTimespan

from gnnpool import controller
from gnnpool.controller import start_rounds_when_needed, take_over


@pytest.fixture
def locks(tmp_path, monkeypatch):
    """A folder with a lock, whose own file of this process is not removed at the end of pytest alone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(controller.atexit, "register", lambda *_, **__: None)
    folder = tmp_path / ".snakemake/locks"
    folder.mkdir(parents=True)
    (folder / "0.output.lock").write_text("results/report.html\n")
    return folder


def left_by(folder, process, **changes):
    owner = controller._identity(process) | changes
    path = folder / f"{owner['host']}.{owner['process']}.json"
    path.write_text(json.dumps(owner))
    return path


@pytest.fixture
def child():
    """A process that lives as long as the test."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield psutil.Process(process.pid)
    process.kill()
    process.communicate()


def is_locked(folder):
    return (folder / "0.output.lock").exists()


def test_the_lock_of_a_dead_process_goes(locks, child):
    owner = left_by(locks, child)
    child.kill()
    child.wait()
    assert f"of process {child.pid}, which no longer runs" in take_over(locks)
    assert not is_locked(locks)
    assert not owner.exists()


def test_the_lock_of_a_process_before_the_last_boot_goes(locks, child):
    left_by(locks, child, boot="before")
    assert "Removed" in take_over(locks)
    assert not is_locked(locks)


def test_a_process_with_the_number_of_a_dead_one_is_another(locks, child):
    left_by(locks, child, started=child.create_time() - 60)
    assert "Removed" in take_over(locks)


def test_the_lock_of_a_live_process_stays(locks, child):
    left_by(locks, child)
    assert f"process {child.pid} on" in (sentence := take_over(locks))
    assert "wait for it" in sentence
    assert is_locked(locks)


@pytest.mark.parametrize("foreign", [{"host": "elsewhere"}, {"machine": "other"}, {"processes": "pid:[1]"}])
def test_the_lock_of_another_host_or_container_stays_and_the_sentence_says_what_to_do(locks, child, foreign):
    left_by(locks, child, **foreign)
    child.kill()
    child.wait()
    assert "snakemake --unlock" in take_over(locks)
    assert is_locked(locks)


def test_the_lock_of_a_live_snakemake_that_left_no_file_stays(locks, child):
    left_by(locks, child, boot="before")
    other = subprocess.Popen([sys.executable, "-c", "input()", "snakemake"], stdin=subprocess.PIPE)
    fake = SimpleNamespace(
        info={"cmdline": ["python", "-m", "snakemake"], "cwd": str(locks.parents[1])}, pid=other.pid
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psutil, "process_iter", lambda _: [fake])
        assert f"process {other.pid} runs Snakemake in this folder" in take_over(locks)
    other.kill()
    other.communicate()
    assert is_locked(locks)


def test_a_lock_of_an_unknown_process_stays(locks):
    assert "unknown process" in take_over(locks)
    assert is_locked(locks)


def test_without_locks_there_is_nothing_to_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert take_over(tmp_path / "locks") == ""
    assert take_over(tmp_path / "locks") == ""


def scheduler(jobs):
    limiter = JobRateLimiter(MaxJobsPerTimespan(jobs, "100ms"))
    return SimpleNamespace(
        job_rate_limiter=limiter, _open_jobs=threading.Semaphore(0), _schedule_reevalutation=None
    )


def test_rounds_do_not_multiply_with_finished_jobs():
    calm = scheduler(jobs=1000)
    start_rounds_when_needed(calm)
    before = threading.active_count()
    for _ in range(300):  # jobs that finish and start, while others wait
        calm.job_rate_limiter.register_jobs(1)
        calm._schedule_reevalutation(0.1)
    assert threading.active_count() <= before + 1
    assert calm._open_jobs.acquire(timeout=10)
    time.sleep(0.2)
    calm._schedule_reevalutation(0.1)  # nothing has started within the timespan
    assert not calm._open_jobs.acquire(timeout=0.5)


def test_jobs_that_the_limit_held_back_are_looked_at_again():
    calm = scheduler(jobs=1)
    start_rounds_when_needed(calm)
    calm.job_rate_limiter.register_jobs(1)
    assert calm.job_rate_limiter.get_free_jobs() == 0
    calm._schedule_reevalutation(0.1)
    assert calm._open_jobs.acquire(timeout=10)
    assert calm.job_rate_limiter.get_free_jobs() == 1


def test_a_scheduler_without_a_limit_is_left_alone():
    start_rounds_when_needed(plain := SimpleNamespace(job_rate_limiter=None))
    assert vars(plain) == {"job_rate_limiter": None}
