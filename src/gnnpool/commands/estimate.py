"""`gnnpool estimate`: the cost of the planned trials."""

import argparse
import json

from gnnpool.commands import options

HELP = "estimate hours, disk and downloads of the planned trials"
NOTES = (
    "Each number names its basis: finished trials here; those of a bundle, also the one that comes with the "
    "project; or, for processor time, training steps with mean pooling as in docs/performance.md, without "
    "validation, start and what another pooling adds. Without a basis it is unknown. Times are scaled to the "
    "planned epochs. `make bench-gpu` measures a GPU."
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    options.configfile(parser)
    options.as_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from gnnpool.estimate import as_json, as_text, estimate_cost
    from gnnpool.shipped import evidence

    found = estimate_cost(options.checked_config(arguments), bundles=evidence())
    print(json.dumps(as_json(found), indent=2) if arguments.json else as_text(found))
    return 0
