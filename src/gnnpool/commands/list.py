"""`gnnpool list`: what a configuration can name."""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from gnnpool.commands import options

HELP = "list datasets, models, poolings, and kinds of figures and tables"
NOTES = (
    "Plug-ins are included, with their entry point. Laws of a pooling: sees size, its vector depends on "
    "the size of the cell; needs edges, layers or species, it reads edges, the embeddings after each layer "
    "or the elements; ?, not known."
)
_KINDS = ("datasets", "models", "poolings", "figures", "tables")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("kind", nargs="?", choices=_KINDS, help="what to list; everything if not given")
    options.configfile(parser)
    parser.set_defaults(configfile=None)
    options.as_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command; without configuration file, that of the package is read."""
    from gnnpool.catalog import KINDS
    from gnnpool.shipped import shipped_folder

    here = Path("config/config.yaml")
    files = arguments.configfile or [here if here.is_file() else shipped_folder() / here]
    kinds = [arguments.kind] if arguments.kind else _KINDS
    config = options.config_parts(files, kinds)
    found = {kind: KINDS[kind](config) for kind in kinds}
    if arguments.json:
        print(json.dumps(found, indent=2))
        return 0
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    blocks = [columns(rows, width=width) for rows in found.values()]
    titles = [f"{kind}\n" if len(kinds) > 1 else "" for kind in kinds]
    print("\n\n".join(f"{title}{block}" for title, block in zip(titles, blocks, strict=True)))
    return 0


def columns(rows: Sequence[Mapping], *, width: int | None) -> str:
    """Rows as aligned columns; a column that says nothing or "gnnpool" in every row is omitted.

    Args:
        rows: With the same keys.
        width: Characters at which lines are cut; None for whole lines.
    """
    keys = rows[0] if rows else []
    names = [name for name in keys if any(row[name] not in (None, "gnnpool") for row in rows)]
    table = [
        [name.replace("_", " ") for name in names],
        *([_text(row[name]) for name in names] for row in rows),
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(f"{cell:{n}}" for cell, n in zip(row, widths, strict=True)).rstrip() for row in table]
    return "\n".join(
        line if width is None or len(line) <= width else f"{line[: width - 1]}…" for line in lines
    )


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if value is None:
        return "?"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
