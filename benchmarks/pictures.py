"""Figures of the measurements."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator, StrMethodFormatter
from protocol import OURS

from gnnpool.artifacts import write_atomically
from gnnpool.figures import style

_WIDTH = 6.8  # inches
_MARKERS = "os^D"
_LABELS = {
    "atoms": "Atoms of 100 graphs, 8,000 edges",
    "edges": "Edges of 100 graphs, 1,000 atoms",
    "crystals in a batch": "Crystals in a batch",
    "crystals": "Crystals in the dataset",
}


def draw_all(folder: Path, claims: pd.DataFrame, curves: pd.DataFrame, *, kind: str) -> dict[str, str]:
    """Draw the figures that have measurements.

    Args:
        folder: Where to write.
        claims: One line for each claim.
        curves: Measurements with a size.
        kind: End of the files' names.

    Returns:
        Texts that stand for the pictures, by file.
    """
    compared, on_gpu = claims["peer"].ne(""), claims["benchmark"].eq("gpu")
    timed = claims["quantity"].eq("wall time")
    of = {name: curves[curves["benchmark"] == name] for name in ("scaling", "planning", "gpu")}
    wanted: dict[str, tuple[Callable[[pd.DataFrame], Figure], pd.DataFrame, str]] = {
        "ratios": (ratios, claims[compared & ~on_gpu], "How many times less gnnpool needs than its peer"),
        "scaling": (scaling, of["scaling"], "Cost over atoms, edges, batch size and dataset"),
        "planning": (planning, of["planning"], "Cost of snakemake -n over the number of trials"),
        "gpu_steps": (gpu_steps, claims[compared & on_gpu & timed], "Training steps on the GPU"),
        "gpu_packing": (packing, of["gpu"], "Several trainings at once on the GPU"),
    }
    drawn = {}
    for name, (draw, rows, text) in wanted.items():
        if len(rows):
            file = f"{name}_{kind}.png"
            with style.styled():
                described = {"Description": text, "Software": None}
                save = partial(draw(rows).savefig, format="png", dpi=style.DPI, metadata=described)
                write_atomically(folder / file, save)
            drawn[file] = text
    return drawn


def ratios(claims: pd.DataFrame) -> Figure:
    """One line for each claim: the ratio, its quartiles, reach and aim."""
    figure = Figure(figsize=(_WIDTH, 0.19 * len(claims) + 0.9), layout="constrained")
    axes = figure.add_subplot()
    places = np.arange(len(claims))[::-1]
    middle, bounds = claims["ratio"].to_numpy(float), claims[["q1", "q3"]].to_numpy(float).T
    shown = {"fmt": "o", "ms": 4, "color": style.PALETTE[0], "label": "measured"}
    axes.errorbar(middle, places, xerr=np.abs(bounds - middle), **shown)
    marks = {"color": style.PALETTE[5], "zorder": 1}
    axes.scatter(claims["reach"], places, marker="|", s=50, label="reach", **marks)
    axes.scatter(claims["aim"], places, marker="d", s=14, label="aim", **marks)
    axes.axvline(1, color=style.SOFT, lw=0.8)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    names = [f"{line.name}, {line.case}" for line in claims.itertuples()]
    axes.set_yticks(places, names, fontsize=style.SMALL)
    axes.set_ylim(-0.7, len(claims) - 0.3)
    axes.grid(axis="x", color=style.FAINT, lw=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("Peer's cost over gnnpool's, median and quartiles")
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    return figure


def scaling(rows: pd.DataFrame) -> Figure:
    """Cost over size for each model, with the slope in the logarithms."""
    figure = Figure(figsize=(_WIDTH, 5.2), layout="constrained")
    groups = rows.groupby("sized_by", sort=False)
    for axes, (sized_by, group) in zip(figure.subplots(2, 2).flat, groups, strict=True):
        for number, (case, curve) in enumerate(group.groupby("case", sort=False)):
            _curve(axes, curve, number, case, scale=1e3)
        _logarithmic(axes, _LABELS[sized_by], f"{group['name'].iloc[0].capitalize()}, CPU ms")
    return figure


def planning(rows: pd.DataFrame) -> Figure:
    """CPU time and peak memory of a dry run over the number of trials."""
    figure = Figure(figsize=(_WIDTH, 2.6), layout="constrained")
    groups = rows.groupby("quantity", sort=False)
    for axes, (quantity, curve) in zip(figure.subplots(1, 2), groups, strict=True):
        _curve(axes, curve, 0, "snakemake -n", scale=1)
        _logarithmic(axes, "Trials", f"{quantity[0].upper()}{quantity[1:]}, {curve['unit'].iloc[0]}")
    return figure


def packing(rows: pd.DataFrame) -> Figure:
    """Steps per second of several trainings at once, relative to one alone."""
    figure = Figure(figsize=(_WIDTH, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for number, (case, curve) in enumerate(rows.groupby("case", sort=False)):
        curve = curve.set_index("size")["value"].sort_index()
        shown = {"color": style.PALETTE[number], "ms": 4, "lw": 1.2, "label": case}
        axes.plot(curve.index, curve / curve.iloc[0], _MARKERS[number] + "-", **shown)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Trainings at once")
    axes.set_ylabel("Steps per second, one alone = 1")
    axes.legend(frameon=False)
    axes.grid(color=style.FAINT, lw=0.6)
    return figure


def gpu_steps(claims: pd.DataFrame) -> Figure:
    """Milliseconds of a step by competitor."""
    figure = Figure(figsize=(_WIDTH, 0.3 * len(claims) + 1), layout="constrained")
    axes = figure.add_subplot()
    places = np.arange(len(claims))[::-1]
    columns = {OURS: claims["ours"], claims["peer"].iloc[0]: claims["theirs"]}
    for name in dict.fromkeys(name for found in claims["others"] for name in found):
        columns[name] = claims["others"].map(lambda found, name=name: found.get(name, np.nan))
    for number, (name, values) in enumerate(columns.items()):
        shown = {"marker": _MARKERS[number], "color": style.PALETTE[number], "label": name}
        axes.scatter(1e3 * values.astype(float), places, s=18, **shown)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks(places, claims["case"])
    axes.set_xlabel("Wall time of a training step and its batch, ms")
    axes.grid(axis="x", color=style.FAINT, lw=0.6)
    axes.set_axisbelow(True)
    figure.legend(loc="outside upper right", ncols=2, frameon=False)
    return figure


def slope(medians: pd.Series) -> float:
    """Slope of cost over size in the logarithms; NaN for one size."""
    return np.polyfit(np.log(medians.index), np.log(medians), 1)[0] if len(medians) > 1 else np.nan


def _curve(axes: Axes, rows: pd.DataFrame, number: int, label: str, *, scale: float) -> None:
    medians = rows.groupby("size")["value"].median() * scale
    shown = {"color": style.PALETTE[number], "label": f"{label}, slope {slope(medians):.2f}"}
    axes.plot(medians.index, medians, _MARKERS[number] + "-", ms=4, lw=1.2, **shown)


def _logarithmic(axes: Axes, x: str, y: str) -> None:
    axes.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
    sizes = sorted({size for line in axes.get_lines() for size in line.get_xdata()})
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axis.set_minor_locator(NullLocator())
    axes.grid(color=style.FAINT, lw=0.6)
    axes.legend(fontsize=style.SMALL, framealpha=1, facecolor="white", edgecolor="none")
