"""From a measured torture to the table of docs/reliability.md.

python tests/torture/page.py [results/torture/promises.parquet] [docs/reliability.md]
"""

import re
import sys
from pathlib import Path

from gnnpool.artifacts import read_table, write_atomically

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- Written by tests/torture/page.py. Begin. -->", "<!-- End. -->"
_HEAD = (
    "| promise | how it is tested | tried | survived | lost | silent |",
    "| --- | --- | ---: | ---: | ---: | ---: |",
)


def table_of(path: Path) -> list[str]:
    """The table of a torture as lines of Markdown, and when and with which versions it was measured."""
    table = read_table(path)
    about = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    packages = ", ".join(f"{name} {about[name]}" for name in ("gnnpool", "python", "torch", "numpy"))
    rows = [
        f"| {row['promise']} | {row['tested']} "
        f"| {row['tried']:,} | {row['survived']:,} | {row['lost']:,} | {row['silent']:,} |"
        for row in table.to_pylist()
    ]
    return [
        *_HEAD,
        *rows,
        "",
        f"Measured until {about['finished']} in {about['minutes']} minutes; {packages}.",
    ]


def put_into(page: str, lines: list[str]) -> str:
    """A page with these lines between its two marks."""
    text = "\n".join([BEGIN, "", *lines, "", END])
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: text, page, flags=re.S)


def main(measured: str = "results/torture/promises.parquet", page: str = "docs/reliability.md") -> None:
    """Write the table into the page."""
    path = ROOT / page
    text = put_into(path.read_text(encoding="utf-8"), table_of(ROOT / measured))
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main(*sys.argv[1:])
