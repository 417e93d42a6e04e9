"""`gnnpool plan`: where more seeds decide."""

import argparse
import json
import sys

from gnnpool.commands import options

HELP = "find where more seeds decide, and ask for them alone"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--detect", type=float, required=True, metavar="PERCENT", help="change that matters, %%"
    )
    options.configfile(parser)
    options.reading(parser)
    parser.add_argument(
        "--looks", nargs="+", type=int, metavar="SEEDS", help="seeds at which to decide; 5 10 20 if not given"
    )
    parser.add_argument("--next-look", action="store_true", help="ask for the seeds of the next look alone")
    parser.add_argument("--output", metavar="FILE", help="overlay to write (YAML)")
    options.as_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from gnnpool.analysis.sequential import LOOKS
    from gnnpool.seed_overlay import write_overlay
    from gnnpool.seed_plan import plan_seeds
    from gnnpool.seed_table import as_json, as_text

    plan = plan_seeds(
        options.checked_config(arguments),
        detect=arguments.detect,
        reading=arguments.reading,
        looks=arguments.looks or LOOKS,
        next_look=arguments.next_look,
    )
    print(json.dumps(as_json(plan), indent=2) if arguments.json else as_text(plan))
    if arguments.output and plan.new_seeds:
        files = " ".join([*arguments.configfile, arguments.output])
        looks = ", ".join(map(str, plan.looks))
        head = f"Overlay: the seeds that decide a change of {plan.detect:g} %, with looks at {looks} seeds."
        write_overlay(arguments.output, plan.blocks, head=f"{head}\nsnakemake --configfile {files}")
        print(f"overlay: {arguments.output}", file=sys.stderr)
    elif arguments.output:
        print("overlay: not written, no further seeds are asked for", file=sys.stderr)
    return 0
