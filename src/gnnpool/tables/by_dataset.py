"""Changes of one setting: a line for each dataset, and one for their average."""

from gnnpool.analysis.values import AVERAGE, UNITS
from gnnpool.errors import ConfigError
from gnnpool.tables._changes import change_notes, item, noise_columns, noise_items, without_one
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Row


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: Its entry has one setting.

    Returns:
        Tidy: rows of :func:`gnnpool.analysis.values.assessed_values`, with the columns row (the
        dataset, or "average") and column (the pooling).

    Raises:
        ConfigError: If the entry has several settings.
    """
    if len(source.spec.settings) != 1:
        raise ConfigError(
            f"table {source.spec.name!r}: settings: found {len(source.spec.settings)}, "
            "expected 1 for the kind by_dataset (by_setting shows several)"
        )
    values = source.values()
    tidy = values.copy()
    tidy.insert(0, "row", values["dataset"])
    tidy.insert(1, "column", values["pooling"])

    rows = []
    for dataset, group in values.groupby("dataset", sort=False):
        items = [*(item(value) for value in group.itertuples()), *noise_items(group, values)]
        rows.append(Row(source.name("datasets", dataset), items, summary=dataset == AVERAGE))
    rows += filter(None, [without_one(values[values["dataset"] == AVERAGE], values)])
    columns = [source.name("poolings", pooling) for pooling in source.spec.poolings]
    notes = change_notes(source, values, average="Average")
    return Table(tidy, UNITS, [*columns, *noise_columns(values)], rows, notes)
