"""Errors that a user can mend, and exit statuses: each error has one sentence and no traceback."""

import os

# Exit statuses of jobs and of the command, as in sysexits.h where it has one; docs/running.md shows them.
STATUSES = {
    0: "done",
    1: "an error in the program; the log has the traceback",
    2: "the configuration or the command line is wrong",
    65: "data cannot be used, or a training diverged",
    69: "a dataset could not be obtained",
    71: "memory ran out",
    74: "a file cannot be read or written, or is damaged",
    75: "interrupted; the same command resumes",
    78: "a package is missing; the message names the extra that installs it",
}


class GnnpoolError(Exception):
    """Something the user gave cannot be used; the message says what, where, and what was expected.

    Its exit status is one of :data:`STATUSES`.
    """

    exit_status = 1


class ConfigError(GnnpoolError):
    """The configuration names or combines things that do not exist or do not fit."""

    exit_status = 2


class DataError(GnnpoolError):
    """A structure, target or data file is missing something or holds something impossible."""

    exit_status = 65


class FetchError(GnnpoolError):
    """A dataset could not be obtained, or what was obtained is not what was expected."""

    exit_status = 69


class ArtifactError(GnnpoolError):
    """A file of this project cannot be written, is damaged, cut short, or belongs to something else."""

    exit_status = 74


class MissingExtra(GnnpoolError, ModuleNotFoundError):
    """A package that an extra of gnnpool installs is missing; the message names the extra."""

    exit_status = 78


class DivergedError(GnnpoolError):
    """The training loss is no longer finite."""

    exit_status = 65


class OutOfMemory(GnnpoolError):
    """The memory of the GPU or of the host does not suffice for a training."""

    exit_status = 71


class InterruptedTraining(GnnpoolError):
    """A signal ended a training before its last epoch; the next start of the trial resumes it."""

    exit_status = 75


def unwritable(path: str | os.PathLike, error: Exception) -> ArtifactError:
    """The error to raise where a file could not be written.

    Args:
        path: The file.
        error: What the system, or the library that wrote, said.

    Returns:
        An error that names the file and the cause: no space, no permission, ...
    """
    return ArtifactError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}")
