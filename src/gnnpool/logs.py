"""The log of one job: a file with facts and times, and one-sentence errors on the terminal."""

import contextlib
import logging
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from gnnpool.errors import GnnpoolError, InterruptedTraining, unwritable

# Signals that ask a process to stop: from a scheduler, Ctrl-C, a time limit, a closed terminal.
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP)
INTERRUPTED = "interrupted; the same command resumes"


class _LogFile(logging.FileHandler):
    """A log handler that ends the job if the log cannot be written."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Turn the error of the system into one that names the file."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            raise unwritable(self.baseFilename, error) from error
        super().handleError(record)


def log_to(path: str | Path) -> None:
    """Send the log of this process to a file, and report user errors without a traceback.

    An uncaught user error ends the process with the exit status of its kind. The first of :data:`SIGNALS`
    ends it with 75; further signals are ignored.

    Args:
        path: The log file; its folder is created, an older file is replaced.

    Raises:
        ArtifactError: If the file cannot be written.
    """
    end_in_words(log=path)
    for number in answered_signals():
        signal.signal(number, interrupt)
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(path, mode="w", encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error) from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("gnnpool")
    for older in logger.handlers[:]:
        logger.removeHandler(older)
        older.close()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def answered_signals() -> list[signal.Signals]:
    """Signals that stop this process; those that `nohup` or similar tools ignore are not included."""
    return [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


def interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Handler of the first signal: interrupt the process, and ignore further signals."""
    ignore_signals()
    raise KeyboardInterrupt


def interrupt_once() -> None:
    """Let the first Ctrl-C interrupt this process, which then waits for its jobs; ignore further ones."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    if signal.SIGINT in answered_signals():
        signal.signal(signal.SIGINT, stop)


def ignore_signals() -> None:
    """Ignore all signals while this process ends."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def end_in_words(*, log: str | Path | None = None) -> None:
    """Let user errors and interruptions end this process with one sentence and their exit status.

    Args:
        log: Whether to log errors too, with the traceback of errors that are no user errors.
    """
    logger = logging.getLogger("gnnpool")

    def end(kind: type, error: BaseException, trace: object) -> None:
        if issubclass(kind, KeyboardInterrupt):
            kind, error = InterruptedTraining, INTERRUPTED
        if not issubclass(kind, GnnpoolError):
            with contextlib.suppress(GnnpoolError):
                logger.critical("stopped", exc_info=(kind, error, trace))
            sys.__excepthook__(kind, error, trace)
            return
        ignore_signals()
        with contextlib.suppress(OSError, GnnpoolError):  # a closed terminal, a full disk
            print(f"\n{error}\n(log: {log})" if log else f"\n{error}", file=sys.stderr, flush=True)
            if logger.handlers:  # else it would be printed once more
                logger.error("%s", error)
        raise SystemExit(kind.exit_status)

    sys.excepthook = end
