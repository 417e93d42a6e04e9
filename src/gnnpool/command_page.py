"""The page of the command line: python -m gnnpool.command_page > docs/command-line.md."""

import argparse
import textwrap

from gnnpool.cli import make_parser
from gnnpool.errors import STATUSES

_HEAD = """# The command line

Written by `python -m gnnpool.command_page > docs/command-line.md` from the parsers of the commands.

`gnnpool COMMAND --help` prints the same. Options may be shortened as long as they are unambiguous. Results
go to standard output, messages to standard error; there are no colors, and progress is
shown on a terminal alone.

Completion of commands and options in bash and zsh (argcomplete, part of `gnnpool[workflow]`):

```sh
eval "$(register-python-argcomplete gnnpool)"
```
"""
_STATUSES = """## Exit statuses

These are the statuses of the command `gnnpool` and of the jobs; `snakemake` itself ends with 0 or 1. An error
is reported in one sentence; only status 1 has a traceback.

| status | meaning |
| --- | --- |
"""


def page() -> str:
    """The page as Markdown: each command with its arguments, and the exit statuses."""
    parser = make_parser()
    (commands,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    table = ["| command | purpose |", "| --- | --- |"]
    table += [f"| [{one.dest}](#gnnpool-{one.dest}) | {one.help} |" for one in commands._choices_actions]
    parts = [_HEAD, *table, "", *(_command(name, one) for name, one in commands.choices.items())]
    rows = (f"| {status} | {meaning} |" for status, meaning in STATUSES.items())
    return "\n".join([*parts, _STATUSES + "\n".join(rows)]) + "\n"


def _command(name: str, parser: argparse.ArgumentParser) -> str:
    lines = [f"## gnnpool {name}", "", parser.description or "", ""]
    notes = textwrap.fill(parser.epilog or "", width=110, break_long_words=False, break_on_hyphens=False)
    lines += [notes, ""] if notes else []
    lines += ["| argument | meaning |", "| --- | --- |"]
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction):
            help_ = (action.help or "").replace("%%", "%")
            lines.append(f"| {_name(action)} | {help_}{'; required' if _is_required(action) else ''} |")
    return "\n".join([*lines, ""])


def _is_required(action: argparse.Action) -> bool:
    return action.required and bool(action.option_strings)


def _name(action: argparse.Action) -> str:
    """An argument with its value as it is typed."""
    value = str(action.metavar or action.dest.upper())
    if action.choices:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    value = {"+": f"{value} ...", "?": f"[{value}]", "0": ""}.get(str(action.nargs), value)
    return f"`{' '.join([*action.option_strings[:1], value]).strip()}`"


if __name__ == "__main__":
    print(page(), end="")
