"""`gnnpool doctor`: checks of the machine, the folders and the configuration."""

import argparse
import dataclasses
import json
import shutil

from gnnpool.commands import options
from gnnpool.errors import DIFFERENT, ConfigError, MissingExtra

HELP = "check this machine, the folders, the data and the configuration"
NOTES = (
    "Each line is ok, a warning (the workflow runs) or a fault (it does not), with what was found and what "
    "to do: Python, torch and the CUDA of its build and of the driver, GPUs, MPS, the C++ compiler, Slurm, "
    "the files of the workflow, the configuration, trials and hours, free disk, flock, and the hash of each "
    "raw file."
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    options.configfile(parser)
    options.as_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command; the exit status says whether there is a fault."""
    from gnnpool.doctor.finding import FAULT, OK, Finding, as_text
    from gnnpool.doctor.machine import check_machine

    files = " ".join(arguments.configfile)
    try:
        from gnnpool.doctor.study import check_files, check_study

        config = options.checked_config(arguments)
    except (ConfigError, MissingExtra) as error:
        todo = "" if isinstance(error, MissingExtra) else "correct the configuration; the rest is not checked"
        study = [Finding("configuration", FAULT, str(error), todo)]
        used = {}
    else:
        study = [check_files(), Finding("configuration", OK, f"{files}: valid"), *check_study(config)]
        used = {"device": config["device"], "engine": config["training"]["engine"]}
    found = [*check_machine(**used), *study]
    if arguments.json:
        print(json.dumps([dataclasses.asdict(one) for one in found], indent=2))
    else:
        print(as_text(found, width=shutil.get_terminal_size((110, 24)).columns))
    return DIFFERENT if any(one.state == FAULT for one in found) else 0
