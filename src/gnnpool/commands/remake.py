"""`gnnpool remake`: tables, figures and the report from a bundle alone."""

import argparse
import sys
from pathlib import Path

from gnnpool.errors import DIFFERENT, ArtifactError

HELP = "make tables, figures and the report from a bundle alone"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("bundle", metavar="BUNDLE", help="folder of the bundle")
    parser.add_argument("results", metavar="FOLDER", help="folder to write them into")
    parser.add_argument(
        "--check",
        metavar="FINDINGS",
        help="compare the tables of the bundle, and this file, with what comes out",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command; the exit status says whether what is compared agrees."""
    from gnnpool.bundle.agreement import compare_tables, compare_texts
    from gnnpool.bundle.remake import remake

    if arguments.check and not Path(arguments.check).is_file():
        raise ArtifactError(f"{arguments.check}: no such file")
    made = remake(arguments.bundle, arguments.results)
    for name, why in made.gaps.items():
        print(f"not made: {name}: {why}")
    print(Path(arguments.results) / "report.html")
    if not arguments.check:
        return 0
    from gnnpool.bundle.findings import findings_of

    wrong = compare_tables(Path(arguments.bundle) / "tables", Path(arguments.results) / "tables")
    if difference := compare_texts(Path(arguments.check), findings_of(arguments.bundle)):
        wrong.append(difference)
    for line in wrong:
        print(f"gnnpool: {line}", file=sys.stderr)
    return DIFFERENT if wrong else 0
