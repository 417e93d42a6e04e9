"""`gnnpool verify`: train trials of a bundle again and compare."""

import argparse

from gnnpool.errors import DIFFERENT

HELP = "train trials of a bundle again and compare"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("bundle", metavar="BUNDLE", help="folder of the bundle")
    parser.add_argument("--trials", type=int, default=2, help="how many, chosen at random; 2 if not given")
    parser.add_argument("--seed", type=int, default=0, help="for the choice; 0 if not given")
    parser.add_argument("--cores", type=int, default=1, help="for the workflow; 1 if not given")
    parser.add_argument(
        "--configfile", nargs="+", default=[], metavar="FILE", help="overlays that say where the data lie"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command; the exit status says whether all chosen trials agree."""
    from gnnpool.bundle.verify import as_text, verify

    found = verify(
        arguments.bundle,
        count=arguments.trials,
        seed=arguments.seed,
        overlays=arguments.configfile,
        cores=arguments.cores,
    )
    print(as_text(found))
    return 0 if all(one.agrees for one in found) else DIFFERENT
