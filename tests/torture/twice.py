"""Two processes that train the same trial at once, also on a file system without locks."""

import errno
import fcntl
import os
import signal
import time

from jobs import Job, sleep_until
from promise import LOST, SILENT, SURVIVED, Promise
from trainings import Trials, result_of

from gnnpool.journal import read_journal


def train_twice(trials: Trials, tries: int) -> list[Promise]:
    """Start two processes on one trial, and kill one of them in every second try.

    Args:
        trials: The trainings.
        tries: With and without `flock`.
    """
    return [_train_twice(trials, tries, flock=True), _train_twice(trials, tries, flock=False)]


def _train_twice(trials: Trials, tries: int, *, flock: bool) -> Promise:
    place = "with flock" if flock else "on a file system without flock (the call fails with ENOLCK)"
    promise = Promise(
        f"Two processes never train a trial at once, {place}",
        "two processes on one trial, one of them killed in every second try; compared bit for bit",
    )
    for number, trial in enumerate(trials.combinations(tries)):
        folder, seconds = trials.place(trial), trials.undisturbed(trial).seconds

        def work(trial=trial, folder=folder) -> None:
            if not flock:
                fcntl.flock = _refuse
            trials.train(trial, folder)

        begin, jobs = time.monotonic(), [Job(work, None) for _ in range(2)]
        killed = number % 2
        if killed:
            sleep_until(begin + trials.random.uniform(0, seconds))
            jobs[trials.random.randrange(2)].send(signal.SIGKILL)
        statuses = sorted(job.wait() for job in jobs)
        events = read_journal(folder / "trial.jsonl")
        if statuses not in ([0, 0], [-signal.SIGKILL, 0]):
            promise.count(LOST, f"{trial}: status {statuses}")
        elif result_of(folder) != trials.undisturbed(trial).result:
            promise.count(SILENT, f"{trial} in {folder}: other numbers")
        elif len({event["process"] for event in events if event["event"] == "started"}) > 1 + killed:
            promise.count(LOST, f"{trial} in {folder}: trained twice")
        else:
            promise.count(SURVIVED)
    return promise


def _refuse(*_: object) -> None:
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
