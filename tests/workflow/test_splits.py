"""Splits and what they leak, as the workflow makes them."""

import gzip
import json
from collections import Counter

import pytest
from pymatgen.core import Element

from gnnpool.artifacts import read_table
from gnnpool.data.matbench_folds import fold_ids

ELEMENTS = [Element.from_Z(number).symbol for number in range(3, 33)]
ROWS = 60
OVERLAY = """
mirror: mirror
seeds: [0, 3]
split: { scheme: matbench }
datasets:
  simple:
    label: Simple
    source: matbench
    target: energy
    unit: eV
    structures: 60
    file: matbench_simple.json.gz
    by_hand: made by this test
blocks:
  - { name: simple, datasets: [simple, salts], models: [cgcnn], edges: [mdl], poolings: [mean] }
"""


@pytest.fixture
def mirror(workflow):
    """A Matbench task as its official file has it, rows counted from 0: thirty crystals, each twice."""
    data = []
    for n in range(ROWS):
        site = {"species": [{"element": ELEMENTS[n // 2], "occu": 1}], "abc": [0, 0, 0]}
        lattice = {"matrix": [[3 + 0.01 * (n % 2), 0, 0], [0, 3, 0], [0, 0, 3]]}
        data.append([{"lattice": lattice, "sites": [site]}, n / 7])
    content = {"index": list(range(ROWS)), "columns": ["structure", "energy"], "data": data}
    folder = workflow.folder / "mirror"
    folder.mkdir()
    (folder / "matbench_simple.json.gz").write_bytes(gzip.compress(json.dumps(content).encode()))
    return folder


def split(flow, dataset, seed):
    return flow.folder / f"results/data/{dataset}/splits/seed-{seed}.parquet"


def test_official_folds_where_there_are_some_and_random_splits_elsewhere(workflow, mirror):
    paths = [split(workflow, dataset, 3) for dataset in ("simple", "salts")]
    targets = [str(path.relative_to(workflow.folder)) for path in paths]
    workflow("--cores", "1", *targets, overlay=OVERLAY)
    official, random = (read_table(path) for path in paths)
    tested = [row["id"] for row in official.to_pylist() if row["part"] == "test"]
    assert tested == fold_ids("matbench_simple", ROWS, 3)["test"]
    assert official.schema.metadata[b"scheme"] == b"matbench"
    assert random.schema.metadata[b"scheme"] == b"random"


def test_a_fold_that_is_not_the_published_one_stops_the_build(workflow, mirror):
    published = {f"fold_{fold}": fold_ids("matbench_simple", ROWS, fold) for fold in range(5)}
    published["fold_3"] = published["fold_2"]
    path = mirror / "matbench_v0.1_validation.json"
    path.write_text(json.dumps({"splits": {"matbench_simple": published}}))
    target = "results/data/simple/splits/seed-3.parquet"
    printed = workflow("--cores", "1", target, overlay=OVERLAY, status=1)
    assert "matbench_simple fold 3, train: found mb-simple-" in printed
    assert "Traceback" not in printed
    assert not split(workflow, "simple", 3).exists()


def test_seeds_that_are_no_folds_are_reported_before_any_job(workflow):
    printed = workflow("--dry-run", overlay="split: {scheme: matbench}\nseeds: [0, 111]", status=1)
    assert "seeds: with split.scheme 'matbench' they are its folds, expected 0 to 4, found 111" in printed


def test_duplicates_kept_together_are_found_before_the_split(workflow, mirror):
    target = "results/data/simple/splits/seed-3.parquet"
    assert "find_duplicates" not in workflow.planned(target, overlay=OVERLAY)
    together = "split: { scheme: random, train: 0.6, val: 0.2, test: 0.2, keep_duplicates_together: true }"
    overlay = OVERLAY.replace("split: { scheme: matbench }", together)
    workflow("--cores", "1", target, overlay=overlay)
    part = dict(zip(*read_table(workflow.folder / target).to_pydict().values(), strict=True))
    names = [f"mb-simple-{row:02d}" for row in range(1, ROWS + 1)]
    assert [part[name] for name in names[::2]] == [part[name] for name in names[1::2]]
    assert Counter(part.values()) == {"train": 36, "val": 12, "test": 12}


def test_datasets_are_described_with_a_row_for_each_split(finished):
    rows = read_table(finished.folder / "results/analysis/datasets.parquet").to_pylist()
    found = {(row["dataset"], row["seed"], row["structures"]) for row in rows}
    assert found == {(dataset, seed, 40) for dataset in ("salts", "salts_cell") for seed in (1, 2)}
    page = (finished.folder / "results/analysis/datasets.html").read_text()
    assert "Salts, per cell" in page
