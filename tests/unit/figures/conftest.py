"""Figures drawn from the files of trials, and looked at."""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from gnnpool import plugins
from gnnpool.analysis.collect import collect_trials, read_trials
from gnnpool.analysis.source import Files
from gnnpool.artifacts import read_table, write_table
from gnnpool.figures.base import Drawing, Source
from gnnpool.figures.draw import draw_figure
from gnnpool.records import BASELINE, Trial
from gnnpool.specs import ExhibitSpec, Labels
from gnnpool.trial_files import named

SEEDS = [111, 222, 333, 444, 555]
LABELS = {
    "datasets": {"2d": "2D", "phonons": "Phonons", "log_kvrh": "Log Kvrh", "exfoliation": "Exfoliation"},
    "models": {"cgcnn": "CGCNN", "torchmd": "TorchMD"},
    "edges": {"mdl": "MDL", "ocp": "OCP"},
    "poolings": {"mean": "Mean", "mamm": "MAMM", "gmt": "GMT", "set_transformer": "Set Transformer"},
}
# A label that TeX would take for a formula, and could not set.
LABELS["poolings"]["dollars"] = "$$ or $x_{$"
STATISTICS = {"confidence": 0.95, "resamples": 999, "margin": 3.0}
_FILES = ("predictions", "history", "perturbed")
# Factors by which noise multiplies the error of each structure.
NOISE = {
    ("displaced", "0.01"): 1.1,
    ("displaced", "0.1"): 2.0,
    ("strained", "-1"): 1.5,
    ("strained", "1"): 1.3,
}


@pytest.fixture
def entry_of() -> Callable[..., dict]:
    """Makes an entry of two datasets and two poolings, with changes."""
    return _entry


def _entry(kind: str, **changes: object) -> dict:
    entry = {
        "name": "figure",
        "title": "CGCNN with MDL edges",
        "kind": kind,
        "settings": [["cgcnn", "mdl"]],
        "datasets": ["phonons", "2d"],
        "poolings": ["gmt", "mamm"],
    }
    return entry | changes


def planned_of(entry: Mapping) -> list[tuple[str, ...]]:
    """All conditions of an entry, mean pooling among them."""
    return [
        (dataset, model, edges, pooling)
        for model, edges in entry["settings"]
        for dataset in entry["datasets"]
        for pooling in dict.fromkeys([BASELINE, *entry["poolings"]])
    ]


def inputs_of(entry: Mapping, records: Iterable, folder) -> dict:
    """The files that the kind of an entry declares to need, and no others."""
    records, needed = list(records), plugins.needs("gnnpool.figures", entry["kind"])
    inputs = {
        name: [path.with_name(f"{name}.parquet") for path in records] if name in needed else []
        for name in _FILES
    }
    structures = sorted((folder / "data").glob("*/structures.parquet")) if "structures" in needed else []
    collect_trials(records=records, output=folder / "trials.parquet")
    networks = sorted((folder / "networks").glob("*/*.json")) if "networks" in needed else []
    return {"trials": folder / "trials.parquet", **inputs, "structures": structures, "networks": networks}


@pytest.fixture
def build(tmp_path) -> Callable[..., Drawing]:
    """Build a figure from records and what lies beside them."""

    def build(
        entry,
        records,
        *,
        planned=None,
        seeds=SEEDS,
        statistic="mean_change",
        labels=LABELS,
        traits=None,
    ) -> Drawing:
        inputs = inputs_of(entry, records, tmp_path)
        module = __import__(f"gnnpool.figures.{entry['kind']}", fromlist=["build"])
        return module.build(
            Source(
                spec=ExhibitSpec.of(entry),
                labels=Labels(**labels),
                records=read_trials(inputs.pop("trials")),
                files=Files(**inputs),
                seeds=seeds,
                planned=planned_of(entry) if planned is None else planned,
                statistic=statistic,
                traits=traits or {},
                **STATISTICS,
            )
        )

    return build


@pytest.fixture
def compose(tmp_path) -> Callable[..., SimpleNamespace]:
    """Draw a figure into files and read them back."""

    def compose(entry, records, *, planned=None, seeds=SEEDS, name="figure") -> SimpleNamespace:
        paths = {suffix: tmp_path / f"{name}.{suffix}" for suffix in ("png", "pdf", "parquet")}
        draw_figure(
            inputs=inputs_of(entry, records, tmp_path),
            spec=entry,
            study={
                "labels": LABELS,
                "seeds": seeds,
                "statistic": "mean_change",
                "statistics": STATISTICS,
            },
            planned=planned_of(entry) if planned is None else planned,
            outputs=paths,
        )
        table = read_table(paths["parquet"])
        with Image.open(paths["png"]) as image:
            text, dpi = image.text["Description"], image.info["dpi"]
        units = json.loads(table.schema.metadata[b"units"])
        return SimpleNamespace(
            tidy=table.to_pandas(), metadata=table.schema.metadata, units=units, text=text, dpi=dpi, **paths
        )

    return compose


@pytest.fixture
def study(tmp_path, write_record) -> Callable[..., list]:
    """Write trials with all their files, and their datasets' structures.

    Targets are 10, 20, ... and cells have 1, 2, ... atoms. A pooling is off by its error on every test
    structure, upwards for even and downwards for odd ones; each seed adds a hundredth of the error.
    """

    def study(
        errors: Mapping[str, float],
        *,
        datasets: Iterable[str] = ("phonons", "2d"),
        settings: Iterable[tuple[str, str]] = (("cgcnn", "mdl"),),
        seeds: Iterable[int] = SEEDS,
        tested: int = 20,
        inits: Iterable[int] = (0,),
        **fields: Mapping[str, object],
    ) -> list:
        """Records; fields, by pooling, replace those of the record."""
        paths = []
        for dataset in datasets:
            ids = [f"{dataset}-{i}" for i in range(tested)]
            atoms = [[14] * (i + 1) for i in range(tested)]
            write_table(
                tmp_path / "data" / dataset / "structures.parquet",
                pa.table({"id": ids, "numbers": pa.array(atoms, pa.list_(pa.uint8()))}),
                metadata={"dataset": dataset},
            )
            for model, edges in settings:
                for pooling, error in errors.items():
                    for i, seed in enumerate(seeds):
                        for init in inits if pooling == BASELINE else (0,):
                            trial = Trial(dataset, model, edges, pooling, seed, init)
                            off = error * (1 + 0.01 * i + 0.03 * init)
                            more = {"n_test": tested, "epochs": 4, "best_epoch": 3, "unit": "eV"}
                            more |= fields.get(pooling, {})
                            record = write_record(trial, off, **more)
                            _write_beside(record, ids, off, named(trial, ""))
                            paths.append(record)
        return paths

    return study


def _write_beside(record, ids, error, names) -> None:
    target = 10.0 * np.arange(1, len(ids) + 1)
    signs = np.where(np.arange(len(ids)) % 2, -1.0, 1.0)
    predictions = {"id": ids, "part": ["test"] * len(ids), "target": target}
    table = pa.table({**predictions, "prediction": target + signs * error})
    write_table(record.with_name("predictions.parquet"), table, metadata=names)
    levels = {("unchanged", ""): 1.0, **NOISE}
    changed = {
        "axis": [axis for axis, _ in levels for _ in ids],
        "level": [level for _, level in levels for _ in ids],
        "id": list(ids) * len(levels),
        "factor": 1.0,
        "target": np.tile(target, len(levels)),
        "prediction": np.concatenate([target + factor * signs * error for factor in levels.values()]),
    }
    table = pa.Table.from_pandas(pd.DataFrame(changed), preserve_index=False)
    write_table(record.with_name("perturbed.parquet"), table, metadata=names)
    history = pd.DataFrame(
        {
            "epoch": [1, 2, 3, 4],
            "train_mae": error * np.array([4.0, 2.0, 0.9, 0.5]),
            "val_mae": error * np.array([5.0, 3.0, 1.0, 1.2]),
            "learning_rate": 0.001,
            "seconds": 1.0,
        }
    )
    table = pa.Table.from_pandas(history, preserve_index=False)
    write_table(record.with_name("history.parquet"), table, metadata=names)


def words(figure: Figure) -> list[Text]:
    """Everything written in a figure that can be seen."""
    figure.draw_without_rendering()
    hidden = {
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
        for label in (tick.label1, tick.label2)
    }
    found = figure.findobj(lambda a: isinstance(a, Text) and a.get_visible() and a.get_text().strip())
    return [text for text in found if text not in hidden]


@pytest.fixture
def assert_legible() -> Callable[[Figure], None]:
    """Nothing written lies outside of the page or on something else that is written."""
    return _assert_legible


@pytest.fixture
def written() -> Callable[[Figure], list[str]]:
    """Everything written in a figure."""
    return lambda figure: [
        text.get_text().replace("\N{NO-BREAK SPACE}", " ").strip() for text in words(figure)
    ]


def _assert_legible(figure: Figure) -> None:
    boxes, shown = {}, words(figure)
    page = figure.get_tightbbox().padded(0.12).transformed(figure.dpi_scale_trans)
    for text in shown:
        box = text.get_window_extent()
        inside = page.x0 <= box.x0 <= box.x1 <= page.x1 and page.y0 <= box.y0 <= box.y1 <= page.y1
        assert inside, f"{text.get_text()!r} leaves the page"
        boxes[(text.get_text(), box.bounds)] = box
    for (one, box), (other, other_box) in combinations(boxes.items(), 2):
        common = Bbox.intersection(box, other_box)
        touching = common is not None and min(common.width, common.height) > 0.5
        assert not touching, f"{one[0]!r} lies on {other[0]!r}"
