"""Tables rendered from records, and read back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gnnpool.analysis.collect import collect_trials
from gnnpool.artifacts import read_table
from gnnpool.tables.render import render_table

SEEDS = [111, 222, 333, 444, 555]
LABELS = {
    "datasets": {"2d": "2D", "phonons": "Phonons", "log_kvrh": "Log Kvrh"},
    "models": {"cgcnn": "CGCNN", "torchmd": "TorchMD"},
    "edges": {"mdl": "MDL", "ocp": "OCP"},
    "poolings": {"mean": "Mean", "mamm": "MAMM", "gmt": "GMT"},
}
STATISTICS = {"confidence": 0.95, "resamples": 999, "margin": 3.0}
OUTPUTS = {"parquet": "parquet", "csv": "csv", "markdown": "md", "latex": "tex", "html": "html"}


@pytest.fixture
def entry() -> dict:
    """A table of two datasets and two poolings."""
    return {
        "name": "table1",
        "title": "Combined poolings",
        "kind": "by_dataset",
        "settings": [["cgcnn", "mdl"]],
        "datasets": ["phonons", "2d"],
        "poolings": ["gmt", "mamm"],
    }


@pytest.fixture
def planned() -> list[tuple[str, ...]]:
    """Mean pooling and GMT on both datasets; MAMM is not planned."""
    return [
        (dataset, "cgcnn", "mdl", pooling) for dataset in ("phonons", "2d") for pooling in ("mean", "gmt")
    ]


@pytest.fixture
def render(tmp_path, entry, planned) -> Callable:
    """Render a table; give back its tidy form and the paths of all forms."""

    def render(
        records, *, entry=entry, planned=planned, predictions=(), perturbed=(), networks=(), **options
    ):
        paths = {name: tmp_path / "tables" / f"table.{suffix}" for name, suffix in OUTPUTS.items()}
        shared = {"statistic": "mean_change", "seeds": SEEDS} | options
        own = {
            name: shared.pop(name, default)
            for name, default in (("scheme", "random"), ("physics", {}), ("variants", {}))
        }
        collect_trials(records=records, output=tmp_path / "trials.parquet")
        render_table(
            inputs={
                "trials": tmp_path / "trials.parquet",
                "predictions": list(predictions),
                "networks": list(networks),
                "perturbed": list(perturbed),
            },
            spec=entry,
            study={"labels": LABELS, "statistics": STATISTICS, **shared},
            planned=planned,
            outputs=paths,
            **own,
        )
        return read_table(paths["parquet"]).to_pandas(), paths

    return render


@pytest.fixture
def printed() -> Callable[[Path], dict[str, list[str]]]:
    """Cells of a Markdown table by the label of their line, without the marks of Markdown."""

    def printed(path: Path) -> dict[str, list[str]]:
        lines = [line for line in path.read_text("utf-8").splitlines() if line[:1] == "|"]
        cells = [line.replace("\\", "").strip("|").split("|") for line in lines]
        return {line[0].strip().strip("*"): [cell.strip() for cell in line[1:]] for line in cells}

    return printed
