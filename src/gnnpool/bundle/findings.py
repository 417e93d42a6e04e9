"""The answer that a bundle gives, and its page of findings."""

from pathlib import Path

from gnnpool.analysis.change import changes_by_seed
from gnnpool.analysis.collect import read_trials
from gnnpool.bundle.files import open_bundle
from gnnpool.config import labels_of, what_decides
from gnnpool.plan import Plan
from gnnpool.pooling_names import sees_size
from gnnpool.report.findings import findings
from gnnpool.report.grid import grid_sources
from gnnpool.report.write import answered
from gnnpool.specs import Labels


def findings_of(folder: str | Path) -> str:
    """Write the findings of a bundle as Markdown.

    Args:
        folder: The bundle.

    Raises:
        ArtifactError: If it is damaged.
    """
    bundle = open_bundle(folder)
    trials, config = read_trials(bundle.path("trials")), bundle.config
    return findings(
        trials,
        config=what_decides(config),
        labels=Labels(**labels_of(config)),
        note=config["note"],
        sees_size={name: sees_size(name, config["poolings"].get(name)) for name in set(trials["pooling"])},
        answer=answer_of(folder),
        datasets=config["datasets"],
    )


def answer_of(folder: str | Path) -> tuple[str, ...]:
    """The sentences with which the report of a bundle begins.

    Args:
        folder: The bundle.

    Returns:
        Those of :func:`gnnpool.report.answer.answer`.

    Raises:
        ArtifactError: If it is damaged.
    """
    bundle = open_bundle(folder)
    trials, plan = read_trials(bundle.path("trials")), Plan(bundle.config)
    sources = grid_sources(
        trials,
        plan.trials,
        config=what_decides(bundle.config),
        labels=Labels(**labels_of(bundle.config)),
        physics=plan.physics,
        traits=plan.traits,
        networks=(),
    )
    return answered(trials, changes_by_seed(trials), sources, len(plan.trials))["sentences"]
