"""Averages over the datasets: a line for each setting."""

from gnnpool.analysis.values import AVERAGE, UNITS
from gnnpool.tables._changes import change_notes, item, noise_columns, noise_items, without_one
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Row


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: Its entry may have several settings.

    Returns:
        Tidy: the averages among the rows of :func:`gnnpool.analysis.values.assessed_values`, with
        the columns row ("model/edges") and column (the pooling).
    """
    values = source.values()
    averages = values[values["dataset"] == AVERAGE]
    tidy = averages.reset_index(drop=True)
    tidy.insert(0, "row", tidy["model"] + "/" + tidy["edges"])
    tidy.insert(1, "column", tidy["pooling"])

    rows = []
    for (model, edges), group in averages.groupby(["model", "edges"], sort=False):
        items = [*(item(value) for value in group.itertuples()), *noise_items(group, averages)]
        rows += filter(None, [Row(source.setting(model, edges), items), without_one(group, averages)])
    columns = [source.name("poolings", pooling) for pooling in source.spec.poolings]
    notes = change_notes(source, values, average="Each number")
    return Table(tidy, UNITS, [*columns, *noise_columns(averages)], rows, notes)
