"""What stands in a figure in the place of a number that is not there, and entries that do not fit."""

from collections.abc import Mapping

from gnnpool.analysis.values import NO_BASELINE, NOT_PLANNED, NOT_TRAINED
from gnnpool.analysis.wording import NO_TEST
from gnnpool.errors import ConfigError

GAPS = {
    NOT_PLANNED: f"{NO_TEST}\n(not planned)",
    NOT_TRAINED: "not trained",
    NO_BASELINE: "mean pooling\nnot trained",
}


def require_one_setting(entry: Mapping) -> None:
    """Refuse an entry with several settings where a figure can show one.

    Raises:
        ConfigError: Naming the figure and how many there are.
    """
    if (found := len(entry["settings"])) != 1:
        raise ConfigError(
            f"figure {entry['name']!r}: settings: found {found}, expected 1 for the kind {entry['kind']}"
        )
