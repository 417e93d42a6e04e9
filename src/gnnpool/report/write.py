"""From the files of a finished workflow to one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gnnpool.analysis.collect import TRIAL, read_trials
from gnnpool.analysis.values import AVERAGE
from gnnpool.artifacts import read_json, read_table, write_atomically
from gnnpool.records import READINGS, Trial
from gnnpool.report import cost, data, gaps, provenance
from gnnpool.report.answer import Asked, answer
from gnnpool.report.beyond import beyond_sentence
from gnnpool.report.both_readings import with_other
from gnnpool.report.changes import lines, scale_of
from gnnpool.report.effort import effort_limits, effort_sentences
from gnnpool.report.exhibits import read_exhibit, read_galleries
from gnnpool.report.grid import grid_sources
from gnnpool.report.headline import ANY, by_kind, comparisons, headline, kinds_of_targets
from gnnpool.report.page import Page, render
from gnnpool.report.runs import runs
from gnnpool.report.size_law import size_sentence
from gnnpool.specs import Labels
from gnnpool.tables import by_law, effort
from gnnpool.tables.base import Source, Table
from gnnpool.tables.power import spreads
from gnnpool.tables.printed import Printed
from gnnpool.trials import plan_trials, variants_of

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
        networks: Checks of networks (JSON).
    """

    trials: str | Path
    changes: str | Path
    datasets: str | Path
    manifests: Sequence[str | Path]
    checks: str | Path
    tables: Sequence[str | Path]
    pictures: Sequence[str | Path]
    networks: Sequence[str | Path] = ()


def write_report(
    *,
    made: Mapping,
    config: Mapping,
    labels: Mapping[str, Mapping[str, str]],
    physics: Mapping[str, Mapping],
    traits: Mapping[str, Mapping],
    note: str,
    html: str | Path,
    text: str | Path,
) -> None:
    """Write the page, and its answer as text.

    The same files give the same page: it holds no time of its own.

    Args:
        made: Paths by the fields of :class:`Made`.
        config: What decides the results; see :func:`gnnpool.config.what_decides`.
        labels: Fields of :class:`gnnpool.specs.Labels`.
        physics: By dataset the fields of :class:`gnnpool.specs.Physics`, where they are known.
        traits: By pooling the fields of :class:`gnnpool.specs.Traits`.
        note: What a reader must know before the answer; may be empty.
        html: The page.
        text: The answer, one paragraph a line.

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
    planned = plan_trials(config["blocks"], config["seeds"], config["noise_floor"])
    sources = grid_sources(
        trials,
        planned,
        config=config,
        labels=labels,
        physics=physics,
        traits=traits,
        networks=made.networks,
    )
    finished = {Trial(*row) for row in trials[TRIAL].itertuples(index=False)}
    efforts = {reading: effort.build(source) for reading, source in sources.items()}
    raw = efforts[READINGS[0]].tidy
    page = Page(
        note=note,
        galleries=read_galleries(made.pictures, beside=folder),
        tables=[table for table in tables if table.kind not in _BEYOND],
        beyond=[table for table in tables if table.kind in _BEYOND],
        runs=runs(trials, changes, labels=labels, results=folder),
        data=data.sections(manifests, datasets, labels=labels),
        laws=[_printed(r, by_law.build(s), "laws", "Poolings by targets") for r, s in sources.items()],
        effort=[_printed(r, t, "effort", "Weights, time and memory") for r, t in efforts.items()],
        larger=effort_sentences(raw, sources[READINGS[0]]),
        cost=cost.cost(trials, labels),
        hours=cost.hours(trials),
        provenance=[
            provenance.of_readings(),
            provenance.of_trials(trials),
            provenance.of_data(trials, manifests, labels, checks.get("equivalent", [])),
            provenance.of_stages(),
        ],
        **answered(trials, changes, sources, len(planned), variants=variants_of(config["datasets"])),
        progress=gaps.progress(finished, **{k: config[k] for k in ("blocks", "seeds", "noise_floor")}),
        limits=[
            *gaps.limits(
                found=finished,
                planned=planned,
                checks=checks,
                manifests=manifests,
                datasets=datasets,
                labels=labels,
                repeats=bool((trials["init"] > 0).any()),
            ),
            *effort_limits(raw, confidence=config["statistics"]["confidence"]),
        ],
    )
    _write(html, render(page, config=config))
    _write(text, "".join(f"{paragraph}\n" for paragraph in page.sentences))


def _write(path: str | Path, content: str) -> None:
    write_atomically(path, lambda temporary: temporary.write_text(content, encoding="utf-8", newline=""))


def _printed(reading: str, table: Table, name: str, title: str) -> Printed:
    return Printed(f"{name}-{reading}", f"{title}, {reading} reading", table.columns, table.rows, table.notes)


def answered(
    trials: pd.DataFrame,
    changes: pd.DataFrame,
    sources: Mapping[str, Source],
    planned: int,
    *,
    variants: Mapping[str, Mapping[str, str]],
) -> dict:
    """The answer, and the changes that it rests on.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_trials`.
        changes: Their changes seed by seed, in the raw reading.
        sources: See :func:`gnnpool.report.grid.grid_sources`.
        planned: Number of planned trials.
        variants: Scheme and reference of each dataset with a split of its own.

    Returns:
        Fields of :class:`gnnpool.report.page.Page`; ``sentences`` is the answer.
    """
    raw, other = READINGS
    grid, labels = sources[raw].spec, sources[raw].labels
    sure = {name: getattr(sources[raw], name) for name in ("margin", "confidence")}
    physics = sources[raw].physics
    power, compared, first = {}, {}, {}
    for reading, source in sources.items():
        compared[reading] = comparisons(source.values()).assign(kind=ANY)
        there = set(compared[reading]["dataset"])
        parts = by_kind(source, kinds_of_targets([d for d in grid.datasets if d in there], physics))
        assessed = [(kind, part, part.values()) for kind, part in parts]
        power[reading] = pd.concat([spreads(v, part.changes(), **sure) for _, part, v in assessed])
        of_kinds = [comparisons(v).assign(kind=kind) for kind, _, v in assessed]
        first[reading] = headline(pd.concat(of_kinds, ignore_index=True), confidence=sure["confidence"])
    changes = changes[changes["dataset"].isin(grid.datasets)]
    scale = scale_of(compared[raw], changes, margin=sure["margin"])
    drawn = {"among": compared[raw], "labels": labels, "scale": scale}
    return {
        "sentences": answer(
            Asked(
                compared=compared,
                first=first,
                power=power,
                labels=labels,
                physics=physics,
                planned=planned,
                finished=len(trials),
                by_size=size_sentence(
                    trials[trials["dataset"].isin(grid.datasets)],
                    sources[raw].sees_size,
                    labels=labels,
                    confidence=sure["confidence"],
                ),
                beyond=beyond_sentence(sources, variants),
                **{axis: len(getattr(grid, axis)) for axis in ("poolings", "datasets", "settings")},
                **sure,
            )
        ),
        "scale": scale,
        "first": lines(with_other(first[raw], first[other]), changes, correction="corrected", **drawn),
        "over_datasets": bool((first[raw]["dataset"] == AVERAGE).any()),
        "by_kind": first[raw]["kind"].nunique() > 1,
        "lines": lines(
            with_other(compared[raw], compared[other]), changes, correction="uncorrected", **drawn
        ),
    }
