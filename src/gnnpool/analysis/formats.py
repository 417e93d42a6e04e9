"""One printed table as Markdown, LaTeX and HTML."""

import html
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from gnnpool.analysis.wording import MINUS, TIMES


@dataclass(frozen=True)
class Item:
    """One number of a table, or the word that stands in its place.

    Args:
        text: The number with its sign, or a word for a gap.
        spread: What follows the plus-minus sign; empty if there is none.
        remark: What the number is from, or what limits it, such as "3 of 5 seeds"; may be empty.
        interval: Where the number may lie, such as "-1 to +2"; empty if there is none.
        faint: Whether the number may be nothing: it is printed gray and in parentheses.
    """

    text: str
    spread: str = ""
    remark: str = ""
    interval: str = ""
    faint: bool = False

    @property
    def shown(self) -> str:
        """The text, in parentheses if it is faint."""
        return f"({self.text})" if self.faint else self.text


@dataclass(frozen=True)
class Row:
    """One line of a table; a summary line is set apart from those it summarizes.

    A line without items is the heading of those that follow.
    """

    label: str
    items: Sequence[Item] = ()
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
    for row in table.rows:
        if row.items:
            lines.append([_markdown(row.label), *(_markdown(_one_line(item)) for item in row.items)])
        else:
            lines.append([f"**{_markdown(row.label)}**", *[""] * len(table.columns)])
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    notes = "\n".join(f"- {_markdown(note)}" for note in table.notes)
    return f"**{_markdown(table.title)}**\n\n{body}\n\n{notes}\n"


def to_latex(table: Printed) -> str:
    """Table of the package booktabs: floating, or over several pages if it is long."""
    heads = " & ".join(["", *map(_latex_head, table.columns)]) + r" \\"
    body = [line for row in table.rows for line in _latex_row(row, width=len(table.columns) + 1)]
    caption, label = rf"\caption{{{_latex(table.title)}}}", rf"\label{{tab:{table.name}}}"
    alignment = f"{{l{'r' * len(table.columns)}}}"
    notes = [r"\medskip", r"\noindent", *(f"{_latex(note)}\n" for note in table.notes)]
    if len(table.rows) > _LONG:
        begin = [rf"\begin{{longtable}}{alignment}", caption + label + r" \\"]
        lines = [*begin, r"\toprule", heads, r"\midrule", r"\endhead", *body, r"\bottomrule"]
        lines += [r"\end{longtable}", *notes]
    else:
        begin = [
            r"\begin{table}",
            r"\centering",
            caption,
            label,
            *_LATEX_SIZE,
            rf"\begin{{tabular}}{alignment}",
        ]
        lines = [*begin, r"\toprule", heads, r"\midrule", *body, r"\bottomrule", r"\end{tabular}", ""]
        lines += [r"\begin{minipage}{\linewidth}", *notes, r"\end{minipage}", r"\end{table}"]
    return "\n".join([r"% \usepackage{booktabs, longtable, xcolor}", *lines, ""])


def to_html(table: Printed) -> str:
    """Page that needs no other file and follows the reader's light or dark setting."""
    heads = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in table.columns)
    rows = "\n".join(_html_row(row, width=len(table.columns) + 1) for row in table.rows)
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
<h1 id="title">{title}</h1>
<div class="scroll">
<table aria-labelledby="title">
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
h1 { font-size: 1rem; margin: 0 0 .6rem; }
th, td { padding: .35rem .8rem; text-align: right; vertical-align: top; white-space: nowrap; }
th { font-weight: 600; }
thead th { white-space: normal; vertical-align: bottom; max-width: 9rem; }
tbody th { text-align: left; font-weight: 500; }
tbody th, thead td { position: sticky; left: 0; background: var(--page); }
tbody .heading th { position: static; font-weight: 600; padding-top: 1rem; }
.heading { border-bottom: 1px solid var(--rule); }
.faint { color: var(--soft); }
@media (max-width: 40rem) { tbody th { white-space: normal; max-width: 8rem; } }
thead tr, tbody tr:last-child, .summary { border-bottom: 1px solid var(--rule); }
thead tr, .summary { border-top: 1px solid var(--rule); }
small { color: var(--soft); font-size: .82em; }
td small { display: block; }
footer { color: var(--soft); font-size: .87em; max-width: 60rem; margin-top: 1rem; }
footer p { margin: .2rem 0; }
"""

# Lines of a table that fit on one page.
_LONG = 40
_LATEX_SIZE = (r"\footnotesize", r"\setlength{\tabcolsep}{4pt}")
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "±": r"$\pm$",
    MINUS: "$-$",
    TIMES: r"$\times$",
    "\N{EM DASH}": "---",
}


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", text)


def _one_line(item: Item) -> str:
    spread = f" ± {item.spread}" if item.spread else ""
    interval = f" [{item.interval}]" if item.interval else ""
    remark = f" ({item.remark})" if item.remark else ""
    return f"{item.shown}{spread}{interval}{remark}"


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


def _latex_head(text: str) -> str:
    lines = textwrap.wrap(text, 14, break_long_words=False) or [""]
    return r"\shortstack[r]{" + r" \\ ".join(map(_latex, lines)) + "}"


def _latex_row(row: Row, *, width: int) -> list[str]:
    rule = [r"\midrule"] if row.summary else []
    if not row.items:
        return [rf"\multicolumn{{{width}}}{{l}}{{\textbf{{{_latex(row.label)}}}}} \\"]
    return [*rule, " & ".join([_latex(row.label), *map(_latex_item, row.items)]) + r" \\ \addlinespace"]


def _latex_item(item: Item) -> str:
    text = _latex(item.shown) + (rf" $\pm$ {item.spread}" if item.spread else "")
    small = [rf"\scriptsize {_latex(line)}" for line in (item.interval, item.remark) if line]
    if small:
        text = r"\begin{tabular}[t]{@{}r@{}}" + r" \\[-2pt] ".join([text, *small]) + r"\end{tabular}"
    return rf"\textcolor{{black!55}}{{{text}}}" if item.faint else text


def _html_row(row: Row, *, width: int) -> str:
    label = html.escape(row.label)
    if not row.items:
        return f'<tr class=heading><th scope="rowgroup" colspan="{width}">{label}</th></tr>'
    items = "".join(map(_html_item, row.items))
    return f'<tr{" class=summary" if row.summary else ""}><th scope="row">{label}</th>{items}</tr>'


def _html_item(item: Item) -> str:
    spread = f"<small>± {html.escape(item.spread)}</small>" if item.spread else ""
    small = "".join(f"<small>{html.escape(line)}</small>" for line in (item.interval, item.remark) if line)
    return f"<td{' class=faint' if item.faint else ''}>{html.escape(item.shown)}{spread}{small}</td>"
