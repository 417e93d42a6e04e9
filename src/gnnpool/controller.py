"""The process that runs the workflow: its locks on a folder, and the timing of its scheduler."""

import atexit
import json
import os
import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gnnpool.extras import extra

with extra("workflow"):
    import psutil

# s; if the start times differ by more, the process number belongs to another process.
_SAME_START = 2.0


def take_over(locks: Path) -> str:
    """Remove the locks of Snakemake that dead processes left in a folder, so that the same command resumes.

    Each process that may lock the folder leaves a file there that names it. Snakemake removes these files
    together with its locks. Locks stay if one of these processes is alive, if it was on another host, which
    cannot be checked from here, or if no file names their process.

    Args:
        locks: Snakemake's folder of locks, in the working directory; it is created.

    Returns:
        One sentence on what was done with the locks; "" if there are none.
    """
    own = locks / f"{socket.gethostname()}.{os.getpid()}.json"
    try:
        locks.mkdir(parents=True, exist_ok=True)
        # First, so that two processes that start at once do not remove each other's locks.
        own.with_suffix(".tmp").write_text(json.dumps(_identity(psutil.Process())), encoding="utf-8")
        own.with_suffix(".tmp").replace(own)
        atexit.register(own.unlink, missing_ok=True)
        owners = {path: _read(path) for path in locks.glob("*.json") if path != own}
        found = list(locks.glob("*.lock"))
        removable, sentence = _judge(list(owners.values()), locks)
        for path in [*owners, *found] if removable else ():
            path.unlink(missing_ok=True)
    except OSError as error:  # where Snakemake cannot lock either, and says so
        return f"{error.filename}: {error.strerror}"
    return sentence if found else ""


def _judge(owners: Sequence[Mapping], locks: Path) -> tuple[bool, str]:
    """Whether locks of some processes can go, and one sentence on that."""
    unlock = "if it no longer runs, call `snakemake --unlock`, then repeat the command"
    for owner in owners:
        who = f"process {owner.get('process', '?')} on {owner.get('host', 'an unknown host')}"
        if _is_elsewhere(owner):
            return False, f"The locks in {locks} are of {who}, which cannot be seen from here: {unlock}."
        if _is_alive(owner):
            return False, f"The locks in {locks} are of {who}, which is running: wait for it, or stop it."
    if running := _running_here():
        return False, f"The locks in {locks} stay, as process {running[0]} runs Snakemake in this folder."
    if not owners:
        return False, f"The locks in {locks} are of an unknown process: {unlock}."
    dead = " and ".join(str(owner["process"]) for owner in owners)
    return True, f"Removed the locks in {locks} of process {dead}, which no longer runs."


def _identity(process: psutil.Process) -> dict:
    def text(path: str) -> str:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    space = Path("/proc/self/ns/pid")
    return {
        "host": socket.gethostname(),
        "machine": text("/etc/machine-id"),
        "boot": text("/proc/sys/kernel/random/boot_id"),
        "processes": os.readlink(space) if space.is_symlink() else "",
        "process": process.pid,
        "started": process.create_time(),
    }


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}


def _is_elsewhere(owner: Mapping) -> bool:
    """Whether an owner's process is or was on another host or in another container."""
    here = _identity(psutil.Process())
    if any(owner.get(key) != here[key] for key in ("host", "machine")):
        return True
    return owner["boot"] == here["boot"] and owner["processes"] != here["processes"]


def _is_alive(owner: Mapping) -> bool:
    if owner["boot"] != _identity(psutil.Process())["boot"]:
        return False
    try:
        return abs(psutil.Process(owner["process"]).create_time() - owner["started"]) < _SAME_START
    except psutil.NoSuchProcess:
        return False


def _running_here() -> list[int]:
    """Other processes of Snakemake in this working directory that may hold its locks."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        command = process.info["cmdline"] or [""]
        called = {Path(word).name for word in command[:3]}
        python = Path(command[0]).name.startswith(("python", "snakemake"))
        here = process.info["cwd"] == os.getcwd() and process.pid not in own
        if here and python and "snakemake" in called and "--nolock" not in command:
            found.append(process.pid)
    return found


def start_rounds_when_needed(scheduler: Any) -> None:
    """Let Snakemake schedule jobs when one has ended, and not continuously.

    Snakemake 9.27 limits how many jobs start in a timespan. While jobs wait, each scheduling step sets a
    timer for the end of the timespan, and each timer triggers a scheduling step. So the number of timers
    grows with each finished job. Here one timer runs at a time, and only if jobs have started within the
    timespan.

    Args:
        scheduler: Snakemake's scheduler; without a limit it is not changed.
    """
    limiter, pending = getattr(scheduler, "job_rate_limiter", None), threading.Event()
    if limiter is None or not hasattr(scheduler, "_schedule_reevalutation"):
        return

    def look() -> None:
        pending.clear()
        scheduler._open_jobs.release()

    def after(seconds: float) -> None:
        if pending.is_set() or limiter.get_free_jobs() == limiter.max_jobs:
            return
        pending.set()
        timer = threading.Timer(seconds, look)
        timer.daemon = True
        timer.start()

    scheduler._schedule_reevalutation = after
