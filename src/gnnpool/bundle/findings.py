"""The answer that a bundle gives, and its page of findings."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from gnnpool.analysis.change import changes_by_seed
from gnnpool.analysis.collect import read_trials
from gnnpool.bundle.files import open_bundle
from gnnpool.config import labels_of, what_decides
from gnnpool.plan import Plan
from gnnpool.pooling_names import sees_size
from gnnpool.report.findings import findings
from gnnpool.report.grid import grid_sources
from gnnpool.report.size_law import size_sentence
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
        sees_size=_sees_size(trials["pooling"], config),
        answer=answer_of(folder),
        datasets=config["datasets"],
    )


def answer_of(folder: str | Path) -> tuple[str, ...]:
    """The sentences with which the report of a bundle begins, and one on what poolings see.

    Args:
        folder: The bundle.

    Returns:
        Those of :func:`gnnpool.report.answer.answer`; before its last two that of
        :func:`gnnpool.report.size_law.size_sentence`, if there is one.

    Raises:
        ArtifactError: If it is damaged.
    """
    bundle = open_bundle(folder)
    trials, plan, labels = read_trials(bundle.path("trials")), Plan(bundle.config), labels_of(bundle.config)
    config = what_decides(bundle.config)
    sources = grid_sources(
        trials,
        plan.trials,
        config=config,
        labels=Labels(**labels),
        physics=plan.physics,
        traits=plan.traits,
        networks=(),
    )
    said = answered(trials, changes_by_seed(trials), sources, len(plan.trials))["sentences"]
    law = size_sentence(
        trials,
        _sees_size(trials["pooling"], bundle.config),
        labels=Labels(**labels),
        confidence=config["statistics"]["confidence"],
    )
    return (*said[:-2], *filter(None, [law]), *said[-2:])


def _sees_size(poolings: Iterable[str], config: Mapping) -> dict[str, bool | None]:
    return {name: sees_size(name, config["poolings"].get(name)) for name in set(poolings)}
