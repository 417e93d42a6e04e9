"""`gnnpool export-tensorboard`: histories of finished trials for TensorBoard."""

import argparse

from gnnpool.extras import require

HELP = "write the histories of finished trials for TensorBoard"
NOTES = (
    "One run for each trial, one point for each epoch. `tensorboard --logdir FOLDER` shows them. Needs "
    "gnnpool[tensorboard]."
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("results", metavar="RESULTS", help="folder of results")
    parser.add_argument("--output", required=True, metavar="FOLDER", help="new or empty folder")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    require("tensorboard", "tensorboard")
    from gnnpool.event_files import export_histories

    trials = export_histories(results=arguments.results, output=arguments.output)
    print(f"{trials} trials; show them with: tensorboard --logdir {arguments.output}")
    return 0
