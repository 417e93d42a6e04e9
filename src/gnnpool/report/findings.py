"""What the trials say about the paper's claims, as a page of Markdown whose every number is computed."""

import math
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

import pandas as pd
from jinja2 import Environment, StrictUndefined

from gnnpool.analysis.bands import protocol_bands
from gnnpool.analysis.change import changes_by_seed
from gnnpool.analysis.claims import NOT_RUN, judge_claims
from gnnpool.analysis.leaderboard import NEAREST, leaderboard_errors
from gnnpool.analysis.power import MOST, POWER, number_needed
from gnnpool.analysis.published import compare_to_published, published_changes
from gnnpool.analysis.readings import of_reading
from gnnpool.analysis.size_groups import compare_size_groups
from gnnpool.analysis.values import AVERAGE, assessed_values
from gnnpool.analysis.verdict import UNDECIDED
from gnnpool.records import BASELINE, READINGS, Trial
from gnnpool.report.beyond import beyond, changed, held_out
from gnnpool.report.choices import RAW, choices, corrected_tests, kind_of_target
from gnnpool.report.effort import effort_of_choice
from gnnpool.report.grid import whole_grid
from gnnpool.report.phrases import place_of
from gnnpool.specs import Labels
from gnnpool.tables.base import Source
from gnnpool.trials import plan_trials, planned_conditions, seeds_of
from gnnpool.wording import interval, label_of, number, span

_PLACE = ["dataset", "model", "edges"]
_DUMMY = "Dummy (mean)"
# Poolings named of each dataset, from the lowest change on.
_NAMED = 5


def findings(
    trials: pd.DataFrame,
    *,
    sources: Mapping[str, Source],
    config: Mapping,
    note: str,
    answer: Sequence[str],
    datasets: Mapping[str, Mapping],
    variants: Mapping[str, Mapping[str, str]],
    folds: pd.DataFrame,
    perturbed: Mapping[str, pd.DataFrame] | None,
    counts: pd.DataFrame,
) -> str:
    """Write the page.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        sources: By reading; see :func:`gnnpool.report.grid.grid_sources`.
        config: What decides the results; see :func:`gnnpool.config.what_decides`.
        note: What a reader must know first; may be empty.
        answer: Sentences with which the report begins.
        datasets: Entries of all datasets of the configuration, with and without trials.
        variants: Scheme and reference of each dataset with a split of its own.
        folds: Rows of :func:`gnnpool.analysis.matbench_record.read_folds`, with their dataset.
        perturbed: invariances and noise; see :func:`gnnpool.report.beyond.changed`. None for none.
        counts: Counts of the datasets, for each split a row; may be empty.

    Returns:
        Markdown.
    """
    planned = plan_trials(config["blocks"], config["seeds"], config["noise_floor"])
    labels, sees_size = sources[RAW].labels, sources[RAW].sees_size
    readings = {
        reading: _Reading(of_reading(trials, reading), config, labels, planned, sees_size)
        for reading in READINGS
    }
    chosen = list(
        choices(
            {name: reading.tests for name, reading in readings.items()},
            errors=readings[RAW].errors(),
            sizes=trials.groupby("dataset")["n_train"].max(),
            overlap=readings[RAW].overlap,
            datasets=datasets,
            labels=labels,
            confidence=config["statistics"]["confidence"],
        )
    )
    found = {Trial(*row) for row in trials[[*vars(planned[0])]].itertuples(index=False)}
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    template = (files("gnnpool.report") / "findings.md.jinja").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        note=note,
        answer=answer,
        choices=chosen,
        effort=[
            f"{row['place']}, {reading}: {sentence}"
            for row in chosen
            for reading, source in sources.items()
            for sentence in effort_of_choice(source, row["names"], row["chosen"])
        ],
        untrained=[
            f"{entry.get('label', name)} ({kind_of_target(entry)}, {entry['structures']:,} structures)"
            for name, entry in datasets.items()
            if name not in set(trials["dataset"]) and name not in variants
        ],
        finished=len(found & set(planned)),
        planned=len(planned),
        places=[
            place_of(dict(zip(_PLACE, names, strict=True)), labels) for names, _ in trials.groupby(_PLACE)
        ],
        readings=readings,
        folds=list(_on_folds(folds, labels)),
        beyond=list(beyond(sources, variants)),
        held_out=held_out(counts, trials, labels),
        leaks=_leaks(counts, labels),
        changed=list(changed(**perturbed, labels=labels)) if perturbed else [],
        confidence=f"{100 * config['statistics']['confidence']:g} %",
        power=f"{100 * POWER:g} %",
        nearest=NEAREST,
        costs=_costs(trials, planned, found, labels),
        missing=_missing(planned, found, labels),
        repeats=int((trials["init"] > 0).sum()),
    )


class _Reading:
    """The lines of one reading; each is what the template prints, in its order."""

    def __init__(
        self,
        trials: pd.DataFrame,
        config: Mapping,
        labels: Labels,
        planned: Sequence[Trial],
        sees_size: Mapping,
    ) -> None:
        self._trials, self._labels, self._sees = trials, labels, sees_size
        self._sure = {name: config["statistics"][name] for name in ("confidence", "margin")}
        seeds = seeds_of(planned)
        self._changes = changes_by_seed(trials[trials["seed"].isin(seeds)])
        self._part = whole_grid(planned, config["datasets"])
        self._values = assessed_values(
            trials,
            part=self._part,
            statistic=config["statistic"],
            seeds=seeds,
            planned=planned_conditions(planned, common=len(seeds)),
            **config["statistics"],
        )
        self.overlap = self._changes.groupby("dataset")["overlap"].mean()
        self.tests = corrected_tests(self._values)

    def errors(self) -> dict[tuple[str, str, str, str], str]:
        """Test errors of the first initialisations by dataset, model, edges and pooling."""
        first = self._trials[self._trials["init"] == 0]
        return {names: _error(group) for names, group in first.groupby([*_PLACE, "pooling"])}

    def baselines(self) -> list[dict]:
        """Errors of mean pooling beside those of others."""
        first = self._trials[(self._trials["init"] == 0) & (self._trials["pooling"] == BASELINE)]
        first = first[first["dataset"].isin(self._part.datasets)]
        bands = protocol_bands().set_index(_PLACE)
        public = leaderboard_errors().set_index(["algorithm", "dataset"])
        rows = []
        for names, group in first.groupby(_PLACE):
            error, digits = group["test_mae"], _digits(group["test_mae"].mean())
            band = "none"
            if names in bands.index:
                known = bands.loc[names]
                within = abs(error.mean() - known["mae"]) <= known["sd"]
                band = (
                    f"{known['mae']:g} ± {known['sd']:g}, {known['splits']:.0f} splits: ours is "
                    f"{'within' if within else 'outside of'} one standard deviation"
                )
            others = [
                f"{public.loc[key, 'mae']:.{digits}f}"
                if (key := (algorithm, names[0])) in public.index
                else "none"
                for algorithm in (NEAREST, _DUMMY)
            ]
            place = place_of(dict(zip(_PLACE, names, strict=True)), self._labels)
            rows.append(
                {"place": place, "ours": _error(group), "n": len(error), "band": band, "others": others}
            )
        return rows

    def best(self) -> list[dict]:
        """Poolings of each dataset and setting, corrected for all of that dataset and setting."""
        rows = []
        for names, group in self.tests.groupby(_PLACE, sort=False):
            group = group.sort_values("value")
            level = 1 - self._sure["confidence"]
            rows.append(
                {
                    "place": place_of(dict(zip(_PLACE, names, strict=True)), self._labels),
                    "tested": int(group["holm"].notna().sum()),
                    "lower": self._named(group[(group["holm"] < level) & (group["value"] < 0)]),
                    "higher": self._named(group[(group["holm"] < level) & (group["value"] > 0)][::-1]),
                    "lines": [self._line(row) for row in group.head(_NAMED).itertuples()],
                }
            )
        return rows

    def sizes(self) -> list[dict]:
        """Poolings that see the number of atoms against those that do not: all, and the paper's alone."""
        paper = set(published_changes()["pooling"])
        groups = {"all": self._sees, "the paper's": {k: v for k, v in self._sees.items() if k in paper}}
        return [
            {
                "place": place_of(row._asdict(), self._labels),
                "poolings": which,
                "blind": f"{number(row.blind, digits=1)} % (n = {row.n_blind})",
                "seeing": f"{number(row.seeing, digits=1)} % (n = {row.n_seeing})",
                "difference": f"{number(row.difference, digits=1)} "
                f"({interval(row.low, row.high, digits=1)}, n = {_seeds(row.n_seeds)})",
                "medians": number(row.median_difference, digits=1),
                "verdict": _excludes(row.low, row.high),
            }
            for which, sees in groups.items()
            for row in compare_size_groups(
                self._changes, sees, confidence=self._sure["confidence"]
            ).itertuples()
        ]

    def published(self) -> list[dict]:
        """The paper's printed changes that were measured too."""
        compared = compare_to_published(self._values, **self._sure)
        compared = compared[compared["difference"].notna()]
        return [
            {
                "place": place_of(row._asdict(), self._labels),
                "pooling": label_of(self._labels, "poolings", row.pooling),
                "ours": f"{number(row.value, digits=1)} % ({interval(row.low, row.high, digits=1)})",
                "theirs": f"{number(row.published, digits=1)} %",
                "verdict": row.verdict,
                "takes": self._takes(row) if row.verdict == UNDECIDED else "",
            }
            for row in compared.itertuples()
        ]

    def claims(self) -> tuple[list[dict], int]:
        """The paper's sentences that can be judged, and how many cannot."""
        judged = judge_claims(self._values, confidence=self._sure["confidence"])
        run = judged[judged["verdict"] != NOT_RUN]
        lines = [
            {"figure": row.figure, "claim": row.claim, "verdict": row.verdict, "probability": row.probability}
            for row in run.itertuples()
        ]
        return lines, len(judged) - len(run)

    def _takes(self, row: object) -> str:
        """How many seeds detect a change of the printed size."""
        if row.dataset == AVERAGE:
            return "more datasets"
        if not row.published:
            return "nothing: no number of seeds detects a change of zero"
        if pd.isna(row.sd):
            return "a spread, which two seeds give"
        needed = number_needed(
            abs(row.published),
            sd=row.sd,
            confidence=self._sure["confidence"],
            overlap=self.overlap[row.dataset],
        )
        if needed is None:
            return "more structures: no number of seeds detects the printed change"
        if needed <= row.n_seeds:
            return "more seeds than these, by chance"
        return f"more than {MOST} seeds" if needed > MOST else f"{needed} seeds"

    def _named(self, rows: pd.DataFrame) -> str:
        shown = [label_of(self._labels, "poolings", name) for name in rows["pooling"]]
        return ", ".join(shown) or "none"

    def _line(self, row: object) -> dict:
        corrected = "none" if pd.isna(row.holm) else f"{row.holm:.2g}"
        return {
            "pooling": label_of(self._labels, "poolings", row.pooling),
            "change": f"{number(row.value, digits=1)} %",
            "interval": interval(row.low, row.high, digits=1),
            "n": row.n_seeds,
            "p": corrected,
        }


def _on_folds(folds: pd.DataFrame, labels: Labels) -> Iterator[dict]:
    """Errors on Matbench's folds beside those of its leaderboard."""
    public = leaderboard_errors().set_index(["algorithm", "task"])
    for row in folds.sort_values(["dataset", "model", "edges", "pooling", "reading"]).itertuples():
        digits = _digits(row.mae)
        known = [(algorithm, row.task) for algorithm in (NEAREST, _DUMMY)]
        others = [public.loc[key] if key in public.index else None for key in known]
        yield {
            "place": place_of(row._asdict(), labels),
            "pooling": label_of(labels, "poolings", row.pooling),
            "reading": row.reading,
            "ours": f"{row.mae:.{digits}f} ± {row.sd:.{digits}f}",
            "others": [
                "none" if other is None else f"{other['mae']:.{digits}f} ± {other['sd']:.{digits}f}"
                for other in others
            ],
        }


def _costs(trials: pd.DataFrame, planned: Sequence[Trial], found: set[Trial], labels: Labels) -> list[dict]:
    """Processor time of the trials on CPUs, and of all that are planned, the missing ones at the mean."""
    wanted = pd.Series([trial.condition[:3] for trial in planned], dtype=object).value_counts()
    missing = pd.Series([t.condition[:3] for t in planned if t not in found], dtype=object).value_counts()
    rows = []
    for names, group in trials[trials["device"] == "cpu"].groupby(_PLACE):
        seconds = group["cpu_seconds"]
        rows.append(
            {
                "place": place_of(dict(zip(_PLACE, names, strict=True)), labels),
                "trials": len(group),
                "hours": f"{seconds.sum() / 3600:.1f}",
                "median": f"{seconds.median():.0f}",
                "planned": int(wanted.get(names, 0)),
                "all": f"{(seconds.sum() + missing.get(names, 0) * seconds.mean()) / 3600:.1f}",
            }
        )
    return rows


def _error(trials: pd.DataFrame) -> str:
    """Mean and standard deviation over the seeds, with the unit."""
    error, unit = trials["test_mae"], trials["unit"].iloc[0]
    digits = _digits(error.mean())
    spread = f" ± {error.std():.{digits}f}" if len(error) > 1 else ""
    return f"{error.mean():.{digits}f}{spread} {'' if unit == '1' else unit}".strip()


def _leaks(counts: pd.DataFrame, labels: Labels) -> list[str]:
    """Duplicates of training structures in the test parts that hold nothing out."""
    if "held_out" not in counts:
        return []
    found = counts[~counts["held_out"].astype(bool) & (counts["test_in_train"] > 0)]
    return [
        f"{label_of(labels, 'datasets', dataset)} {span(rows['test_in_train'])} of {span(rows['test'])}"
        for dataset, rows in found.groupby("dataset", sort=False)
    ]


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def _excludes(low: float, high: float) -> str:
    if pd.isna(low):
        return "no interval"
    return "excludes zero" if low > 0 or high < 0 else "includes zero"


def _digits(size: float) -> int:
    """Decimals that show three digits or more."""
    if 0 < size < 0.1:
        return 3 - math.floor(math.log10(size))
    return 4 if size < 1 else 2 if size < 10 else 1


def _missing(planned: Sequence[Trial], found: set[Trial], labels: Labels) -> list[str]:
    """What is planned and not trained: poolings and numbers of trials, by dataset and setting."""
    lacking: dict[tuple[str, ...], int] = {}
    for trial in planned:
        if trial not in found:
            lacking[trial.condition] = lacking.get(trial.condition, 0) + 1
    by_place: dict[str, list[str]] = {}
    for (dataset, model, edges, pooling), count in lacking.items():
        place = place_of({"dataset": dataset, "model": model, "edges": edges}, labels)
        by_place.setdefault(place, []).append(f"{label_of(labels, 'poolings', pooling)} ({count})")
    return [f"{place}: {'; '.join(poolings)}" for place, poolings in by_place.items()]
