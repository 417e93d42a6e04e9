"""A training that is stopped, however it is stopped, ends with the numbers of one that is not."""

import logging
import multiprocessing
import os
import random
import signal
import time

import pytest

from gnnpool import journal
from gnnpool.artifacts import read_table
from gnnpool.errors import DivergedError, InterruptedTraining
from gnnpool.logs import SIGNALS
from gnnpool.records import TIMINGS
from gnnpool.training import checkpoint, loop, run
from gnnpool.training.outputs import Outputs

EPOCHS = 6
FILES = ("model.safetensors", "predictions.parquet")


def meaning(folder):
    row = read_table(folder / "record.parquet").to_pylist()[0]
    history = read_table(folder / "history.parquet").drop_columns(["seconds"]).to_pylist()
    return {key: value for key, value in row.items() if key not in TIMINGS}, history


def assert_same(folder, undisturbed):
    assert meaning(folder) == meaning(undisturbed)
    for file in FILES:
        assert (folder / file).read_bytes() == (undisturbed / file).read_bytes()


def events(folder):
    return [(line["event"], line.get("epoch")) for line in journal.read_journal(folder / "trial.jsonl")]


@pytest.fixture
def send_at_epoch():
    """Send this process a signal when the log reports an epoch."""
    handlers = []

    class Sender(logging.Handler):
        def __init__(self, epoch, number):
            super().__init__()
            self.epoch, self.number = epoch, number

        def emit(self, record):
            if record.getMessage().startswith(f"epoch {self.epoch} "):
                self.epoch = None  # once only
                os.kill(os.getpid(), self.number)

    def send(epoch, number=signal.SIGTERM):
        handlers.append(Sender(epoch, number))
        logger = logging.getLogger("gnnpool.training")
        logger.setLevel(logging.INFO)
        logger.addHandler(handlers[-1])

    yield send
    for handler in handlers:
        logging.getLogger("gnnpool.training").removeHandler(handler)
    logging.getLogger("gnnpool.training").setLevel(logging.NOTSET)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_saves_and_the_next_start_resumes(trial, send_at_epoch, number):
    undisturbed, before = trial("undisturbed", epochs=EPOCHS), signal.getsignal(number)
    send_at_epoch(2, number)
    with pytest.raises(InterruptedTraining, match=f"{number.name} after epoch 2: saved"):
        trial("stopped", epochs=EPOCHS)
    folder = trial("stopped", epochs=EPOCHS)
    assert_same(folder, undisturbed)
    assert events(folder) == [
        ("started", 0),
        ("saved", 2),
        ("interrupted", None),
        ("started", 2),
        ("finished", None),
    ]
    assert read_table(folder / "record.parquet")["attempts"].to_pylist() == [2]
    assert not (folder / "checkpoint").exists()
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("pooling", ["gmt", "set_transformer", "memory", "set2set"])
def test_poolings_with_random_or_own_state_resume_alike(trial, send_at_epoch, pooling):
    undisturbed = trial("undisturbed", pooling=pooling, epochs=4)
    send_at_epoch(2)
    with pytest.raises(InterruptedTraining):
        trial("stopped", pooling=pooling, epochs=4)
    assert_same(trial("stopped", pooling=pooling, epochs=4), undisturbed)


@pytest.mark.parametrize("select", ["best", "last"])
def test_a_smoothed_and_a_last_average_resume_alike(trial, send_at_epoch, select):
    averaging = {"time_constant": 2.0, "select": select, "smoothing": 2.0}
    undisturbed = trial("undisturbed", epochs=EPOCHS, averaging=averaging)
    send_at_epoch(3)
    with pytest.raises(InterruptedTraining):
        trial("stopped", epochs=EPOCHS, averaging=averaging)
    assert_same(trial("stopped", epochs=EPOCHS, averaging=averaging), undisturbed)


@pytest.mark.slow
def test_both_readings_of_a_compiled_training_resume_alike(trial, send_at_epoch):
    undisturbed = trial("undisturbed", epochs=4, engine="compiled")
    send_at_epoch(2)
    with pytest.raises(InterruptedTraining):
        trial("stopped", epochs=4, engine="compiled")
    assert_same(trial("stopped", epochs=4, engine="compiled"), undisturbed)


def test_in_a_long_epoch_a_signal_does_not_wait_for_its_end(trial, monkeypatch):
    undisturbed = trial("undisturbed", epochs=EPOCHS)
    monkeypatch.setattr(checkpoint, "GRACE", 0.0)
    step, calls = loop.accumulate_gradients, []

    def signalling(*arguments, size):
        calls.append(size)
        if len(calls) == 3 * 3 + 2:  # three epochs of three batches, two more
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)  # a second one is harmless
        return step(*arguments, size=size)

    monkeypatch.setattr(loop, "accumulate_gradients", signalling)
    with pytest.raises(InterruptedTraining, match="SIGTERM after epoch 3"):
        trial("stopped", epochs=EPOCHS)
    assert len(calls) < 4 * 3
    monkeypatch.setattr(loop, "accumulate_gradients", step)
    assert_same(trial("stopped", epochs=EPOCHS), undisturbed)


def test_a_signal_in_the_last_epoch_lets_the_trial_finish(trial, send_at_epoch):
    send_at_epoch(EPOCHS)
    assert events(trial(epochs=EPOCHS))[-1] == ("finished", None)


def test_kills_at_any_moment_cost_an_epoch_at_most(trial):
    undisturbed = trial("undisturbed", epochs=60)
    context, moments = multiprocessing.get_context("fork"), random.Random(0)
    kills = 0
    for name in ("a", "b", "c", "d", "e"):
        for _ in range(2):
            child = context.Process(target=trial, args=(name,), kwargs={"epochs": 60, "save_every": 1})
            child.start()
            time.sleep(moments.uniform(0.1, 0.5))
            child.kill()
            child.join()
            kills += child.exitcode == -signal.SIGKILL
        folder = trial(name, epochs=60, save_every=1)
        assert_same(folder, undisturbed)
        assert not list(folder.rglob("*.tmp"))
        noted = events(folder)
        saved = 0
        for event, epoch in noted:
            if event in ("saved", "finished"):
                saved = epoch or 0
            if event == "started":
                assert epoch in (saved, saved + 1)  # killed between the save and the word of it
    assert kills >= 5


def test_a_kill_after_the_last_file_trains_nothing_again(trial, tmp_path, monkeypatch):
    monkeypatch.setattr(run.shutil, "rmtree", lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
    child = multiprocessing.get_context("fork").Process(target=trial, kwargs={"save_every": 1})
    child.start()
    child.join()
    monkeypatch.undo()
    record = (tmp_path / "trial/record.parquet").read_bytes()
    assert child.exitcode == -signal.SIGKILL
    folder = trial(save_every=1)
    assert (folder / "record.parquet").read_bytes() == record
    assert events(folder) == [("started", 0), ("saved", 1), ("saved", 2), ("finished", None)]
    assert not (folder / "checkpoint").exists()


@pytest.mark.parametrize("cut", [0, 10, 0.5, -1])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(trial, send_at_epoch, cut, caplog):
    undisturbed = trial("undisturbed", epochs=EPOCHS)
    send_at_epoch(4)
    with pytest.raises(InterruptedTraining):
        trial("stopped", epochs=EPOCHS, save_every=2)
    newest = undisturbed.with_name("stopped") / "checkpoint/newest.safetensors"
    content = newest.read_bytes()
    newest.write_bytes(content[: int(len(content) * cut) if isinstance(cut, float) else cut])
    folder = trial("stopped", epochs=EPOCHS)
    assert "newest.safetensors: damaged or cut short" in caplog.text
    assert ("started", 2) in events(folder)
    assert_same(folder, undisturbed)


def test_without_a_whole_checkpoint_the_training_begins_anew(trial, send_at_epoch):
    undisturbed = trial("undisturbed", epochs=EPOCHS)
    send_at_epoch(4)
    with pytest.raises(InterruptedTraining):
        trial("stopped", epochs=EPOCHS, save_every=2)
    for file in (undisturbed.with_name("stopped") / "checkpoint").iterdir():
        file.write_bytes(b"nothing")
    folder = trial("stopped", epochs=EPOCHS)
    assert events(folder)[-2:] == [("started", 0), ("finished", None)]
    assert_same(folder, undisturbed)


def test_a_checkpoint_of_other_settings_is_not_used(trial, send_at_epoch, caplog):
    send_at_epoch(2)
    with pytest.raises(InterruptedTraining):
        trial("stopped", epochs=EPOCHS)
    folder = trial("stopped", epochs=EPOCHS, learning_rate=0.002)
    assert "of other settings, data, code or versions; not used" in caplog.text
    assert_same(folder, trial("undisturbed", epochs=EPOCHS, learning_rate=0.002))


def test_two_processes_do_not_train_the_same_trial(trial, tmp_path, caplog):
    child = multiprocessing.get_context("fork").Process(target=trial, kwargs={"epochs": 60})
    child.start()
    folder = tmp_path / "trial"
    while not events(folder):
        time.sleep(0.01)
    trial(epochs=60)
    child.join()
    assert child.exitcode == 0
    assert [event for event, _ in events(folder)].count("started") == 1
    assert "another process works on this trial; waiting" in caplog.text


@pytest.mark.parametrize(("patience", "starts"), [(60.0, 1), (0.0, 2)])
def test_files_of_another_process_may_be_visible_late(patience, starts, trial, tmp_path, monkeypatch):
    child = multiprocessing.get_context("fork").Process(target=trial, kwargs={"epochs": 60})
    child.start()
    folder, hold, looks = tmp_path / "trial", Outputs.hold, iter([False, False])
    while not events(folder):
        time.sleep(0.01)
    monkeypatch.setattr(Outputs, "hold", lambda self, trial_id: next(looks, hold(self, trial_id)))
    monkeypatch.setattr("gnnpool.training.run.VISIBLE", patience)
    trial(epochs=60)
    child.join()
    assert [event for event, _ in events(folder)].count("started") == starts


def test_a_second_process_that_waited_resumes_where_a_killed_one_stopped(trial, tmp_path):
    undisturbed = trial("undisturbed", epochs=60)
    context = multiprocessing.get_context("fork")
    first, second = (context.Process(target=trial, kwargs={"epochs": 60, "save_every": 1}) for _ in range(2))
    folder = tmp_path / "trial"
    first.start()
    while ("saved", 3) not in events(folder):
        time.sleep(0.01)
    second.start()
    first.kill()
    second.join()
    assert second.exitcode == 0
    assert [epoch for event, epoch in events(folder) if event == "started"][1] >= 3
    assert_same(folder, undisturbed)


def test_what_a_killed_attempt_left_half_written_is_removed(trial, tmp_path):
    leftover = tmp_path / "trial/.record.parquet.12345.tmp"
    leftover.parent.mkdir()
    leftover.touch()
    trial()
    assert not leftover.exists()


def test_a_failure_is_recorded_in_the_journal(trial, tmp_path):
    with pytest.raises(DivergedError):
        trial(learning_rate=1e18, gradient_clip=1e30, epochs=20)
    last = journal.read_journal(tmp_path / "trial/trial.jsonl")[-1]
    assert last["event"] == "failed"
    assert "DivergedError: epoch" in last["reason"]


def test_a_line_cut_short_by_a_crash_is_passed_over(tmp_path):
    journal.note(tmp_path / "j.jsonl", journal.STARTED, epoch=0)
    with open(tmp_path / "j.jsonl", "a") as file:
        file.write('{"event": "sav')
    assert [line["event"] for line in journal.read_journal(tmp_path / "j.jsonl")] == ["started"]
