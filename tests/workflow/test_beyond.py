"""Held-out splits and changed structures, from end to end."""

from pathlib import Path

import pytest

from gnnpool.artifacts import read_table
from gnnpool.bundle.findings import findings_of
from gnnpool.bundle.remake import remake
from gnnpool.bundle.write import write_bundle
from gnnpool.config import read_config
from gnnpool.records import outputs_in

ROOT = Path(__file__).parents[2]
OVERLAY = """
seeds: [1, 2]
datasets:
  salts_size: { label: "Salts, larger cells", split: { scheme: size, reference: salts } }
blocks:
  - { name: within, datasets: [salts], models: [cgcnn], edges: [ocp], poolings: [mean, sum] }
  - { name: beyond, datasets: [salts_size], models: [cgcnn], edges: [ocp], poolings: [mean, sum] }
perturbations: { blocks: [within], displaced: [0.1], strained: [2] }
tables:
  - name: generalisation
    title: Beyond
    kind: generalisation
    settings: &s [[cgcnn, ocp]]
    datasets: [salts, salts_size]
    poolings: [sum]
  - { name: same, title: Same, kind: invariances, settings: *s, datasets: [salts], poolings: [mean, sum] }
figures:
  - { name: noise, title: Noise, kind: error_by_noise, settings: *s, datasets: [salts], poolings: [sum] }
explanations: []
"""


@pytest.fixture(scope="module")
def beyond(new_workflow):
    flow = new_workflow("beyond")
    flow("--cores", "2", overlay=OVERLAY)
    return flow.folder / "results"


def test_the_table_has_each_axis_with_a_ratio(beyond):
    rows = read_table(beyond / "tables/generalisation.parquet").to_pylist()
    found = {(row["pooling"], row["axis"], row["level"]): row for row in rows}
    axes = [("in_distribution", ""), ("size", ""), ("displaced", "0.1"), ("strained", "2")]
    assert found.keys() == {(pooling, *axis) for pooling in ("mean", "sum") for axis in axes}
    assert all(row["ratio"] > 0 and row["n_seeds"] == 2 for row in rows)
    assert {row["dataset"] for row in rows} == {"salts"}


def test_a_supercell_is_the_same_crystal_for_mean_pooling_alone(beyond):
    rows = read_table(beyond / "tables/same.parquet").to_pylist()
    share = {(row["pooling"], row["level"]): row["share"] for row in rows}
    assert max(share["mean", level] for level in ("2x1x1", "skew", "basis", "origin_and_order")) < 0.1
    assert share["sum", "2x1x1"] > 0.1
    assert share["sum", "basis"] < 0.1


def test_a_held_out_trial_is_another_trial_than_that_of_its_reference(beyond):
    records = [
        read_table(outputs_in(beyond / f"trials/{dataset}/cgcnn/ocp/mean/seed-1")["record"]).to_pylist()[0]
        for dataset in ("salts", "salts_size")
    ]
    for name in ("split_sha256", "trial_id"):
        assert records[0][name] != records[1][name]


def test_the_report_and_the_table_of_datasets_show_what_is_held_out(beyond):
    page = (beyond / "report.html").read_text()
    assert "Does it generalise?" in page
    rows = read_table(beyond / "analysis/datasets.parquet").to_pylist()
    ratios = {row["scheme"]: row["distance_ratio"] for row in rows}
    assert ratios.keys() == {"random", "size"}
    assert all("cells of" in row["held_out"] for row in rows if row["scheme"] == "size")


def test_a_bundle_keeps_what_is_held_out_and_the_findings_have_lines_for_it(beyond, tmp_path):
    files = [ROOT / "config/config.yaml", ROOT / "tests/workflow/tiny.yaml", beyond.parent / "overlay.yaml"]
    write_bundle(beyond, tmp_path / "kept", config=read_config(files))
    page = findings_of(tmp_path / "kept")
    lines = page.split("## Beyond a random test part")[1].split("\n## ")[0].splitlines()
    shown = [line for line in lines if line.startswith("| Salts, larger cells, OCP CGCNN | raw | ")]
    assert [line.split(" | ")[2] for line in shown] == ["Mean", "Add"]
    assert "- Where a split holds something out of training (Salts, larger cells), " in page
    assert "- Salts, larger cells: cells of " in page
    assert "Salts, larger cells" not in page.split("## Mean pooling beside others")[1].split("\n## ")[0]
    made = remake(tmp_path / "kept", tmp_path / "remade")
    assert made.gaps.keys() == {"table generalisation", "table same", "figure noise"}
    assert all("predictions for changed structures" in why for why in made.gaps.values())


def test_a_second_run_has_nothing_to_do(beyond, new_workflow):
    flow = type(new_workflow("unused"))(beyond.parent)
    assert "Nothing to be done" in flow("--cores", "1", overlay=OVERLAY)
