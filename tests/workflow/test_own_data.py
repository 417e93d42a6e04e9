"""A table of one's own beside a dataset whose file has not been placed yet."""

import json

import pandas as pd
import pytest

OVERLAY = """
mirror: mirror
datasets:
  mine:
    label: Mine
    source: table
    target: band gap
    unit: eV
    structures: 20
    file: mine.csv
    by_hand: made by this test
    options: { target: gap, format: poscar }
blocks:
  - name: mine
    datasets: [mine, 2d]
    models: [cgcnn]
    edges: [mdl]
    poolings: [mean]
"""


def write_salts(path, first_gap=0.0):
    """NaCl, ever wider, as POSCAR."""
    sites = "0 0 0\n0.5 0.5 0.5\n"
    rows = []
    for number in range(20):
        a = (5.0 + number / 10) / 2
        lattice = f"0 {a} {a}\n{a} 0 {a}\n{a} {a} 0\n"
        rows.append((f"NaCl\n1.0\n{lattice}Na Cl\n1 1\nDirect\n{sites}", first_gap + number / 10))
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame(rows, columns=["structure", "gap"]).to_csv(path, index=False)


@pytest.mark.slow
def test_own_data_runs_while_a_file_is_missing_and_an_edit_of_it_is_noticed(workflow):
    table = workflow.folder / "mirror" / "mine.csv"
    write_salts(table)
    targets = ["results/data/mine/structures.parquet", "results/data/2d/structures.parquet"]
    run = {"config": None, "overlay": OVERLAY}
    printed = workflow(*targets, "--cores", "1", "--keep-going", status=1, **run)
    assert "2d: c2db.db could not be obtained" in printed
    assert "where to get it: ask for the ASE database of C2DB" in printed
    manifest = json.loads((workflow.folder / "results/data/mine/manifest.json").read_text())
    assert (manifest["rows_kept"], len(manifest["raw_sha256"])) == (20, 64)

    assert workflow.planned(targets[0], **run) == {}
    write_salts(table, first_gap=1.0)
    planned = workflow.planned(targets[0], **run)
    assert (planned["fetch_dataset"], planned["build_structures"]) == (1, 1)
    workflow(targets[0], "--cores", "1", **run)
    table.unlink()
    assert workflow.planned(targets[0], **run) == {}


def test_every_file_of_the_paper_is_planned_to_be_fetched(workflow):
    assert workflow.planned("fetch_all", config=None)["fetch_dataset"] == 7
