"""Two processes that train the same trial at once, also on a file system without locks."""

import errno
import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import network_disk
from jobs import Job, sleep_until
from promise import LOST, SILENT, SURVIVED, Promise
from trainings import Trials, result_of

from gnnpool.journal import read_journal
from gnnpool.records import outputs_in

MISSING = (errno.ENOLCK, errno.ENOSYS)  # errors of file systems without flock


def train_twice(trials: Trials, tries: int) -> list[Promise]:
    """Start two processes on one trial, and kill one of them in every second try.

    Args:
        trials: The trainings.
        tries: On each kind of file system.
    """
    kinds = list(DISKS.items())[: None if network_disk.is_there() else 2]
    return [_train_twice(trials, tries, kind, disk) for kind, disk in kinds]


def _train_twice(trials: Trials, tries: int, kind: str, disk: Callable[[Path, Random], None]) -> Promise:
    promise = Promise(
        f"Two processes never train a trial at once, {kind}",
        "two processes on one trial, one of them killed in every second try; compared bit for bit",
    )
    for number, trial in enumerate(trials.combinations(tries)):
        folder, seconds = trials.place(trial), trials.undisturbed(trial).seconds

        def work(trial=trial, folder=folder) -> None:
            disk(folder, Random(str(folder)))
            trials.train(trial, folder)

        begin, jobs = time.monotonic(), [Job(work, None) for _ in range(2)]
        killed = number % 2
        if killed:
            sleep_until(begin + trials.random.uniform(0, seconds))
            jobs[trials.random.randrange(2)].send(signal.SIGKILL)
        statuses = sorted(job.wait() for job in jobs)
        events = read_journal(folder / "trial.jsonl")
        if statuses not in ([0, 0], [-signal.SIGKILL, 0]):
            promise.count(LOST, f"{trial} in {folder}: status {statuses}")
        elif result_of(folder) != trials.undisturbed(trial).result:
            promise.count(SILENT, f"{trial} in {folder}: other numbers")
        elif len({event["process"] for event in events if event["event"] == "started"}) > 1 + killed:
            promise.count(LOST, f"{trial} in {folder}: trained twice")
        else:
            promise.count(SURVIVED)
    return promise


def _local(folder: Path, random: Random) -> None:
    """The disk of this machine."""


def _without_flock(folder: Path, random: Random) -> None:
    missing = random.choice(MISSING)

    def refuse(*_: object) -> None:
        raise OSError(missing, os.strerror(missing))

    fcntl.flock = refuse


def _network(folder: Path, random: Random, flock: int = 0) -> None:
    network_disk.begin(folder, delay=random.uniform(0, 0.005), late=random.uniform(0.1, 3), flock=flock)
    for path in outputs_in(folder).values():  # as a controller on this host does
        path.exists()


def _network_without_flock(folder: Path, random: Random) -> None:
    _network(folder, random, random.choice(MISSING))


DISKS = {
    "with flock": _local,
    "on a file system without flock (the call fails with ENOLCK or ENOSYS)": _without_flock,
    "on a network disk": _network,
    "on a network disk without flock": _network_without_flock,
}
