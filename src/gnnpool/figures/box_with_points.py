"""One box for each pooling over the datasets' values, every dataset drawn and named."""

from gnnpool.figures._boxes import build_boxes
from gnnpool.figures.base import Drawing, Source


def build(source: Source) -> Drawing:
    """Draw the figure; a pooling with one value has its point and no box.

    Args:
        source: What it is made from; its entry has one setting.

    Returns:
        See :func:`gnnpool.figures._boxes.build_boxes`.
    """
    return build_boxes(source, points=True)
