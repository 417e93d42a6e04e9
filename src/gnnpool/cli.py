# PYTHON_ARGCOMPLETE_OK
"""The command `gnnpool`: its parser, its exit status, and what ends it."""

import argparse
import os
import sys
from importlib import import_module

from gnnpool import __version__
from gnnpool.errors import GnnpoolError, InterruptedTraining
from gnnpool.logs import INTERRUPTED, ignore_signals

COMMANDS = (
    *("init", "doctor", "list", "estimate", "status", "where"),
    *("train", "predict", "plan", "export-matbench", "export-tensorboard"),
    *("bundle", "verify", "remake", "findings"),
)


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments; those of the process if None.

    Returns:
        Exit status, one of :data:`gnnpool.errors.STATUSES`.
    """
    parser = make_parser()
    if "_ARGCOMPLETE" in os.environ:  # a shell asks for completions
        import argcomplete

        argcomplete.autocomplete(parser)
    arguments = parser.parse_args(argv)
    try:
        status = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except GnnpoolError as error:
        print(f"gnnpool: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        ignore_signals()
        print(f"gnnpool: {INTERRUPTED}", file=sys.stderr)
        return InterruptedTraining.exit_status
    except BrokenPipeError:  # the reader, such as head, has all it wants
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def make_parser() -> argparse.ArgumentParser:
    """The parser with all commands; ``run`` of its result is the function to call."""
    parser = argparse.ArgumentParser(
        prog="gnnpool",
        description="Compare poolings of graph neural networks for crystals. Workflow: snakemake -n",
        epilog="gnnpool COMMAND --help lists the options of a command; docs/command-line.md has them all.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = import_module(f"gnnpool.commands.{name.replace('-', '_')}")
        sentence = f"{module.HELP[0].upper()}{module.HELP[1:]}."
        notes = getattr(module, "NOTES", None)
        command = commands.add_parser(name, help=module.HELP, description=sentence, epilog=notes)
        module.add(command)
        command.set_defaults(run=module.run)
    return parser
