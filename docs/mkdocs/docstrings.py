"""Extension of Griffe: roles and formulas of reStructuredText in docstrings become Markdown."""

import re
import textwrap
from typing import Any

from griffe import Extension, Object

_ROLE = re.compile(r":(?:class|func|meth|mod|data|attr):`~?([\w.]+)`")
_CODE = re.compile(r"``(.+?)``", re.DOTALL)
_FORMULA = re.compile(r"^( *)\.\. math::[^\S\n]*(.*(?:\n(?:\1 +\S.*|(?=\n\1 +)))*)", re.MULTILINE)


class Markdown(Extension):
    """Rewrite every docstring that has been read."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """See :class:`griffe.Extension`."""
        if obj.docstring:
            text = _FORMULA.sub(_formula, obj.docstring.value)
            obj.docstring.value = _CODE.sub(r"`\1`", _ROLE.sub(r"`\1`", text))


def _formula(match: re.Match) -> str:
    indent, formula = match.groups()
    return textwrap.indent(f"$$\n{textwrap.dedent(formula).strip()}\n$$", indent)
