"""One process for each trial, with and without flock."""

import errno
import fcntl
import logging
import os
import socket
import subprocess
import sys
import threading
import time

import pytest

from gnnpool.errors import ArtifactError
from gnnpool.lock import alone, is_held


@pytest.fixture
def path(tmp_path):
    return tmp_path / "trials/seed-1.lock"


@pytest.fixture(params=[errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def no_flock(request, monkeypatch):
    """A file system that has no flock."""

    def refuse(*_):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)


def held_by(path, process, host=None):
    path.parent.mkdir(parents=True)
    path.with_suffix(".held").write_text(f"{process}\n{host or socket.gethostname()}\n")


@pytest.fixture
def dead():
    """Number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_lock_is_held_only_inside_its_context(path):
    assert not is_held(path)
    with alone(path) as waited:
        assert not waited
        assert is_held(path)
    assert not is_held(path)


def test_without_flock_a_lock_is_held_only_inside_its_context(path, no_flock):
    with alone(path) as waited:
        assert not waited
        assert is_held(path)
    assert not is_held(path)


def test_without_flock_an_old_empty_lock_is_nobodys(path, no_flock):
    path.parent.mkdir()
    path.touch()
    assert not is_held(path)
    with alone(path) as waited:
        assert not waited


def test_without_flock_the_lock_of_a_dead_process_is_taken_over(path, no_flock, dead):
    held_by(path, dead)
    assert not is_held(path)
    with alone(path):
        assert is_held(path)


def test_without_flock_nobody_waits_for_another_host(path, no_flock, dead):
    held_by(path, dead, host="elsewhere")
    assert is_held(path)
    with (
        pytest.raises(ArtifactError, match=rf"seed-1.held: held by process {dead} on elsewhere.*delete"),
        alone(path),
    ):
        pass


def test_without_flock_a_live_process_is_waited_for(path, no_flock, caplog):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    held_by(path, process.pid)

    def end():
        while "waiting for it" not in caplog.text:
            time.sleep(0.05)
        process.communicate()

    with caplog.at_level(logging.WARNING):
        (ending := threading.Thread(target=end)).start()
        with alone(path) as waited:
            assert waited
        ending.join()


def test_a_lock_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "trials").touch()
    with (
        pytest.raises(ArtifactError, match=r"seed-1.lock: cannot be written: "),
        alone(tmp_path / "trials/seed-1.lock"),
    ):
        pass
