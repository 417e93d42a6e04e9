"""Arguments that several commands take, and the configuration that they name."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gnnpool.records import READINGS


def configfile(parser: argparse.ArgumentParser) -> None:
    """Add the configuration files of a study.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        "--configfile",
        nargs="+",
        default=["config/config.yaml"],
        metavar="FILE",
        help="as given to snakemake, overlays last; config/config.yaml if not given",
    )


def reading(parser: argparse.ArgumentParser) -> None:
    """Add the choice of the weights of each training.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        "--reading",
        default=READINGS[0],
        choices=READINGS,
        help="weights of the best epoch (raw, the default), or averaged",
    )


def as_json(parser: argparse.ArgumentParser) -> None:
    """Add the choice of JSON for scripts.

    Args:
        parser: Of the command.
    """
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def checked_config(arguments: argparse.Namespace) -> dict[str, Any]:
    """Read the configuration files of the command and check them.

    Args:
        arguments: With those of :func:`configfile`.

    Raises:
        ConfigError: If the configuration is invalid, with the key.
    """
    from gnnpool.config import check_config, read_config
    from gnnpool.shipped import schema_file

    config = read_config(arguments.configfile, needs=("results", "split", "poolings"))
    check_config(config, schema_file())
    return config


def config_parts(files: Sequence[str | Path], needs: Sequence[str]) -> dict[str, Any]:
    """Read configuration files and check the form of the keys that the command reads, and nothing else.

    Args:
        files: Configuration files, overlays last.
        needs: The keys.

    Raises:
        ConfigError: If a file cannot be read, or a key is missing or not of its form.
    """
    from gnnpool.config import check_form, read_config
    from gnnpool.shipped import schema_file

    config = read_config(files, needs=needs)
    check_form(config, schema_file(), keys=needs)
    return config
