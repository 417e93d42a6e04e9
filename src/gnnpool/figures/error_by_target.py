"""Errors of the test structures against their targets."""

from gnnpool.figures._binned import build_binned
from gnnpool.figures._coverage import in_unit
from gnnpool.figures.base import Drawing, Source

NEEDS = ("predictions",)


def build(source: Source) -> Drawing:
    """Draw the figure.

    Args:
        source: What it is made from.

    Returns:
        See :func:`gnnpool.figures._binned.build_binned`; from and to are in the unit of the target.
    """
    trials = source.trials().drop_duplicates("dataset").set_index("dataset")
    names = {row.Index: in_unit(row.target, row.unit) for row in trials.itertuples()}
    return build_binned(source, source.test_errors, by="target", quantity=names, unit="unit")
