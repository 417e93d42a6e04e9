"""Errors that a user can mend, told in their own words and shown without a traceback."""


class GnnpoolError(Exception):
    """Something the user gave cannot be used; the message says what, where, and what was expected.

    The exit status of a process that ends with it tells the kind, as in sysexits.h.
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


class DivergedError(GnnpoolError):
    """The training loss is no longer finite."""

    exit_status = 65


class OutOfMemory(GnnpoolError):
    """The memory of the GPU or of the host does not suffice for a training."""

    exit_status = 71


class InterruptedTraining(GnnpoolError):
    """A signal ended a training before its last epoch; the next start of the trial goes on from there."""

    exit_status = 75
