"""A printed table as HTML: alone as a page, or as a part of one."""

import html

from gnnpool.tables.printed import Item, Printed, Row

# Colors follow the reader's light or dark setting.
COLORS = """
:root { color-scheme: light dark; --text: #1a1a1a; --soft: #595959; --rule: #8c8c8c; --page: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --text: #ececec; --soft: #b0b0b0; --rule: #7a7a7a; --page: #161616; }
}
"""
TABLE_CSS = """
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
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
"""
_PAGE_CSS = """
body { margin: 1.5rem; background: var(--page); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1rem; margin: 0 0 .6rem; }
footer { color: var(--soft); font-size: .87em; max-width: 60rem; margin-top: 1rem; }
footer p { margin: .2rem 0; }
"""


def to_html(table: Printed) -> str:
    """Page that needs no other file and follows the reader's light or dark setting."""
    title = html.escape(table.title)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{COLORS}{TABLE_CSS}{_PAGE_CSS}</style>
</head>
<body>
<h1 id="title">{title}</h1>
{html_table(table, labelled_by="title")}
<footer>
{html_notes(table)}
</footer>
</body>
</html>
"""


def html_table(table: Printed, *, labelled_by: str) -> str:
    """The lines of a table, in a box that scrolls where the page is too narrow.

    Args:
        table: The table; all that it says is escaped.
        labelled_by: Identifier of the element that holds its title.
    """
    heads = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in table.columns)
    rows = "\n".join(_html_row(row, width=len(table.columns) + 1) for row in table.rows)
    return f"""<div class="scroll" tabindex="0" role="group" aria-labelledby="{labelled_by}">
<table aria-labelledby="{labelled_by}">
<thead><tr><td></td>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>"""


def html_notes(table: Printed) -> str:
    """The sentences below a table, one paragraph each."""
    return "\n".join(f"<p>{html.escape(note)}</p>" for note in table.notes)


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
