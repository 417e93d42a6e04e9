"""Hook of the site: formulas become MathML, which browsers show without a script."""

import html
import re

from latex2mathml.converter import convert

# What pymdownx.arithmatex leaves of a formula, inline or displayed.
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)


def on_page_content(content: str, **_: object) -> str:
    """Replace the formulas of a page."""
    return _FORMULA.sub(_mathml, content)


def _mathml(match: re.Match) -> str:
    kind, _, formula = match.groups()
    display = "block" if kind == "div" else "inline"
    return f'<{kind} class="formula">{convert(html.unescape(formula).strip(), display=display)}</{kind}>'
