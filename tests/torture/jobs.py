"""Processes that work as jobs of the workflow do, forked so that none of them imports torch again."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gnnpool.logs import end_in_words, log_to

# Events of the interpreter before an operation of the file system.
_OPERATIONS = {
    "open",
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.chmod",
    "shutil.rmtree",
    "os.fsync",
}


class Job:
    """A process that has its log, answers signals, and ends with the exit status of its error.

    Args:
        work: What it does.
        log: Its log; None for work that has none.
    """

    def __init__(self, work: Callable[[], object], log: Path | None) -> None:
        started, ready = os.pipe()
        self.process = os.fork()
        if not self.process:
            _work(work, log, ready)
        os.close(ready)
        os.read(started, 1)
        os.close(started)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; it may have ended."""
        os.kill(self.process, number)  # not waited for yet, so its number belongs to nobody else

    def wait(self) -> int:
        """Exit status, or the negative number of the signal that ended it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


def run(work: Callable[[], object], log: Path | None) -> int:
    """Exit status of a job that nothing disturbs."""
    return Job(work, log).wait()


def _work(work: Callable[[], object], log: Path | None, ready: int) -> None:
    status = 1
    try:
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        end_in_words()
        if log:
            log_to(log)
        os.write(ready, b"x")
        work()
        status = 0
    except BaseException:
        try:
            sys.excepthook(*sys.exc_info())
        except SystemExit as end:
            status = int(end.code or 0)
    finally:
        os._exit(status)


def before_operation(folder: Path, act: Callable[[int], None]) -> None:
    """Call a function before each operation of this process on files of a folder, with its number from 1.

    What libraries outside of Python do is not seen: safetensors opens and writes a file by itself.
    """
    number, busy = 0, False

    def notice(event: str, arguments: tuple) -> None:
        nonlocal number, busy
        if busy or event not in _OPERATIONS:
            return
        if not (
            isinstance(arguments[0], str | os.PathLike) and os.fspath(arguments[0]).startswith(str(folder))
        ):
            return
        number, busy = number + 1, True
        act(number)
        busy = False

    sys.addaudithook(notice)
    sync = os.fsync

    def fsync(file: int) -> None:
        sys.audit("os.fsync", f"{folder}/{file}")
        sync(file)

    os.fsync = fsync


def die(at: int) -> Callable[[int], None]:
    """A function for :func:`before_operation` that ends this process as `kill -9` does."""

    def act(number: int) -> None:
        if number == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return act


def sleep_until(moment: float) -> None:
    """Sleep until a time of the monotonic clock."""
    time.sleep(max(0.0, moment - time.monotonic()))
