"""The log of one job: a file with facts and times, and errors in words on the terminal."""

import logging
import sys
from pathlib import Path

from gnnpool.errors import GnnpoolError


def log_to(path: str | Path) -> None:
    """Send the log of this process to a file, and tell mendable errors without a traceback.

    A mendable error that nobody catches ends the process with the exit status of its kind.

    Args:
        path: The log file; its folder is made, an older file is replaced.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("gnnpool")
    for older in logger.handlers[:]:
        logger.removeHandler(older)
        older.close()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False

    def tell(kind: type, error: BaseException, trace: object) -> None:
        if issubclass(kind, GnnpoolError):
            logger.error("%s", error)
            print(f"\n{error}\n(log: {path})", file=sys.stderr)
            raise SystemExit(kind.exit_status)
        logger.critical("stopped", exc_info=(kind, error, trace))
        sys.__excepthook__(kind, error, trace)

    sys.excepthook = tell
