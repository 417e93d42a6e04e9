"""Trials of a bundle: used instead of training, and trained again to the same bits."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gnnpool.artifacts import read_json, read_table
from gnnpool.bundle.write import write_bundle
from gnnpool.config import read_config

ROOT = Path(__file__).parents[2]
OVERLAY = """
seeds: [1]
blocks:
  - { name: tiny, datasets: [salts], models: [cgcnn], edges: [mdl], poolings: [mean, max] }
training: { epochs: 1 }
tables: []
figures: []
explanations: []
"""


@pytest.fixture(scope="module")
def bundled(new_workflow):
    """Two trained trials, and the bundle of them."""
    flow = new_workflow("bundled")
    flow("train_all", "--cores", "2", overlay=OVERLAY)
    files = [ROOT / "config/config.yaml", ROOT / "tests/workflow/tiny.yaml", flow.folder / "overlay.yaml"]
    write_bundle(flow.folder / "results", flow.folder / "bundle", config=read_config(files))
    return flow


def test_trials_of_a_bundle_are_not_trained_again(bundled, workflow):
    overlay = f"{OVERLAY}bundles: [{bundled.folder / 'bundle'}]\n"
    printed = workflow("--dry-run", "--quiet", "rules", overlay=overlay)
    assert "train_trial" not in printed
    assert "planned trials found: 2" in printed
    workflow("--cores", "2", overlay=overlay)
    results = workflow.folder / "results"
    assert not (results / "trials").exists()
    assert read_json(results / "checks/passed.json")["trials"] == 2
    for name in ("salts/cgcnn/mdl/mean/seed-1", "salts/cgcnn/mdl/max/seed-1"):
        mine, theirs = results / f"bundled/{name}", bundled.folder / f"results/trials/{name}"
        for file in ("record.parquet", "history.parquet"):
            assert read_table(mine / file).equals(read_table(theirs / file))
    assert "count as trials of the same data" in (results / "report.html").read_text()
    assert workflow.planned(overlay=overlay) == {}


def test_trials_of_other_settings_are_trained_and_the_reason_is_named(bundled, workflow):
    overlay = f"{OVERLAY.replace('epochs: 1', 'epochs: 2')}bundles: [{bundled.folder / 'bundle'}]\n"
    printed = workflow("--dry-run", "--quiet", "rules", overlay=overlay)
    assert "trials not used: 2: training.epochs: found 1, expected 2 as in the configuration" in printed
    assert re.search(r"^train_trial +2$", printed, flags=re.M)


def test_a_trial_of_a_bundle_is_trained_again_to_the_same_bits(bundled):
    arguments = ["verify", str(bundled.folder / "bundle"), "--trials", "1"]
    code = f"import sys; from gnnpool.cli import main; sys.exit(main({arguments!r}))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "same bits" in run.stdout
