"""`gnnpool findings`: what the trials of a bundle say about the paper's claims."""

import argparse

HELP = "print the findings of a bundle as Markdown"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("bundle", metavar="BUNDLE", help="folder of the bundle")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from gnnpool.bundle.findings import findings_of

    print(findings_of(arguments.bundle), end="")
    return 0
