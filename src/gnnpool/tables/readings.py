"""Both readings of the same trainings, side by side: errors, their spread over repeats, and changes."""

import itertools
from collections.abc import Iterator, Mapping

import pandas as pd

from gnnpool.analysis.change import CONDITION
from gnnpool.analysis.readings import MEANING, of_reading
from gnnpool.analysis.values import slice_trials
from gnnpool.analysis.variance import sd_over_repeats
from gnnpool.errors import ConfigError
from gnnpool.records import BASELINE, READINGS
from gnnpool.tables._changes import item
from gnnpool.tables.base import Source, Table
from gnnpool.tables.printed import Item, Row
from gnnpool.wording import statistic_notes

RAW, OTHER = READINGS
UNITS = {
    **{f"test_mae_{reading}": "target unit" for reading in READINGS},
    **{f"sd_{reading}": "target unit, over repeats of the same split" for reading in READINGS},
    **{f"change_{reading}": "%" for reading in READINGS},
    "ratio": "1",
}


def build(source: Source) -> Table:
    """Make the table.

    Args:
        source: Its entry names no reading, as the table shows both.

    Returns:
        Tidy: a line for each dataset, model, edges and pooling that is trained, mean pooling among
        them: unit (of the target), test_mae_raw and test_mae_averaged (mean over the n_seeds seeds),
        sd_raw and sd_averaged (standard deviation over repeats of the same split, from n_repeats
        repeats), ratio (sd_averaged / sd_raw; below 1, averaging removes noise), change_raw and
        change_averaged (%, relative to mean pooling). What was not repeated or has no baseline is
        missing, as is the change of mean pooling itself.

    Raises:
        ConfigError: If the entry names a reading.
    """
    if source.reading != RAW:
        raise ConfigError(
            f"table {source.spec.name!r}: reading: found {source.reading!r}, expected none for the kind "
            "readings, which shows both"
        )
    values = {reading: source.narrowed(reading=reading).values() for reading in READINGS}
    tidy = _tidy(source, values)
    heads = [f"{what}, {reading}" for what in ("Test MAE", "SD of repeats") for reading in READINGS]
    heads += ["Ratio of SDs", *(f"Change, {reading}" for reading in READINGS)]
    return Table(tidy, UNITS, heads, list(_rows(source, tidy, values)), _notes(source))


def _rows(source: Source, tidy: pd.DataFrame, values: Mapping[str, pd.DataFrame]) -> Iterator[Row]:
    changes = [{row[1:5]: item(row) for row in of.itertuples()} for of in values.values()]
    lines, spec = tidy.set_index(CONDITION), source.spec
    for model, edges in spec.settings:
        places = itertools.product(spec.datasets, dict.fromkeys([BASELINE, *spec.poolings]))
        keys = [key for d, p in places if (key := (d, model, edges, p)) in lines.index]
        if keys:
            yield Row(source.setting(model, edges))
        for key in keys:
            label = f"{source.name('datasets', key[0])}: {source.name('poolings', key[-1])}"
            yield Row(label, [*_items(lines.loc[key]), *(of.get(key, Item("")) for of in changes)])


def _tidy(source: Source, values: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    chosen = slice_trials(source.records, part=source.spec, seeds=source.seeds)
    first = chosen[chosen["init"] == 0]
    tidy = first.groupby(CONDITION).agg(unit=("unit", "first"), n_seeds=("seed", "count")).reset_index()
    for reading in READINGS:
        trials = of_reading(chosen, reading)
        errors = trials[trials["init"] == 0].groupby(CONDITION)["test_mae"].mean()
        sd = sd_over_repeats(trials).set_index(CONDITION)
        changes = values[reading].set_index(CONDITION)["value"]
        frame = {f"test_mae_{reading}": errors, f"sd_{reading}": sd["sd"], f"change_{reading}": changes}
        tidy = tidy.join(pd.DataFrame(frame), on=CONDITION)
    tidy = tidy.join(sd["n_repeats"], on=CONDITION).fillna({"n_repeats": 0}).astype({"n_repeats": int})
    tidy["ratio"] = tidy[f"sd_{OTHER}"] / tidy[f"sd_{RAW}"].where(tidy[f"sd_{RAW}"] > 0)
    return tidy


def _items(line: pd.Series) -> list[Item]:
    n, repeats = (
        f"n = {line['n_seeds']}",
        f"{line['n_repeats']} repeat{'' if line['n_repeats'] == 1 else 's'}",
    )
    errors = [Item(f"{line[f'test_mae_{reading}']:.4g} {line['unit']}", remark=n) for reading in READINGS]
    if not line["n_repeats"]:
        return [*errors, *[Item("\N{EM DASH}")] * 3]
    sds = [Item(f"{line[f'sd_{reading}']:.2g}", remark=repeats) for reading in READINGS]
    ratio = Item("\N{EM DASH}" if pd.isna(line["ratio"]) else f"{line['ratio']:.2f}")
    return [*errors, *sds, ratio]


def _notes(source: Source) -> list[str]:
    return [
        *(f"{reading.capitalize()}: {meaning}." for reading, meaning in MEANING.items()),
        "Test MAE: mean over the seeds, in the unit of the target.",
        "SD of repeats: standard deviation of the test error over trainings of the same split that differ in "
        "the initialisation alone. Ratio of SDs: averaged by raw; below 1, averaging removes noise. "
        "A dash: not repeated.",
        *statistic_notes(source.statistic, source.seeds),
        f"Below a change: its {source.percent} interval and n, the seeds. Gray and in parentheses: not "
        "significant (uncorrected), as the interval includes zero or there is none.",
    ]
