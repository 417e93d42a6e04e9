"""The answer that a bundle gives, and its page of findings."""

from collections.abc import Mapping
from pathlib import Path

from gnnpool.analysis.change import changes_by_seed
from gnnpool.analysis.collect import TRIAL, read_trials
from gnnpool.analysis.matbench_record import FOLD_COLUMNS, read_folds
from gnnpool.artifacts import read_table
from gnnpool.bundle.files import COUNTS, MATBENCH, PERTURBED, Bundle, open_bundle
from gnnpool.config import labels_of, what_decides
from gnnpool.data.matbench_folds import task_of
from gnnpool.extras import extra
from gnnpool.plan import Plan
from gnnpool.records import Trial
from gnnpool.report.findings import findings
from gnnpool.report.grid import grid_sources
from gnnpool.report.write import answered
from gnnpool.specs import Labels
from gnnpool.tables.base import Source

with extra("analysis"):
    import pandas as pd


def findings_of(folder: str | Path) -> str:
    """Write the findings of a bundle as Markdown.

    Args:
        folder: The bundle.

    Raises:
        ArtifactError: If it is damaged.
    """
    bundle, trials, plan, sources = _read(folder)
    return findings(
        trials,
        sources=sources,
        config=what_decides(plan.config),
        note=plan.config["note"],
        answer=_said(trials, plan, sources),
        datasets=plan.config["datasets"],
        variants=plan.variants,
        folds=_folds(bundle, plan),
        perturbed=_perturbed(bundle),
        counts=_counts(bundle),
    )


def answer_of(folder: str | Path) -> tuple[str, ...]:
    """The sentences with which the findings of a bundle begin.

    Args:
        folder: The bundle.

    Returns:
        Those of :func:`gnnpool.report.answer.answer`.

    Raises:
        ArtifactError: If it is damaged.
    """
    _, trials, plan, sources = _read(folder)
    return _said(trials, plan, sources)


def _read(folder: str | Path) -> tuple[Bundle, pd.DataFrame, Plan, dict[str, Source]]:
    """A bundle, its trials, its plan, and what the tables of its whole grid are made from."""
    bundle = open_bundle(folder)
    trials, plan = read_trials(bundle.path("trials")), Plan(bundle.config)
    planned = set(plan.trials)
    trials = trials[[Trial(*row) in planned for row in trials[TRIAL].itertuples(index=False)]]
    sources = grid_sources(
        trials,
        plan.trials,
        config=what_decides(plan.config),
        labels=Labels(**labels_of(plan.config)),
        physics=plan.physics,
        traits=plan.traits,
        networks=(),
    )
    return bundle, trials, plan, sources


def _said(trials: pd.DataFrame, plan: Plan, sources: Mapping[str, Source]) -> tuple[str, ...]:
    changes, planned = changes_by_seed(trials), len(plan.trials)
    return answered(trials, changes, sources, planned, variants=plan.variants)["sentences"]


def _folds(bundle: Bundle, plan: Plan) -> pd.DataFrame:
    """Errors on Matbench's folds by dataset, from the records that lie in the bundle."""
    records = [read_folds(path) for path in sorted((bundle.folder / MATBENCH).glob("*.json*"))]
    found = pd.concat(records, ignore_index=True) if records else pd.DataFrame(columns=FOLD_COLUMNS)
    tasks = {
        task_of(entry["file"]): name
        for name, entry in plan.config["datasets"].items()
        if entry["source"] == "matbench" and name not in plan.variants
    }
    return found.assign(dataset=found["task"].map(tasks)).dropna(subset="dataset")


def _counts(bundle: Bundle) -> pd.DataFrame:
    """Counts of the datasets, where the bundle has them."""
    path = bundle.path(COUNTS)
    return read_table(path).to_pandas() if path.is_file() else pd.DataFrame()


def _perturbed(bundle: Bundle) -> dict[str, pd.DataFrame] | None:
    """Numbers of the table of invariances and the figure of noise, where both lie in the bundle."""
    paths = {name: bundle.folder / PERTURBED / f"{name}.parquet" for name in ("invariances", "noise")}
    if not all(path.is_file() for path in paths.values()):
        return None
    return {name: read_table(path).to_pandas() for name, path in paths.items()}
