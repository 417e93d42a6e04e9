"""Errors of the test structures against the number of atoms in their cells."""

from gnnpool.figures._binned import build_binned
from gnnpool.figures.base import Drawing, Source

NEEDS = ("predictions", "structures")


def build(source: Source) -> Drawing:
    """Draw the figure.

    Args:
        source: What it is made from. Structures of a dataset whose file is not there are left out.

    Returns:
        See :func:`gnnpool.figures._binned.build_binned`; from and to are atoms per cell.
    """
    tested = source.test_errors.merge(source.sizes, on=["dataset", "id"])
    names = dict.fromkeys(source.spec.datasets, "atoms per cell")
    return build_binned(source, tested, by="atoms", quantity=names, unit="atoms per cell")
