"""A forest plot: changes and their intervals drawn to one common scale, one row for each row of a table.

The scale is asinh(change / margin): linear for changes that do not matter, logarithmic for those that do, so
that a change of 2 % and one of 300 % are both seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from gnnpool.wording import number

WIDTH, HEIGHT, AXIS = 360, 26, 18  # CSS pixels
_EDGE = 14  # px beside the outermost value
_APART = 34  # px between two labels
# In the order in which they are given a place.
_TICKS = (10, 100, 1000, 10_000, 3, 30, 300, 3000, 1, 0.1, 0.3)


@dataclass(frozen=True)
class Scale:
    """From changes to places in a row of the forest plot.

    Args:
        low: Lowest change drawn, %.
        high: Highest change drawn, %.
        margin: Change that matters, %; where the scale turns from linear to logarithmic.
    """

    low: float
    high: float
    margin: float

    @classmethod
    def over(cls, values: Iterable[float], *, margin: float) -> "Scale":
        """The scale that has room for some changes, zero and the margin; missing ones do not count."""
        there = [value for value in values if np.isfinite(value)]
        return cls(min([-margin, *there]), max([margin, *there]), margin)

    def place(self, change: float) -> float:
        """Distance from the left end, px, rounded to a tenth."""
        low, here, high = np.arcsinh(np.array([self.low, change, self.high]) / self.margin)
        return round(_EDGE + (WIDTH - 2 * _EDGE) * (here - low) / (high - low), 1)

    def ticks(self) -> list[float]:
        """Round changes, far enough apart to be written beside each other, in order."""
        chosen = [0.0]
        for size in _TICKS:
            for tick in (-float(size), float(size)):
                inside = self.low <= tick <= self.high
                if inside and all(abs(self.place(tick) - self.place(other)) >= _APART for other in chosen):
                    chosen.append(tick)
        return sorted(chosen)


def grid(scale: Scale) -> Markup:
    """Background of all rows: the margin as a band, a line at each tick; rows refer to it by its id."""
    left, right = scale.place(-scale.margin), scale.place(scale.margin)
    lines = "".join(f"M{scale.place(tick)} 0V{HEIGHT}" for tick in scale.ticks() if tick)
    zero = scale.place(0)
    return Markup(
        '<svg class="defs" width="0" height="0" aria-hidden="true"><defs><g id="grid">'
        '<rect class="band" x="{}" y="0" width="{}" height="{}"/><path class="ticks" d="{}"/>'
        '<path class="zero" d="M{} 0V{}"/></g></defs></svg>'
    ).format(left, round(right - left, 1), HEIGHT, lines, zero, HEIGHT)


def axis(scale: Scale) -> Markup:
    """The labels of the ticks, for the head of the column."""
    digits = {tick: 0 if tick == round(tick) else 1 for tick in scale.ticks()}
    labels = Markup("").join(
        Markup('<text x="{}" y="13">{}</text>').format(scale.place(tick), number(tick, digits=digits[tick]))
        for tick in scale.ticks()
    )
    return Markup('<svg class="axis" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        WIDTH, AXIS, labels
    )


def draw_row(
    scale: Scale,
    *,
    value: float,
    low: float,
    high: float,
    significant: bool,
    dots: Sequence[float],
    text: str,
) -> Markup:
    """One change with its interval and the changes that it averages.

    Args:
        scale: Common to all rows of a page.
        value: The change, %.
        low: Lower end of its interval, %; missing if there is none.
        high: Upper end, %.
        significant: Whether it is significant; lower and higher errors have colors of their own then.
        dots: The changes that it averages, %.
        text: The same in words, for whoever points at it or does not see it; escaped.
    """
    y, x = f"{HEIGHT / 2:g}", scale.place(value)
    kind = "open" if not significant else ("better" if value < 0 else "worse")
    line = ""
    if np.isfinite(low):
        line = f'<path class="interval" d="M{scale.place(low)} {y}H{scale.place(high)}"/>'
    points = "".join(f'<circle class="dot" cx="{scale.place(dot)}" cy="{y}" r="2.5"/>' for dot in dots)
    mark = f'<path class="mark" d="M{x} {HEIGHT / 2 - 6:g}l5 6l-5 6l-5 -6z"/>'
    return Markup(
        f'<svg class="forest-row {kind}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(text)}"><use href="#grid"/>{line}{points}{mark}</svg>'
    )
