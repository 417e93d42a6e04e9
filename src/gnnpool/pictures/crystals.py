"""The same crystals under several poolings, side by side: a line for each crystal."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from gnnpool.figures import style
from gnnpool.pictures.crystal import Crystal, draw_crystal
from gnnpool.wording import MINUS, label_of

# Red raises the prediction, blue lowers it, white does neither.
COLORS = "RdBu_r"

# Inches.
_HEAD, _PANEL, _BAR, _WORDS, _GAP, _EDGE = 1.35, 1.5, 0.07, 0.62, 0.18, 0.12


def draw_crystals(
    atoms: pd.DataFrame,
    structures: pd.DataFrame,
    *,
    poolings: Sequence[str],
    title: str,
    unit: str,
    labels: Mapping[str, Mapping[str, str]],
    notes: Sequence[str],
) -> Figure:
    """Draw the structures that are shown, each with the colors of every pooling.

    Every picture has a scale of its own, symmetric about zero, with a color bar below it. Where no
    contribution is larger than what rounding makes, the scale is that.

    Args:
        atoms: Rows of :func:`gnnpool.explain.rows.atom_rows`.
        structures: Rows of :func:`gnnpool.explain.rows.structure_row`.
        poolings: In the order of the columns; those without rows are left out.
        title: Above all.
        unit: Of the target.
        labels: For each of datasets, models, edges and poolings the labels by slug.
        notes: Sentences below.

    Returns:
        The figure; nothing is saved.
    """
    shown = structures[structures["shown"] > 0]
    ids = list(dict.fromkeys(shown.sort_values("shown", kind="stable")["id"]))
    poolings = [pooling for pooling in poolings if pooling in set(shown["pooling"])]
    by_both, of_atoms = shown.set_index(["id", "pooling"]), dict(tuple(atoms.groupby(["id", "pooling"])))
    with style.styled():
        page = _Page(len(ids), len(poolings), title=title, notes=notes)
        for column, pooling in enumerate(poolings):
            page.head(column, label_of(labels, "poolings", pooling))
        for line, id_ in enumerate(ids):
            page.label(line, by_both.loc[(id_, poolings[0])], of_atoms[(id_, poolings[0])], unit)
            for column, pooling in enumerate(poolings):
                page.panel(line, column, by_both.loc[(id_, pooling)], of_atoms[(id_, pooling)], unit)
    return page.figure


class _Page:
    """Places on the page, in inches from its upper left corner."""

    def __init__(self, lines: int, columns: int, *, title: str, notes: Sequence[str]) -> None:
        self.width = _EDGE + _HEAD + max(columns * (_PANEL + _GAP), 3.4) + _EDGE
        room = self.width - 2 * _EDGE
        notes = [line for note in notes for line in style.wrap(note, room, style.SMALL)]
        titles = style.wrap(title, room, style.FONT_SIZE + 2, bold=True)
        self.top = 0.45 + 0.18 * len(titles)
        self.step = _PANEL + _BAR + _WORDS
        bottom = self.top + lines * self.step
        self.height = bottom + style.LINE * len(notes) + 0.12
        self.figure = Figure(figsize=(self.width, self.height))
        self.text(_EDGE, 0.1, titles, size=style.FONT_SIZE + 2, weight="bold")
        self.text(_EDGE, bottom, notes, color=style.SOFT)

    def text(self, x: float, y: float, lines: Sequence[str], **options: object) -> None:
        options = {"size": style.SMALL, "va": "top", "linespacing": 1.35, **options}
        self.figure.text(x / self.width, 1 - y / self.height, "\n".join(lines), **options)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        place = (x, self.height - y - height, width, height)
        sides = (self.width, self.height, self.width, self.height)
        return self.figure.add_axes(tuple(p / s for p, s in zip(place, sides, strict=True)))

    def left(self, column: int) -> float:
        return _EDGE + _HEAD + column * (_PANEL + _GAP)

    def head(self, column: int, words: str) -> None:
        middle = self.left(column) + _PANEL / 2
        lines = textwrap.wrap(words, 20)
        self.text(middle, self.top - 0.06, lines, ha="center", va="bottom", weight="bold")

    def label(self, line: int, row: pd.Series, atoms: pd.DataFrame, unit: str) -> None:
        lines = [*textwrap.wrap(formula(atoms["element"]), 18), *textwrap.wrap(str(atoms["id"].iloc[0]), 18)]
        lines += ["1 atom" if row["atoms"] == 1 else f"{row['atoms']} atoms"]
        lines += ["target", quantity(row["target"], unit)]
        if row["part"] != "test":
            lines.append({"train": "trained on", "val": "validated on"}[row["part"]])
        self.text(_EDGE, self.top + line * self.step + 0.25, lines)

    def panel(self, line: int, column: int, row: pd.Series, atoms: pd.DataFrame, unit: str) -> None:
        x, y = self.left(column), self.top + line * self.step
        values = atoms["contribution"].to_numpy(dtype=float)
        largest = max(row["resolution"], np.nanmax(np.abs(values), initial=0))
        scale, colors = Normalize(-largest, largest), matplotlib.colormaps[COLORS]
        crystal = Crystal(
            lattice=np.array(row["lattice"], dtype=float).reshape(3, 3),
            fractional=atoms[["fractional_a", "fractional_b", "fractional_c"]].to_numpy(),
            numbers=atoms["number"].to_numpy(),
        )
        axes = self.axes(x, y, _PANEL, _PANEL)
        draw_crystal(axes, crystal, values, colors=colors, scale=scale, size=(_PANEL, _PANEL))
        if np.isfinite(values).any():
            self.bar(x, y + _PANEL + 0.03, ScalarMappable(scale, colors))
        words = [f"predicted {quantity(row['prediction'], unit)}", _part_played(row)]
        self.text(x + _PANEL / 2, y + _PANEL + _BAR + 0.2, words, ha="center")

    def bar(self, x: float, y: float, colors: ScalarMappable) -> None:
        bar = self.figure.colorbar(
            colors, cax=self.axes(x + 0.2, y, _PANEL - 0.4, _BAR), orientation="horizontal"
        )
        low, high = colors.get_clim()
        bar.set_ticks([low, 0, high], labels=[rounded(low), "0", f"+{rounded(high)}"])
        bar.outline.set_linewidth(0.4)
        bar.ax.tick_params(labelsize=style.SMALL - 0.5, pad=1.5)


def formula(elements: Sequence[str]) -> str:
    """Elements with their numbers in the cell, in the order of their symbols, such as Cl4Na4."""
    counts = pd.Series(list(elements)).value_counts().sort_index()
    return "".join(f"{element}{count if count > 1 else ''}" for element, count in counts.items())


def rounded(value: float) -> str:
    """A number of about three digits with a proper minus sign."""
    text = f"{value:.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("-", MINUS)


def quantity(value: float, unit: str) -> str:
    """A value with its unit; the unit 1 is not written."""
    return rounded(value) if unit == "1" else f"{rounded(value)} {unit}"


def _part_played(row: pd.Series) -> str:
    if row["atoms"] == 1:
        return "one atom: no contribution"
    if pd.isna(row["participation"]):
        return "no atom tells"
    return f"{row['participating_atoms']:.1f} of {row['atoms']} atoms take part"
