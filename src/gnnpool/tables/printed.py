"""A table in words, before it is written in any format."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One number of a table, or the word that stands in its place.

    Args:
        text: The number with its sign, or a word for a gap.
        spread: What follows the plus-minus sign; empty if there is none.
        remark: What the number is from, or what limits it, such as "3 of 5 seeds"; may be empty.
        interval: Where the number may lie, such as "-1 to +2"; empty if there is none.
        faint: Whether the number may be nothing: it is printed gray and in parentheses.
    """

    text: str
    spread: str = ""
    remark: str = ""
    interval: str = ""
    faint: bool = False

    @property
    def shown(self) -> str:
        """The text, in parentheses if it is faint."""
        return f"({self.text})" if self.faint else self.text


@dataclass(frozen=True)
class Row:
    """One line of a table; a summary line is set apart from those it summarizes.

    A line without items is the heading of those that follow.
    """

    label: str
    items: Sequence[Item] = ()
    summary: bool = False


@dataclass(frozen=True)
class Printed:
    """A table as it is read: words only.

    Args:
        name: Slug, for cross-references.
        title: What the table shows.
        columns: Heads of the columns, the one over the row labels not counted.
        rows: The lines, as many items in each as there are columns.
        notes: Sentences below the table.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str]


def to_json(table: Printed) -> str:
    """A table as JSON, to be kept beside its tidy form."""
    return json.dumps(dataclasses.asdict(table), ensure_ascii=False)


def from_json(text: str) -> Printed:
    """The table that :func:`to_json` was given."""
    content = json.loads(text)
    rows = [Row(**{**row, "items": [Item(**item) for item in row["items"]]}) for row in content["rows"]]
    return Printed(**{**content, "rows": rows})
