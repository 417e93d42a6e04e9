"""Errors that a user can mend, told in their own words and shown without a traceback."""


class GnnpoolError(Exception):
    """Something the user gave cannot be used; the message says what, where, and what was expected."""


class ConfigError(GnnpoolError):
    """The configuration names or combines things that do not exist or do not fit."""


class DataError(GnnpoolError):
    """A structure, target or data file is missing something or holds something impossible."""


class FetchError(GnnpoolError):
    """A dataset could not be obtained, or what was obtained is not what was expected."""


class ArtifactError(GnnpoolError):
    """A file written by an earlier step is damaged, cut short, or belongs to something else."""


class DivergedError(GnnpoolError):
    """The training loss is no longer finite."""
