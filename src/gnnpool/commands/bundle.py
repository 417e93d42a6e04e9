"""`gnnpool bundle`: the finished trials of a folder of results as a bundle."""

import argparse
from pathlib import Path

from gnnpool.commands import options

HELP = "write the finished trials of a folder of results as a bundle"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("results", metavar="RESULTS", help="folder of results")
    parser.add_argument("folder", metavar="BUNDLE", help="folder of the bundle")
    parser.add_argument(
        "--weights",
        nargs="+",
        metavar="POOLING",
        default=[],
        help="also keep the trained weights of these poolings, with which `gnnpool predict` predicts",
    )
    options.configfile(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from gnnpool.bundle.write import write_bundle

    sizes = write_bundle(
        arguments.results,
        arguments.folder,
        config=options.checked_config(arguments),
        weights=arguments.weights,
    )
    for name, size in sizes.items():
        print(f"{size / 1e6:9.3f} MB  {Path(arguments.folder) / name}")
    print(f"{sum(sizes.values()) / 1e6:9.3f} MB  together")
    return 0
