"""`gnnpool where`: the results of a workflow, and what they say."""

import argparse
import shutil
import textwrap
from pathlib import Path

from gnnpool.errors import ArtifactError

HELP = "list the results of a workflow, and say what they show"
_PLACES = (
    ("report", "report.html"),
    ("datasets", "analysis/datasets.html"),
    ("tables", "tables/*.html"),
    ("figures", "figures/*.png"),
    ("crystals", "explanations/*/*.png"),
    ("all trials", "analysis/trials.parquet"),
    ("one folder a trial", "trials"),
)
_ANSWER = "report.txt"
_WIDEST = 100  # characters of a line of the answer


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
    if (root / _ANSWER).is_file():
        # The first paragraph; the others are in the report.
        first = (root / _ANSWER).read_text(encoding="utf-8").partition("\n")[0]
        print("\n" + textwrap.fill(first, min(shutil.get_terminal_size().columns, _WIDEST)))
    return 0
