"""One printed table as Markdown and LaTeX."""

import re
import textwrap

from gnnpool.tables.printed import Item, Printed, Row
from gnnpool.wording import MINUS, TIMES


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
    "[": "{[}",  # at the beginning of a line it would be an option of the command before
}


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#~$])", r"\\\1", text)


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
