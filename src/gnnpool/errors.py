"""Errors that a user can correct, and exit statuses: each error has one sentence and no traceback."""

import os

# A check found a difference or a fault, and has printed it.
DIFFERENT = 3

# Exit statuses of jobs and of the command, as in sysexits.h where defined; docs/command-line.md lists them.
STATUSES = {
    0: "done",
    1: "an error in the program; the traceback is in the log, or on the terminal",
    2: "the configuration or the command line is wrong",
    DIFFERENT: "`doctor` found a fault, or `verify` or `remake --check` a difference",
    65: "data cannot be used, or a training diverged",
    69: "a dataset could not be obtained",
    71: "memory ran out",
    74: "a file cannot be read or written, or is damaged",
    75: "interrupted; the same command resumes",
    78: "a package is missing; the message names the extra that installs it",
}


class GnnpoolError(Exception):
    """An input is unusable; the message says what was found, where, and what was expected.

    Its exit status is one of :data:`STATUSES`.
    """

    exit_status = 1


class ConfigError(GnnpoolError):
    """The configuration names something that does not exist, or its values do not fit each other."""

    exit_status = 2


class DataError(GnnpoolError):
    """A structure, target or data file is incomplete or holds impossible values."""

    exit_status = 65


class FetchError(GnnpoolError):
    """A dataset could not be obtained, or its file does not match the configured hash."""

    exit_status = 69


class ArtifactError(GnnpoolError):
    """A file of this project cannot be written, is damaged or truncated, or belongs to something else."""

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
    """The error for a file that could not be written.

    Args:
        path: The file.
        error: Error of the system or of the writing library.

    Returns:
        An error that names the file and the cause: no space, no permission, ...
    """
    return ArtifactError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}")
