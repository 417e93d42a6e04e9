"""The same crystals under several poolings, atoms colored by their contributions: a row for each crystal."""

import textwrap
from collections.abc import Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from gnnpool.explain.crystal import Crystal, draw_crystal
from gnnpool.figures import style
from gnnpool.figures._page import finish, open_page
from gnnpool.specs import Labels
from gnnpool.wording import MINUS, label_of

# Red raises the prediction, blue lowers it, white does neither.
COLORS = "RdBu_r"
# Inches: the words before a row, a crystal, the words below it.
_HEAD, _PANEL, _WORDS = 1.3, 1.7, 0.6


def draw_crystals(
    atoms: pd.DataFrame,
    structures: pd.DataFrame,
    *,
    poolings: Sequence[str],
    title: str,
    unit: str,
    labels: Labels,
    notes: Sequence[str],
) -> Figure:
    """Draw the structures that are shown, each with the colors of every pooling.

    Every crystal has a scale of its own, symmetric about zero, with a color bar below it. Where no
    contribution is larger than what rounding makes, the scale is that.

    Args:
        atoms: Rows of :func:`gnnpool.explain.rows.atom_rows`.
        structures: Rows of :func:`gnnpool.explain.rows.structure_row`.
        poolings: In the order of the columns; those without rows are left out.
        title: Above all.
        unit: Of the target.
        labels: Printed names.
        notes: Sentences below.

    Returns:
        The figure; nothing is saved.
    """
    shown = structures[structures["shown"] > 0]
    ids = list(dict.fromkeys(shown.sort_values("shown", kind="stable")["id"]))
    poolings = [pooling for pooling in poolings if pooling in set(shown["pooling"])]
    by_both, of_atoms = shown.set_index(["id", "pooling"]), dict(tuple(atoms.groupby(["id", "pooling"])))
    with style.styled():
        figure = open_page(_HEAD + _PANEL * len(poolings), (_PANEL + _WORDS) * max(1, len(ids)))
        panels = figure.subplots(len(ids), len(poolings), squeeze=False) if len(shown) else []
        for line, (row, id_) in enumerate(zip(panels, ids, strict=True)):
            _label(row[0], by_both.loc[(id_, poolings[0])], of_atoms[(id_, poolings[0])], unit)
            for axes, pooling in zip(row, poolings, strict=True):
                if line == 0:
                    axes.set_title(textwrap.fill(label_of(labels, "poolings", pooling), 20), loc="center")
                _draw(axes, by_both.loc[(id_, pooling)], of_atoms[(id_, pooling)], unit)
        return finish(figure, title=title, notes=notes)


def _label(axes: Axes, row: pd.Series, atoms: pd.DataFrame, unit: str) -> None:
    """Say before a row which crystal it shows."""
    lines = [*textwrap.wrap(formula(atoms["element"]), 18), *textwrap.wrap(str(atoms["id"].iloc[0]), 18)]
    lines += ["1 atom" if row["atoms"] == 1 else f"{row['atoms']} atoms"]
    lines += ["target", quantity(row["target"], unit)]
    if row["part"] != "test":
        lines.append({"train": "trained on", "val": "validated on"}[row["part"]])
    place = {"transform": axes.transAxes, "ha": "right", "va": "center", "linespacing": 1.35}
    axes.text(-0.08, 0.5, "\n".join(lines), size=style.SMALL, **place)


def _draw(axes: Axes, row: pd.Series, atoms: pd.DataFrame, unit: str) -> None:
    """Draw a crystal, its scale of colors, and what is predicted."""
    values = atoms["contribution"].to_numpy(dtype=float)
    largest = max(row["resolution"], np.nanmax(np.abs(values), initial=0))
    scale, colors = Normalize(-largest, largest), matplotlib.colormaps[COLORS]
    crystal = Crystal(
        lattice=np.array(row["lattice"], dtype=float).reshape(3, 3),
        fractional=atoms[["fractional_a", "fractional_b", "fractional_c"]].to_numpy(),
        numbers=atoms["number"].to_numpy(),
    )
    draw_crystal(axes, crystal, values, colors=colors, scale=scale, size=(_PANEL, _PANEL))
    axes.set_box_aspect(1)
    bar = axes.inset_axes((0.13, -0.07, 0.74, 0.045))
    if np.isfinite(values).any():
        axes.figure.colorbar(ScalarMappable(scale, colors), cax=bar, orientation="horizontal")
        bar.set_xticks([-largest, 0, largest], [rounded(-largest), "0", f"+{rounded(largest)}"])
    else:
        bar.set(xticks=[], yticks=[])
        bar.spines[:].set_visible(False)
    words = f"predicted {quantity(row['prediction'], unit)}\n{_participating(row)}"
    bar.set_xlabel(words, size=style.SMALL)


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


def _participating(row: pd.Series) -> str:
    if row["atoms"] == 1:
        return "one atom: no contribution"
    if pd.isna(row["participation"]):
        return "no contribution above rounding"
    return f"participation number {row['participating_atoms']:.1f} of {row['atoms']}"
