"""Errors of the cache files that torch's compiler writes during a training."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from gnnpool.errors import ArtifactError, GnnpoolError

_FOLDER = "TORCHINDUCTOR_CACHE_DIR"
_REFUSALS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR),
}


@contextmanager
def explained_refusal() -> Iterator[None]:
    """Turn a failure to write the compiler's files into an error that names their folder.

    Raises:
        ArtifactError: If an error has such a failure anywhere in its chain of causes.
    """
    try:
        yield
    except GnnpoolError:
        raise
    except Exception as error:
        cause: BaseException | None = error
        while cause and not (isinstance(cause, OSError) and cause.errno in _REFUSALS):
            cause = cause.__cause__ or cause.__context__
        if cause is None:
            raise
        folder = cause.filename or os.environ.get(_FOLDER, tempfile.gettempdir())  # type: ignore[attr-defined]
        raise ArtifactError(
            f"{folder}: torch's compiler cannot write: {cause.strerror}; {_FOLDER} may name another folder"  # type: ignore[attr-defined]
        ) from error
