"""From a measured torture to the table of docs/reliability.md.

python tests/torture/page.py [--keep] [results/torture/promises.parquet] [docs/reliability.md]

With --keep, rows of promises that were not tried stay, with their date.
"""

import argparse
import re
from pathlib import Path

from gnnpool.artifacts import read_table, write_atomically

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- Written by tests/torture/page.py. Begin. -->", "<!-- End. -->"
_HEAD = (
    "| promise | how it is tested | tried | survived | lost | silent | measured |",
    "| --- | --- | ---: | ---: | ---: | ---: | --- |",
)
_MEASURED = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", flags=re.S)


def table_of(path: Path) -> list[str]:
    """The table of a torture as lines of Markdown, and when and with which versions it was measured."""
    table = read_table(path)
    about = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    packages = ", ".join(f"{name} {about[name]}" for name in ("gnnpool", "python", "torch", "numpy"))
    rows = [
        f"| {row['promise']} | {row['tested']} "
        f"| {row['tried']:,} | {row['survived']:,} | {row['lost']:,} | {row['silent']:,} "
        f"| {about['finished'][:10]} |"
        for row in table.to_pylist()
    ]
    return [
        *_HEAD,
        *rows,
        "",
        f"Measured until {about['finished']} in {about['minutes']} minutes; {packages}.",
    ]


def put_into(page: str, lines: list[str], *, keep: bool = False) -> str:
    """A page with these lines between its two marks.

    Args:
        page: The page.
        lines: Those of :func:`table_of`.
        keep: Whether rows of other promises stay, before the new ones.
    """
    if keep:
        new = {_promise(line) for line in lines}
        old = _MEASURED.search(page)[0].splitlines()  # type: ignore[index]
        kept = [line for line in old if line.startswith("| ") and _promise(line) not in new]
        lines = [*lines[: len(_HEAD)], *kept, *lines[len(_HEAD) :]]
    text = "\n".join([BEGIN, "", *lines, "", END])
    return _MEASURED.sub(lambda _: text, page)


def _promise(line: str) -> str:
    """The first cell of a row."""
    return line.split("|")[1] if line.startswith("|") else ""


def main() -> None:
    """Write the table into the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("measured", nargs="?", default="results/torture/promises.parquet")
    parser.add_argument("page", nargs="?", default="docs/reliability.md")
    parser.add_argument("--keep", action="store_true", help="keep rows of promises that were not tried")
    given = parser.parse_args()
    path = ROOT / given.page
    page, lines = path.read_text(encoding="utf-8"), table_of(ROOT / given.measured)
    text = put_into(page, lines, keep=given.keep)
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()
