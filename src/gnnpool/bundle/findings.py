"""The page of findings of a bundle."""

from pathlib import Path

from gnnpool.analysis.collect import read_trials
from gnnpool.bundle.files import open_bundle
from gnnpool.config import labels_of, what_decides
from gnnpool.pooling_names import sees_size
from gnnpool.report.findings import findings
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
    )
