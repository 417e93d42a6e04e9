"""Trainings that are killed or stopped by a signal."""

import signal
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from jobs import Job, before_operation, die, run, sleep_until
from promise import LOST, SILENT, SURVIVED, Promise
from trainings import Trials, result_of

from gnnpool.errors import ArtifactError, InterruptedTraining
from gnnpool.journal import read_journal
from gnnpool.logs import SIGNALS
from gnnpool.records import Trial


def kill_and_stop(trials: Trials, *, kills: int, signals: int) -> list[Promise]:
    """Kill trainings, half at random moments and half at operations of the file system; stop others.

    Args:
        trials: The trainings.
        kills: Number of SIGKILL.
        signals: Number of other signals.
    """
    moments = Promise(
        "A killed training ends with the numbers of an undisturbed one",
        "SIGKILL at a random moment; resumed; record, history, weights and predictions compared bit for bit",
    )
    operations = Promise(
        "A save is complete or absent",
        "SIGKILL before a file-system operation of a save or of the results; resumed; compared likewise",
    )
    epochs = Promise(
        "A kill costs one epoch at most", "journals of all killed trainings, saved after each epoch"
    )
    stopped = Promise(
        "A signal saves the training, which resumes with the same numbers",
        "SIGTERM, SIGINT, SIGUSR1, SIGHUP at a random moment, every fourth twice: status 75, or 0 if done",
    )
    kinds = [
        kind
        for kind, count in ((moments, kills - kills // 2), (operations, kills // 2))
        for _ in range(count)
    ]
    kinds += [stopped] * signals
    trials.random.shuffle(kinds)
    order = trials.combinations(len(kinds))
    number, numbers = cycle(SIGNALS), _numbers(trials)
    for kind, trial in zip(kinds, order, strict=True):
        folder, seconds = trials.place(trial), trials.undisturbed(trial).seconds
        if kind is stopped:
            answer = _stop(trials, trial, folder, next(number), seconds)
            if answer not in (0, InterruptedTraining.exit_status):
                kind.count(LOST, f"{trial}: status {answer}, expected 75 or 0")
                continue
        elif kind is operations:
            while _kill_at(trials, trial, folder, next(numbers)) != -signal.SIGKILL:
                pass  # this trial has fewer operations than the one that was counted
        else:
            _kill(trials, trial, folder, seconds)
        kind.count(*_resume(trials, trial, folder))
        if kind is not stopped:
            epochs.count(*cost(folder / "trial.jsonl"))
    return [moments, operations, epochs, stopped]


def _numbers(trials: Trials) -> Iterator[int]:
    """Numbers of the operations of a trial, in random order, each once before any is repeated."""
    trial = trials.combinations(1)[0]
    folder = trials.place(trial)
    seen = folder.with_suffix(".operations")

    def note(number: int) -> None:
        seen.write_text(str(number))

    def work() -> None:
        before_operation(folder, note)
        trials.train(trial, folder)

    run(work, None)
    every = range(1, int(seen.read_text()) + 1)
    while True:
        yield from trials.random.sample(every, len(every))


def _kill(trials: Trials, trial: Trial, folder: Path, seconds: float) -> None:
    """Kill a training before it ends."""
    while True:
        begin, at = time.monotonic(), trials.random.uniform(0, seconds)
        job = Job(lambda: trials.train(trial, folder), None)
        sleep_until(begin + at)
        job.send(signal.SIGKILL)
        if job.wait() == -signal.SIGKILL:
            return
        seconds *= 0.8  # it had ended: it is trained again, as its checkpoint is gone


def _kill_at(trials: Trials, trial: Trial, folder: Path, number: int) -> int:
    def work() -> None:
        before_operation(folder, die(number))
        trials.train(trial, folder)

    return run(work, None)


def _stop(trials: Trials, trial: Trial, folder: Path, number: signal.Signals, seconds: float) -> int:
    begin = time.monotonic()
    job = Job(lambda: trials.train(trial, folder), folder / "log")
    sleep_until(begin + trials.random.uniform(0, seconds))
    for _ in range(2 if trials.random.random() < 0.25 else 1):
        job.send(number)
    return job.wait()


def _resume(trials: Trials, trial: Trial, folder: Path) -> tuple[str, str]:
    """Let a training go on to its end, and compare it."""
    status = run(lambda: trials.train(trial, folder), folder / "log")
    try:
        found = result_of(folder)
    except ArtifactError as error:
        return LOST, f"{trial}: status {status}: {error}"
    if status:
        return LOST, f"{trial}: status {status}"
    if left := [path.name for path in folder.rglob("*.tmp")]:
        return LOST, f"{trial}: left {left}"
    same = found == trials.undisturbed(trial).result
    return (SURVIVED, "") if same else (SILENT, f"{trial} in {folder}: other numbers")


def cost(journal: Path) -> tuple[str, str]:
    """Whether each start of a trial resumed at the last saved epoch."""
    saved = 0
    for event in read_journal(journal):
        if event["event"] in ("saved", "finished"):
            saved = event.get("epoch", 0)
        # A kill between a save and the word of it resumes one epoch later.
        if event["event"] == "started" and event["epoch"] not in (saved, saved + 1):
            return LOST, f"{journal}: resumed after epoch {event['epoch']}, saved was {saved}"
    return SURVIVED, ""
