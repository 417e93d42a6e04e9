"""From the files of a finished workflow to one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gnnpool.analysis.change import changes_by_seed
from gnnpool.analysis.collect import TRIAL, read_trials
from gnnpool.analysis.readings import of_reading
from gnnpool.analysis.values import AVERAGE, assessed_values
from gnnpool.artifacts import read_json, read_table, write_atomically
from gnnpool.records import BASELINE, READINGS, Trial
from gnnpool.report import cost, data, gaps, provenance
from gnnpool.report.answer import Asked, answer
from gnnpool.report.both_readings import with_other
from gnnpool.report.changes import lines, scale_of
from gnnpool.report.exhibits import read_exhibit, read_galleries
from gnnpool.report.headline import comparisons, headline
from gnnpool.report.page import Page, render
from gnnpool.report.runs import runs
from gnnpool.specs import Labels, Slice
from gnnpool.tables.power import spreads
from gnnpool.trials import plan_trials, planned_conditions, seeds_of

# Kinds of tables in the section on generalisation.
_BEYOND = ("generalisation", "invariances")


@dataclass(frozen=True)
class Made:
    """What other jobs have made, as paths.

    Args:
        trials: All trials (Parquet).
        changes: Changes against mean pooling, seed by seed (Parquet).
        datasets: Counts of the datasets (Parquet).
        manifests: Manifest of the structures of each dataset (JSON).
        checks: What the check of the results found (JSON).
        tables: Tables of the configuration (Parquet).
        pictures: Pictures (PNG), each with its numbers and its description beside it (Parquet).
    """

    trials: str | Path
    changes: str | Path
    datasets: str | Path
    manifests: Sequence[str | Path]
    checks: str | Path
    tables: Sequence[str | Path]
    pictures: Sequence[str | Path]


def write_report(
    *, made: Mapping, config: Mapping, labels: Mapping[str, Mapping[str, str]], note: str, html: str | Path
) -> None:
    """Write the page.

    The same files give the same page: it holds no time of its own.

    Args:
        made: Paths by the fields of :class:`Made`.
        config: What decides the results; see :func:`gnnpool.config.what_decides`.
        labels: Fields of :class:`gnnpool.specs.Labels`.
        note: What a reader must know before the answer; may be empty.
        html: The page.

    Raises:
        ArtifactError: If a file is missing, damaged, or without what the page needs of it.
    """
    made, labels = Made(**made), Labels(**labels)
    trials = read_trials(made.trials)
    changes = read_table(made.changes).to_pandas()
    datasets = read_table(made.datasets).to_pandas()
    manifests = [read_json(path) for path in made.manifests]
    checks = read_json(made.checks)
    folder = Path(html).parent
    tables = [read_exhibit(path, beside=folder) for path in made.tables]
    page = Page(
        note=note,
        galleries=read_galleries(made.pictures, beside=folder),
        tables=[table for table in tables if table.kind not in _BEYOND],
        beyond=[table for table in tables if table.kind in _BEYOND],
        runs=runs(trials, changes, labels=labels),
        data=data.sections(manifests, datasets, labels=labels),
        cost=cost.cost(trials, labels),
        hours=cost.hours(trials),
        provenance=[
            provenance.of_readings(),
            provenance.of_trials(trials),
            provenance.of_data(trials, manifests, labels, checks.get("equivalent", [])),
            provenance.of_stages(),
        ],
        **_answered(trials, changes, config, labels),
        **_missing(trials, checks, manifests, datasets, config, labels),
    )
    text = render(page, config=config)
    write_atomically(html, lambda temporary: temporary.write_text(text, encoding="utf-8", newline=""))


def _answered(trials: pd.DataFrame, changes: pd.DataFrame, config: Mapping, labels: Labels) -> dict:
    """The answer, and the changes that it rests on."""
    planned = plan_trials(config["blocks"], config["seeds"], config["noise_floor"])
    grid, seeds = whole_grid(planned, config), seeds_of(planned)
    sure = {name: config["statistics"][name] for name in ("margin", "confidence")}
    raw, other = READINGS
    values, power, compared, first = {}, {}, {}, {}
    for reading in READINGS:
        read = of_reading(trials, reading)
        values[reading] = assessed_values(
            read,
            part=grid,
            statistic=config["statistic"],
            seeds=seeds,
            planned=planned_conditions(planned, common=len(seeds)),
            **config["statistics"],
        )
        power[reading] = spreads(values[reading], changes_by_seed(read), **sure)
        compared[reading] = comparisons(values[reading])
        first[reading] = headline(compared[reading], confidence=sure["confidence"])
    scale = scale_of(compared[raw], changes, margin=sure["margin"])
    drawn = {"among": compared[raw], "labels": labels, "scale": scale}
    return {
        "sentences": answer(
            Asked(
                values=values,
                power=power,
                labels=labels,
                planned=len(planned),
                finished=len(trials),
                **{axis: len(getattr(grid, axis)) for axis in ("poolings", "datasets", "settings")},
                **sure,
            )
        ),
        "scale": scale,
        "first": lines(with_other(first[raw], first[other]), changes, correction="corrected", **drawn),
        "over_datasets": bool((first[raw]["dataset"] == AVERAGE).any()),
        "lines": lines(
            with_other(compared[raw], compared[other]), changes, correction="uncorrected", **drawn
        ),
    }


def whole_grid(planned: Sequence[Trial], config: Mapping) -> Slice:
    """All that is planned: its settings, datasets, and poolings without the baseline.

    Datasets with a split of their own are left out: they would count the same structures several times.
    """
    planned = [t for t in planned if "split" not in config["datasets"].get(t.dataset, {})]
    return Slice(
        settings=list(dict.fromkeys((t.model, t.edges) for t in planned)),
        datasets=list(dict.fromkeys(t.dataset for t in planned)),
        poolings=list(dict.fromkeys(t.pooling for t in planned if t.pooling != BASELINE)),
    )


def _missing(
    trials: pd.DataFrame,
    checks: Mapping,
    manifests: Sequence[Mapping],
    datasets: pd.DataFrame,
    config: Mapping,
    labels: Labels,
) -> dict:
    """What is not there, and what limits the answer."""
    grid = {name: config[name] for name in ("blocks", "seeds", "noise_floor")}
    found = {Trial(*row) for row in trials[TRIAL].itertuples(index=False)}
    return {
        "progress": gaps.progress(found, **grid),
        "limits": gaps.limits(
            found=found,
            planned=plan_trials(*grid.values()),
            checks=checks,
            manifests=manifests,
            datasets=datasets,
            labels=labels,
            repeats=bool((trials["init"] > 0).any()),
        ),
    }
