"""Lines of text that fit a width."""

import textwrap
from collections.abc import Sequence

from gnnpool.figures import style

# Inches from one line to the next.
LINE = style.SMALL * 1.35 / 72
# Letters for each "n" in a line: most are narrower.
_NARROWER = 1.22


def wrap(sentences: Sequence[str], width: float) -> list[str]:
    """Break sentences into lines of small type.

    Args:
        sentences: Each begins a line.
        width: Inches.
    """
    room = int(_NARROWER * width / style.text_width("n" * 100, style.SMALL) * 100)
    return [line for sentence in sentences for line in textwrap.wrap(sentence, room)]
