"""A lock that allows one process per trial, also on file systems without `flock`."""

import errno
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from gnnpool.errors import ArtifactError, unwritable

_MISSING = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)  # errors of a file system without flock
_SECONDS = 0.5  # s between two checks of a held lock
_logger = logging.getLogger("gnnpool.training")


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Hold a lock; wait for the process that has it.

    Without `flock`, the lock is a file beside it that names host and process. If that process no longer
    exists on this host, the lock is taken over. A process on another host cannot be checked, so its lock
    is an error.

    Args:
        path: The lock; its folder is created.

    Yields:
        Whether another process had it before.

    Raises:
        ArtifactError: If the lock cannot be written, or is held by a process on another host and there
            is no `flock`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        guard = FileLock(path) if has_flock(path) else SoftFileLock(_soft(path))
        waited = _acquire(guard)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        yield waited
    finally:
        guard.release()


def is_held(path: Path) -> bool:
    """Whether a process holds the lock; changes and creates nothing.

    Args:
        path: The lock; it need not exist.

    Raises:
        OSError: If the lock exists and cannot be read.
    """
    host, process = _holder(_soft(path))
    if process and (host != socket.gethostname() or _is_alive(process)):
        return True
    try:
        refusal = _flock_refusal(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    return refusal is not None and refusal not in _MISSING


def _acquire(guard: BaseFileLock) -> bool:
    waited = False
    while True:
        try:
            guard.acquire(timeout=_SECONDS if waited else 0)
            return waited
        except Timeout:
            host, process = _holder(Path(guard.lock_file)) if isinstance(guard, SoftFileLock) else ("", 0)
            if process and host != socket.gethostname():
                raise ArtifactError(
                    f"{guard.lock_file}: held by process {process} on {host}, where there is no flock; "
                    "delete the file if that process no longer runs"
                ) from None
            if not waited:
                _logger.warning("%s: another process works on this trial; waiting for it", guard.lock_file)
            waited = True


def has_flock(path: Path) -> bool:
    """Whether the file system of a file has `flock`.

    Args:
        path: The file; it is made if it does not exist.

    Raises:
        OSError: If it cannot be written.
    """
    return _flock_refusal(path, os.O_RDWR | os.O_CREAT) not in _MISSING


def _flock_refusal(path: Path, flags: int) -> int | None:
    """Error number with which a shared lock on a file is refused at once; None if it is granted."""
    import fcntl

    file = os.open(path, flags, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno
    finally:
        os.close(file)
    return None


def _soft(path: Path) -> Path:
    """Path of the lock without flock; unlike the other file, its existence is the lock."""
    return path.with_suffix(".held")


def _holder(path: Path) -> tuple[str, int]:
    """Host and process that a lock without flock names; none if there is no such lock."""
    try:
        process, host = path.read_text(encoding="utf-8", errors="replace").split("\n")[:2]
        return host, int(process)
    except (FileNotFoundError, ValueError):
        return "", 0


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
