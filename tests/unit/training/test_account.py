"""What a trial's record says of its attempts."""

from gnnpool.training import account
from gnnpool.training.account import Account


def on(processor, monkeypatch):
    monkeypatch.setattr(account, "describe_processor", lambda: processor)
    return Account()


def test_all_processors_of_an_interrupted_trial_are_named(monkeypatch):
    first = on("Xeon, AVX512", monkeypatch).read()
    second = on("EPYC, AVX2", monkeypatch)
    second.add(first)
    third = on("Xeon, AVX512", monkeypatch)
    third.add(second.read())
    assert third.read()["processor"] == "EPYC, AVX2; Xeon, AVX512"
    assert third.read()["attempts"] == 3


def test_a_checkpoint_of_an_earlier_version_names_no_processor(monkeypatch):
    clock = on("EPYC, AVX2", monkeypatch)
    clock.add({"attempts": 1, "wall_seconds": 1.0, "cpu_seconds": 1.0})
    assert clock.read()["processor"] == "EPYC, AVX2"
