"""Disks and memory that refuse, and signals beside the epochs: one sentence, and the journal knows it."""

import errno
import os
import signal

import pytest

from gnnpool import journal
from gnnpool.errors import ArtifactError, InterruptedTraining, OutOfMemory
from gnnpool.logs import answered_signals
from gnnpool.training import run


def last_event(tmp_path):
    return journal.read_journal(tmp_path / "trial/trial.jsonl")[-1]


def refuse(monkeypatch, error):
    def train(*_, **__):
        raise error

    monkeypatch.setattr(run, "train", train)


def test_a_full_disk_under_the_compiler_is_named(trial, tmp_path, monkeypatch):
    error = RuntimeError("backend failed")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device", "/cache/x.py")
    refuse(monkeypatch, error)
    with pytest.raises(ArtifactError, match=r"/cache/x.py: torch's compiler cannot write: No space left"):
        trial()
    assert last_event(tmp_path)["event"] == journal.FAILED


def test_another_error_below_the_compiler_stays_what_it_is(trial, monkeypatch):
    error = RuntimeError("backend failed")
    error.__cause__ = FileNotFoundError(errno.ENOENT, "No such file", "g++")
    refuse(monkeypatch, error)
    with pytest.raises(RuntimeError, match="backend failed"):
        trial()


def test_memory_that_runs_out_while_the_network_is_built_is_named(trial, tmp_path, monkeypatch):
    def build(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(run, "prepare_trial", build)
    with pytest.raises(OutOfMemory, match=r"memory ran out .*training.batch_size"):
        trial()
    assert last_event(tmp_path)["event"] == journal.FAILED


def test_a_journal_on_a_full_disk_does_not_hide_why_an_attempt_ended(trial, monkeypatch):
    refuse(monkeypatch, InterruptedTraining("SIGTERM after epoch 1: saved"))
    write = journal.note

    def note(path, event, **facts):
        if event == journal.INTERRUPTED:
            raise ArtifactError("full")
        write(path, event, **facts)

    monkeypatch.setattr(journal, "note", note)
    with pytest.raises(InterruptedTraining, match="SIGTERM after epoch 1"):
        trial()


def test_an_interrupt_beside_the_epochs_is_no_failure(trial, tmp_path, monkeypatch):
    refuse(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        trial()
    assert last_event(tmp_path)["event"] == journal.INTERRUPTED


def test_a_signal_that_is_ignored_stays_ignored(trial):
    """As under nohup, whose trainings a closed terminal must not stop."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert signal.SIGHUP not in answered_signals()
        os.kill(os.getpid(), signal.SIGHUP)
        assert (trial() / "record.parquet").exists()
    finally:
        signal.signal(signal.SIGHUP, before)
