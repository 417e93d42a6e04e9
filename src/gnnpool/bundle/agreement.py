"""Whether what comes out of a bundle is what is kept beside it."""

import csv
import math
import re
from collections.abc import Iterator
from pathlib import Path

# Tables print six decimals; other processors round the last one differently, and what follows from it.
_SHARE, _LAST = 1e-5, 2e-6
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def compare_tables(kept: Path, made: Path) -> list[str]:
    """Compare the tables (CSV) of two folders.

    Args:
        kept: Folder of the tables of a bundle.
        made: Folder of those that came out; a table that is not there is not compared.

    Returns:
        A line for each table with a difference, naming the first one.
    """
    lines = []
    for path in sorted(kept.glob("*.csv")):
        other = made / path.name
        if other.is_file() and (difference := next(_differences(path, other), "")):
            lines.append(f"{path}: {difference}")
    return lines


def compare_texts(kept: Path, made: str) -> str:
    """Compare a text with numbers; empty if it is the same but for one unit in the last place of numbers.

    Args:
        kept: File of the text.
        made: What came out.
    """
    found = kept.read_text(encoding="utf-8")
    for number, (one, other) in enumerate(zip(found.splitlines(), made.splitlines(), strict=False), start=1):
        if _NUMBER.sub("0", one) != _NUMBER.sub("0", other) or not all(
            map(_close, _NUMBER.findall(one), _NUMBER.findall(other))
        ):
            return f"{kept}: line {number}: found {one!r}, expected {other!r}"
    if len(found.splitlines()) != len(made.splitlines()):
        return f"{kept}: found {len(found.splitlines())} lines, expected {len(made.splitlines())}"
    return ""


def _close(one: str, other: str) -> bool:
    decimals = len(one.partition(".")[2])
    return abs(float(one) - float(other)) <= (1.01 * 10.0**-decimals if decimals else 0)


def _differences(kept: Path, made: Path) -> Iterator[str]:
    with kept.open(encoding="utf-8", newline="") as one, made.open(encoding="utf-8", newline="") as other:
        first, second = list(csv.reader(one)), list(csv.reader(other))
    if len(first) != len(second):
        yield f"found {len(first)} lines, expected {len(second)}"
        return
    for number, (found, expected) in enumerate(zip(first, second, strict=True), start=1):
        if len(found) != len(expected):
            yield f"line {number}: found {len(found)} columns, expected {len(expected)}"
            return
        for name, a, b in zip(first[0], found, expected, strict=True):
            if a != b and not _same_number(a, b):
                yield f"line {number}: {name}: found {a!r}, expected {b!r}"


def _same_number(one: str, other: str) -> bool:
    try:
        return math.isclose(float(one), float(other), rel_tol=_SHARE, abs_tol=_LAST)
    except ValueError:
        return False
