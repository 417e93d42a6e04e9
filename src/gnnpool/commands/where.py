"""`gnnpool where`: the results of a workflow."""

import argparse
from pathlib import Path

from gnnpool.errors import ArtifactError

HELP = "list the results of a workflow"
_PLACES = (
    ("report", "report.html"),
    ("datasets", "analysis/datasets.html"),
    ("tables", "tables/*.html"),
    ("figures", "figures/*.png"),
    ("crystals", "explanations/*/*.png"),
    ("all trials", "analysis/trials.parquet"),
    ("one folder a trial", "trials"),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("results", metavar="RESULTS", help="folder of results")


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Raises:
        ArtifactError: If there is no such folder, or nothing in it.
    """
    root = Path(arguments.results)
    if not root.is_dir():
        raise ArtifactError(f"{root}: no such folder; expected the folder `results` of the configuration")
    places = {what: sorted(root.glob(pattern)) for what, pattern in _PLACES}
    if not any(places.values()):
        raise ArtifactError(f"{root}: found no results; `gnnpool status` shows the progress of the workflow")
    for what, found in places.items():
        if found:
            print(f"{what:>18}  " + ("\n" + " " * 20).join(str(path) for path in found))
    return 0
