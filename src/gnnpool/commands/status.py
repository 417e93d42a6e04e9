"""`gnnpool status`: the progress of all trials."""

import argparse
import json
import math
import sys
import time
from datetime import datetime

from gnnpool.commands import options
from gnnpool.errors import ConfigError

HELP = "show the progress of all trials, during a run and after it"
_NEEDS = ("results", "logs", "seeds", "noise_floor", "blocks")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    options.configfile(parser)
    parser.add_argument(
        "--watch",
        nargs="?",
        type=float,
        const=10.0,
        metavar="SECONDS",
        help="repeat until all trials are done, every 10 s if not given; Ctrl-C ends it",
    )
    options.as_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Raises:
        ConfigError: If the interval is not above 0, or a key of the configuration is missing or wrong.
    """
    from gnnpool.status import as_json, as_text, read_status

    every = arguments.watch
    if every is not None and not (math.isfinite(every) and every > 0):
        raise ConfigError(f"--watch: found {every:g}, expected seconds above 0")
    config = options.config_parts(arguments.configfile, _NEEDS)
    if every is None:
        status = read_status(config)
        print(json.dumps(as_json(status), indent=2) if arguments.json else as_text(status))
        return 0
    clear = "\x1b[H\x1b[2J" if sys.stdout.isatty() else ""
    try:
        while True:
            status = read_status(config)
            if arguments.json:
                print(json.dumps(as_json(status)), flush=True)
            else:
                print(f"{clear}{datetime.now():%Y-%m-%d %H:%M:%S}\n{as_text(status)}\n", flush=True)
            if status.is_done:
                return 0
            time.sleep(every)
    except KeyboardInterrupt:  # the usual end of watching
        return 0
