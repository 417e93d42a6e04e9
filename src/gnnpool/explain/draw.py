"""Figures of one explanation, described in words and saved with their numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure

from gnnpool.artifacts import read_table
from gnnpool.explain.contribution_figure import draw_crystals, formula, quantity, rounded
from gnnpool.explain.participation_figure import LEAST_ATOMS, compared, draw_participation, summarize
from gnnpool.figures.draw import save_figure
from gnnpool.specs import ExplanationSpec, Labels, Physics
from gnnpool.wording import label_of, setting_label


def draw_explanation(
    *,
    atoms: str | Path,
    summary: str | Path,
    spec: Mapping,
    physics: Mapping | None,
    labels: Mapping[str, Mapping[str, str]],
    outputs: Mapping[str, str | Path],
) -> None:
    """Draw the chosen crystals, and the participation ratios of all tested ones.

    Args:
        atoms: File of atoms of :func:`gnnpool.explain.run.explain_atoms`.
        summary: Its file of structures.
        spec: Fields of :class:`gnnpool.specs.ExplanationSpec`.
        physics: Fields of :class:`gnnpool.specs.Physics` of the dataset, if they are known.
        labels: Fields of :class:`gnnpool.specs.Labels`.
        outputs: Paths of two figures, crystals and shares: ``crystals``, ``crystals_pdf`` and
            ``crystals_parquet``, with the numbers drawn, and the same of ``shares``. PNG and PDF hold
            an alternative text; Parquet files hold title and description in their metadata.
    """
    spec, labels = ExplanationSpec.of(spec), Labels(**labels)
    of_atoms, of_structures = read_table(atoms), read_table(summary)
    unit = of_structures.schema.metadata[b"unit"].decode()
    structures = of_structures.to_pandas()
    poolings = [pooling for pooling in spec.poolings if pooling in set(structures["pooling"])]
    where = f"{setting_label(labels, *spec.setting)}, seed {spec.seed}"
    common = [*_gaps(spec, poolings, labels), *_physics(physics, labels, spec.dataset)]

    frame = of_atoms.to_pandas()
    title = f"{spec.title} ({where})"
    notes = [*_reading(unit), *common]
    figure = draw_crystals(
        frame, structures, poolings=poolings, title=title, unit=unit, labels=labels, notes=notes
    )
    text = describe_crystals(frame, structures, title=title, unit=unit, labels=labels)
    _save(figure, outputs, "crystals", table=of_atoms, title=title, text=text)

    shares = compared(structures)
    drawn = summarize(shares, poolings)
    sizes = structures.drop_duplicates("id").set_index("id")["atoms"][shares.index]
    lowest = float(1 / sizes.median()) if len(sizes) else np.nan
    title = f"Participation ratio: {label_of(labels, 'datasets', spec.dataset)} ({where})"
    notes = [*_counting(shares, sizes), *common]
    figure = draw_participation(shares, drawn, lowest=lowest, title=title, labels=labels, notes=notes)
    text = describe_shares(drawn, title=title, labels=labels)
    table = pa.Table.from_pandas(drawn.reset_index(names="pooling"), preserve_index=False)
    _save(figure, outputs, "shares", table=table, title=title, text=text)


def describe_crystals(
    atoms: pd.DataFrame,
    structures: pd.DataFrame,
    *,
    title: str,
    unit: str,
    labels: Labels,
) -> str:
    """Say in words what the crystals show, for readers who do not see them.

    Args:
        atoms: Rows of :func:`gnnpool.explain.rows.atom_rows`.
        structures: Rows of :func:`gnnpool.explain.rows.structure_row`.
        title: Of the figure.
        unit: Of the target.
        labels: Printed names.
    """
    sentences = [
        f"{title}. Crystals in their cells, atoms colored by what they contribute to the prediction."
    ]
    rows = structures.set_index(["id", "pooling"])
    for (id_, pooling), group in atoms.groupby(["id", "pooling"], sort=False):
        row = rows.loc[(id_, pooling)]
        head = f"{formula(group['element'])} ({id_}), {label_of(labels, 'poolings', pooling)}: "
        head += f"predicted {quantity(row['prediction'], unit)}, target {quantity(row['target'], unit)}"
        known = group.dropna(subset="contribution")
        if known.empty:
            sentences.append(f"{head}; one atom, no contribution.")
            continue
        by_element = known.groupby("element")["contribution"].mean()
        means = ", ".join(f"{element} {rounded(value)}" for element, value in by_element.items())
        sentences.append(f"{head}; mean contribution of an atom: {means}.")
    return " ".join(sentences)


def describe_shares(summary: pd.DataFrame, *, title: str, labels: Labels) -> str:
    """Say in words what the boxes show, for readers who do not see them.

    Args:
        summary: Of :func:`gnnpool.explain.participation_figure.summarize`.
        title: Of the figure.
        labels: Printed names.
    """
    sentences = [f"{title}: from 1 (all atoms contribute alike) to 1/N (one of N atoms alone)."]
    for pooling, row in summary.iterrows():
        name = label_of(labels, "poolings", pooling)
        if not row["n"]:
            sentences.append(f"{name}: no structure to compare.")
            continue
        ends = f"{row['q1']:.2f} and {row['q3']:.2f}"
        sentence = f"{name}: median {row['median']:.2f}, half of {row['n']:.0f} structures between {ends}"
        if pd.notna(row["below_mean"]):
            sentence += f"; lower than under mean pooling in {100 * row['below_mean']:.0f} %"
        sentences.append(f"{sentence}.")
    return " ".join(sentences)


def _reading(unit: str) -> list[str]:
    quantity = "" if unit == "1" else f", {unit}"
    return [
        "Color: contribution c of an atom, the prediction less the prediction with this atom left out of the "
        f"pooling{quantity}. Red raises, blue lowers. Each crystal has a scale of its own: compare patterns, "
        "not colors.",
        "The embeddings of the other atoms stay as they are and already hold their neighbors, so this is no "
        "cause. Under an average an atom counts by how it differs from the others, under a sum by all that "
        "it adds.",
        "Participation number: (sum of |c|)² / (sum of c²). Atoms on faces of the cell are drawn on the "
        "opposite ones too; vacuum is cut off.",
    ]


def _counting(shares: pd.DataFrame, sizes: pd.Series) -> list[str]:
    noun = "structure" if len(shares) == 1 else "structures"
    median = f"; median of {sizes.median():g} atoms" if len(sizes) else ""
    return [
        f"{len(shares)} tested {noun} of {LEAST_ATOMS} or more atoms with contributions above rounding under "
        f"every pooling{median}.",
        "Participation ratio: (sum of |c|)² / (N sum of c²) of the contributions c of N atoms, the "
        "prediction less the prediction with the atom left out of the pooling; 1 if all contribute alike. "
        "Boxes: quartiles and median of the structures; whiskers: 5 to 95 %.",
        "From one training of each pooling; another seed may differ.",
    ]


def _physics(physics: Mapping | None, labels: Labels, dataset: str) -> list[str]:
    if not physics:
        return []
    known = Physics(**physics)
    kind = "extensive" if known.grows_with_cell else "intensive"
    note = f" ({known.note})" if known.note else ""
    name = label_of(labels, "datasets", dataset)
    return [f"{name}: the target is {kind} and {known.decided_by}-dominated{note}."]


def _gaps(spec: ExplanationSpec, poolings: Sequence[str], labels: Labels) -> list[str]:
    lacking = [label_of(labels, "poolings", p) for p in spec.poolings if p not in poolings]
    return [f"No finished trial: {'; '.join(lacking)}."] if lacking else []


def _save(
    figure: Figure, outputs: Mapping[str, str | Path], name: str, *, table: pa.Table, title: str, text: str
) -> None:
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    save_figure(
        figure,
        table.replace_schema_metadata(),
        png=outputs[name],
        pdf=outputs[f"{name}_pdf"],
        parquet=outputs[f"{name}_parquet"],
        metadata={**metadata, "title": title, "description": text},
    )
