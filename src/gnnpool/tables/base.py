"""What a kind of table is made from, and what it makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from gnnpool.analysis import source
from gnnpool.specs import Physics
from gnnpool.tables.printed import Row


@dataclass(frozen=True, kw_only=True)
class Source(source.Source):
    """What one table is made from; see :class:`gnnpool.analysis.source.Source`.

    Args:
        scheme: How structures are divided, such as "random".
        physics: Which kind of quantity the target of a dataset is, where that is known.
        variants: Scheme and reference of each dataset with a split of its own.
    """

    scheme: str
    physics: Mapping[str, Physics]
    variants: Mapping[str, Mapping[str, str]]

    def narrowed(self, **changes: Sequence) -> "Source":
        """The same source with other settings, datasets or poolings."""
        return replace(self, spec=replace(self.spec, **changes))


@dataclass(frozen=True)
class Table:
    """A table twice: tidy, by slug, and in words.

    Args:
        tidy: One line for each number or comparison.
        units: Unit of each column that has one.
        columns: Heads of the printed columns, the one over the row labels not counted.
        rows: Printed lines.
        notes: Sentences below.
    """

    tidy: pd.DataFrame
    units: Mapping[str, str]
    columns: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str] = field(default_factory=list)
