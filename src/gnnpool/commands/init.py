"""`gnnpool init`: a folder in which the workflow runs."""

import argparse
from pathlib import Path

HELP = "make a folder in which the workflow runs"
NOTES = (
    "The folder gets the Snakefile, workflow/, config/, profiles/ and the trials in evidence/ of the "
    "installed package. A folder that holds files is refused. Jobs run in the environment of the command; "
    "conda environments and containers (--sdm) need a checkout."
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("folder", metavar="FOLDER", help="new or empty folder")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from gnnpool.shipped import make_folder

    for name in make_folder(arguments.folder):
        print(Path(arguments.folder) / name)
    print(f"\ncd {arguments.folder}")
    print("gnnpool doctor      # check this machine and the configuration")
    print("snakemake -n        # list what would run")
    return 0
