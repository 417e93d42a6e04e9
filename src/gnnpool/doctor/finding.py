"""Result of a check."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

OK, WARNING, FAULT = STATES = ("ok", "warning", "fault")


@dataclass(frozen=True)
class Finding:
    """Result of a check.

    Args:
        name: What was checked.
        state: One of :data:`STATES`; with a warning the workflow runs, with a fault it does not.
        found: What was found.
        todo: What to do; empty if nothing is needed.
    """

    name: str
    state: str
    found: str
    todo: str = ""


def as_text(findings: Sequence[Finding], *, width: int) -> str:
    """A paragraph for each finding, and a last line with the number of each state.

    Args:
        findings: In the order shown.
        width: Characters of a line.
    """
    first = max((len(one.name) for one in findings), default=0)
    margin = " " * (first + 11)
    lines = []
    for one in findings:
        for number, text in enumerate([one.found, *([f"-> {one.todo}"] if one.todo else [])]):
            head = f"{one.state:7}  {one.name:{first}}  " if number == 0 else margin
            lines += textwrap.wrap(
                text,
                width=max(width, len(margin) + 20),
                initial_indent=head,
                subsequent_indent=margin,
                break_long_words=False,
                break_on_hyphens=False,
            )
    counts = (sum(one.state == state for one in findings) for state in STATES)
    return "\n".join([*lines, "", ", ".join(f"{n} {state}" for n, state in zip(counts, STATES, strict=True))])
