"""One printed table as Markdown, LaTeX and HTML."""

import html
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from gnnpool.analysis.wording import MINUS


@dataclass(frozen=True)
class Item:
    """One number of a table, or the word that stands in its place.

    Args:
        text: The number with its sign, or a word for a gap.
        spread: What follows the plus-minus sign; empty if there is none.
        remark: What limits the number, such as "3 of 5 seeds"; empty if nothing does.
    """

    text: str
    spread: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a table; a summary line is set apart from those it summarizes."""

    label: str
    items: Sequence[Item]
    summary: bool = False


@dataclass(frozen=True)
class Printed:
    """A table as it is read: words only.

    Args:
        name: Slug, for cross-references.
        title: What the table shows.
        columns: Heads of the columns, the one over the row labels not counted.
        rows: The lines, as many items in each as there are columns.
        notes: Sentences below the table.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str]


def to_markdown(table: Printed) -> str:
    """Pipe table with its title above and its notes below."""
    lines = [["", *map(_markdown, table.columns)], ["---", *["---:"] * len(table.columns)]]
    lines += [[_markdown(row.label), *(_markdown_item(item) for item in row.items)] for row in table.rows]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    notes = "\n".join(f"- {_markdown(note)}" for note in table.notes)
    return f"**{_markdown(table.title)}**\n\n{body}\n\n{notes}\n"


def to_latex(table: Printed) -> str:
    """Floating table of the package booktabs; the spread is a subscript."""
    lines = []
    for row in table.rows:
        if row.summary:
            lines.append(r"\midrule")
        lines.append(" & ".join([_latex(row.label), *map(_latex_item, row.items)]) + r" \\")
    heads = " & ".join(["", *map(_latex_head, table.columns)])
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_latex(table.title)}}}",
            rf"\label{{tab:{table.name}}}",
            r"\footnotesize",
            r"\setlength{\tabcolsep}{4pt}",
            rf"\begin{{tabular}}{{l{'r' * len(table.columns)}}}",
            r"\toprule",
            rf"{heads} \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            "",
            r"\medskip",
            r"\begin{minipage}{\linewidth}\footnotesize",
            *(f"{_latex(note)}\n" for note in table.notes),
            r"\end{minipage}",
            r"\end{table}",
            "",
        ]
    )


def to_html(table: Printed) -> str:
    """Page that needs no other file and follows the reader's light or dark setting."""
    heads = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in table.columns)
    rows = "\n".join(
        f'<tr{" class=summary" if row.summary else ""}><th scope="row">{html.escape(row.label)}</th>'
        + "".join(f"<td>{_html_item(item)}</td>" for item in row.items)
        + "</tr>"
        for row in table.rows
    )
    notes = "\n".join(f"<p>{html.escape(note)}</p>" for note in table.notes)
    title = html.escape(table.title)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_CSS}</style>
</head>
<body>
<div class="scroll">
<table>
<caption>{title}</caption>
<thead><tr><td></td>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
<footer>
{notes}
</footer>
</body>
</html>
"""


_CSS = """
:root { color-scheme: light dark; --text: #1a1a1a; --soft: #595959; --rule: #8c8c8c; --page: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --text: #ececec; --soft: #b0b0b0; --rule: #7a7a7a; --page: #161616; }
}
body { margin: 1.5rem; background: var(--page); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .6rem; }
th, td { padding: .35rem .8rem; text-align: right; vertical-align: top; white-space: nowrap; }
th { font-weight: 600; }
thead th { white-space: normal; vertical-align: bottom; max-width: 9rem; }
tbody th { text-align: left; }
thead tr, tbody tr:last-child, .summary { border-bottom: 1px solid var(--rule); }
thead tr, .summary { border-top: 1px solid var(--rule); }
small { color: var(--soft); font-size: .82em; }
td small { display: block; }
footer { color: var(--soft); font-size: .87em; max-width: 60rem; margin-top: 1rem; }
footer p { margin: .2rem 0; }
"""

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "±": r"$\pm$",
    MINUS: "$-$",
    "\N{EM DASH}": "---",
}


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", text)


def _markdown_item(item: Item) -> str:
    return _markdown(_one_line(item))


def _one_line(item: Item) -> str:
    spread = f" ± {item.spread}" if item.spread else ""
    remark = f" ({item.remark})" if item.remark else ""
    return f"{item.text}{spread}{remark}"


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


def _latex_head(text: str) -> str:
    lines = textwrap.wrap(text, 14, break_long_words=False) or [""]
    return r"\shortstack[r]{" + r" \\ ".join(map(_latex, lines)) + "}"


def _latex_item(item: Item) -> str:
    if not item.spread:
        return _latex(_one_line(item))
    remark = f" ({_latex(item.remark)})" if item.remark else ""
    return rf"${item.text.replace(MINUS, '-')}_{{\pm {item.spread}}}${remark}"


def _html_item(item: Item) -> str:
    spread = f"<small>± {html.escape(item.spread)}</small>" if item.spread else ""
    remark = f"<small>{html.escape(item.remark)}</small>" if item.remark else ""
    return html.escape(item.text) + spread + remark
