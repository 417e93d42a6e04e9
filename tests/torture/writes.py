"""Disks that are full, folders that refuse, vanish or belong to another user, at every kind of write."""

import logging
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from jobs import before_operation, run
from matplotlib.figure import Figure
from promise import LOST, SILENT, SURVIVED, Promise
from trainings import Trials, result_of

from gnnpool.artifacts import (
    copy_file,
    read_json,
    read_table,
    read_tensors,
    write_atomically,
    write_json,
    write_table,
    write_tensors,
)
from gnnpool.errors import ArtifactError
from gnnpool.figures.draw import save_figure
from gnnpool.journal import note, read_lines
from gnnpool.lock import alone
from gnnpool.logs import log_to
from gnnpool.training.checkpoint import CheckpointFile

_NOBODY = 65534  # a user without rights
_REFUSED = ArtifactError.exit_status
_VALUES = np.random.default_rng(0).normal(size=3000)


def _append(path: Path) -> None:
    for epoch in range(40):
        note(path, "saved", epoch=epoch)


def _log(path: Path) -> None:
    log_to(path)
    for epoch in range(200):
        logging.getLogger("gnnpool").info("epoch %d", epoch)


def _lock(path: Path) -> None:
    with alone(path):
        pass


def _draw(path: Path) -> None:
    figure = Figure(figsize=(1, 1))
    figure.add_subplot().plot([0, 1])
    others = {kind: path.with_suffix(f".{kind}") for kind in ("pdf", "parquet")}
    metadata = {"title": "A line", "description": "A line that rises."}
    save_figure(figure, pa.table({"x": [0, 1]}), png=path, **others, metadata=metadata)


# A name, a function that writes, and one that reads what a whole file holds.
WRITES: dict[str, tuple[str, Callable[[Path], object], Callable[[Path], object]]] = {
    "table": ("a.parquet", lambda p: write_table(p, pa.table({"x": _VALUES})), read_table),
    "tensors": (
        "a.safetensors",
        lambda p: write_tensors(p, {"x": _VALUES}, metadata={}),
        lambda p: read_tensors(p)[0]["x"].tolist(),
    ),
    "manifest": ("a.json", lambda p: write_json(p, {"x": _VALUES.tolist()}), read_json),
    "page": (
        "a.html",
        lambda p: write_atomically(p, lambda temporary: temporary.write_text("text " * 9000)),
        Path.read_text,
    ),
    "copy": ("a.raw", lambda p: copy_file(__file__, p), Path.read_bytes),
    "figure": ("a.png", _draw, Path.read_bytes),
    "checkpoint": (
        "newest.safetensors",
        lambda p: CheckpointFile(p.parent, "i").save({"x": _VALUES.tolist()}),
        lambda p: CheckpointFile(p.parent, "i").load(),
    ),
    "journal": ("a.jsonl", _append, lambda p: [event["epoch"] for event in read_lines(p)[0]]),
    "log": ("a.log", _log, lambda p: p.read_text().count("epoch")),
    "lock": ("a.lock", _lock, Path.exists),
}
# Files that grow or are emptied by design; the others keep their older content.
_GROWING = {"journal", "log", "lock"}


def refuse_writes(trials: Trials, tries: int) -> list[Promise]:
    """Write every kind of file where the system refuses, and train trials on a full disk.

    Args:
        trials: Folder and moments.
        tries: Of each condition; the kinds of files take turns.
    """
    found = []
    for name, (tested, condition) in CONDITIONS.items():
        if condition is None:
            continue
        kinds = ", ".join(WRITES)
        promise = Promise(
            f"{name} is named, the older file stays, and nothing half-written", f"{tested}: {kinds}"
        )
        for number in range(tries):
            kind = list(WRITES)[number % len(WRITES)]
            promise.count(*_write(trials, kind, condition, trials.folder / f"writes/{len(found)}-{number}"))
        found.append(promise)
    return [*found, _train_on_full_disks(trials, tries)]


@contextmanager
def _full(folder: Path, share: float) -> Iterator[Callable]:
    """Files may not become larger than a share of what is written."""
    limit = int(share * 20_000)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


@contextmanager
def _small_disk(folder: Path, share: float) -> Iterator[Callable]:
    """A file system that has little room left."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=True)
    try:
        yield lambda: _fill(folder, 4096 * int(share * 7))
    finally:
        subprocess.run(["umount", folder], check=True)


def _fill(folder: Path, left: int) -> None:
    free = os.statvfs(folder)
    (folder / "ballast").write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - left)))


@contextmanager
def _read_only(folder: Path, share: float) -> Iterator[Callable]:
    """A file system that is mounted for reading."""
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def _foreign(folder: Path, share: float) -> Iterator[Callable]:
    """A folder that this user may read and not write."""
    folder.chmod(0o555)
    yield lambda: os.geteuid() or (os.setgroups([]), os.setgid(_NOBODY), os.setuid(_NOBODY))
    folder.chmod(0o755)


@contextmanager
def _vanishing(folder: Path, share: float) -> Iterator[Callable]:
    """A folder that somebody removes while a file is written."""
    at = 1 + int(share * 6)

    def remove(number: int) -> None:
        if number == at:
            shutil.rmtree(folder)

    yield lambda: before_operation(folder, remove)


def _can_mount() -> bool:
    return os.geteuid() == 0 and not subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode


CONDITIONS: dict[str, tuple[str, Callable | None]] = {
    "A limit of a file's size": ("RLIMIT_FSIZE of random size", _full),
    "A full disk": ("a tmpfs with 0 to 24 kB left", _small_disk if _can_mount() else None),
    "A read-only file system": ("a mount for reading", _read_only if _can_mount() else None),
    "A folder of another user": ("a process of another user, or without permission", _foreign),
    "A folder that vanishes": ("removed before a random operation of the write", _vanishing),
}


def _write(trials: Trials, kind: str, condition: Callable, folder: Path) -> tuple[str, str]:
    name, write, read = WRITES[kind]
    folder.mkdir(parents=True)
    path = folder / name
    # A pipe, as the condition may concern all files.
    reason, give_reason = os.pipe()
    with condition(folder, trials.random.random()) as begin:
        older = trials.random.random() < 0.5
        if older:
            run(partial(write, path), None)
        before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}

        def work() -> None:
            begin()
            try:
                write(path)
            except ArtifactError as error:
                os.write(give_reason, str(error).encode()[:4000])
                raise

        status = run(work, None)
        os.close(give_reason)
        with open(reason, encoding="utf-8") as stream:
            words = stream.read()
        after = {file.name: file.read_bytes() for file in folder.glob("*") if file.is_file()}
        whole = status == 0 and path.exists() and read(path)
        lost = kind == "checkpoint" and older and folder.exists() and read(path) is None
    if lost:
        return LOST, f"{kind} in {folder}: no checkpoint left"
    return _judge(kind, path, status, words, before, after, whole)


def _judge(
    kind: str, path: Path, status: int, words: str, before: dict, after: dict, whole: object
) -> tuple[str, str]:
    after = {name: content for name, content in after.items() if name != "ballast"}
    where = f"{kind} in {path.parent}"
    if status == 0:
        return (SURVIVED, "") if whole else (SILENT, f"{where}: no error and no whole file")
    if status != _REFUSED:
        return LOST, f"{where}: status {status}, expected 74"
    if str(path.parent) not in words:
        return LOST, f"{where}: the error names no file of it: {words}"
    if left := [name for name in after if name.endswith(".tmp")]:
        return LOST, f"{where}: left {left}"
    if kind == "journal" and not after.get(path.name, b"").startswith(before.get(path.name, b"")):
        return (SURVIVED, "") if not after else (SILENT, f"{where}: older lines changed")
    changed = [name for name, content in before.items() if name in after and after[name] != content]
    if kind not in _GROWING | {"figure", "checkpoint"} and changed:
        return SILENT, f"{where}: changed {changed}"
    return SURVIVED, ""


def _train_on_full_disks(trials: Trials, tries: int) -> Promise:
    promise = Promise(
        "A training on a full disk ends with 74, and resumes with the same numbers",
        "RLIMIT_FSIZE of random size for all files of a training; resumed without it; compared bit for bit",
    )
    for trial in trials.combinations(tries):
        folder, limit = trials.place(trial), int(trials.random.uniform(0, 60_000))

        def work(trial=trial, folder=folder, limit=limit) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            trials.train(trial, folder)

        status = run(work, folder / "log")
        if status not in (0, _REFUSED):
            promise.count(LOST, f"{trial}: status {status} with files of {limit} bytes, expected 74")
            continue
        again = run(lambda trial=trial, folder=folder: trials.train(trial, folder), folder / "log")
        same = again == 0 and result_of(folder) == trials.undisturbed(trial).result
        promise.count(SURVIVED if same else LOST if again else SILENT, f"{trial} in {folder}: status {again}")
    return promise
