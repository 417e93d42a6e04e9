"""`gnnpool export-matbench`: finished trials as a record of Matbench."""

import argparse

from gnnpool.commands import options

HELP = "write finished trials as a record of Matbench"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("results", metavar="RESULTS", help="folder of results")
    for axis in ("model", "edges", "pooling"):
        parser.add_argument(f"--{axis}", required=True, help=f"{axis} of the trials")
    options.reading(parser)
    parser.add_argument(
        "--output", required=True, metavar="FILE", help="record to write, such as results.json.gz"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from gnnpool.analysis.matbench_record import export_matbench

    names = ("results", "model", "edges", "pooling", "reading", "output")
    for dataset, task in export_matbench(**{name: getattr(arguments, name) for name in names}).items():
        print(f"{dataset:>18}  {task}")
    print(f"{'record':>18}  {arguments.output}")
    return 0
