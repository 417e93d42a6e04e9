"""What is planned, before anything is computed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TAKE_OVER = """
import os
from pathlib import Path
from gnnpool.controller import take_over
take_over(Path(".snakemake/locks"))
os.kill(os.getpid(), 9)
"""


def test_bare_snakemake_plans_the_whole_paper(workflow):
    planned = workflow.planned(config=None)
    assert planned["train_trial"] == 805
    assert planned["make_split"] == 35
    assert planned["build_graphs"] == 14
    assert planned["build_structures"] == planned["fetch_dataset"] == 7
    assert planned["render_table"] == 15
    assert planned["draw_figure"] == 30
    assert planned["explain_atoms"] == planned["draw_explanation"] == 4
    assert planned["write_report"] == 1


def test_a_figure_of_the_paper_plans_the_trials_of_its_setting(workflow):
    planned = workflow.planned("results/figures/fig5a.png", config=None)
    assert planned["train_trial"] == 7 * 3 * 5  # datasets; mean, gmt and mamm; seeds


def test_one_figure_plans_only_its_own_trials(workflow):
    planned = workflow.planned("results/figures/fig4b.png")
    assert planned["train_trial"] == 2 * 2 * 2  # datasets, mean and mamm, seeds
    assert planned["build_graphs"] == 2
    assert planned["draw_figure"] == 1


def test_a_figure_that_needs_other_files_plans_no_more_trials(workflow):
    """Predictions, histories and structures are those of its own slice."""
    for name, poolings in (("size_torchmd_ocp", 3), ("curves_cgcnn_ocp", 4), ("parity_cgcnn_mdl", 4)):
        planned = workflow.planned(f"results/figures/{name}.png", config=None)
        assert planned["train_trial"] == 7 * poolings * 5
        assert planned["build_graphs"] == planned["build_structures"] == 7


def test_the_overlay_beyond_plans_held_out_splits_and_changed_structures(workflow):
    planned = workflow.planned(config="config/beyond.yaml")
    assert planned["train_trial"] == 700
    assert planned["fetch_dataset"] == 2  # a dataset with a split of its own reads the file of its reference
    assert planned["make_split"] == 14 * 5
    assert planned["predict_perturbed"] == 100
    assert planned["render_table"] == 3


def test_a_figure_needs_no_further_flag(tmp_path):
    """No --cores, no --configfile: the way the README calls it."""
    for name in ("Snakefile", "workflow", "config", "profiles"):
        (tmp_path / name).symlink_to(ROOT / name)
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "results/figures/fig4b.png"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "draw_figure" in run.stdout + run.stderr


def test_a_dry_run_imports_no_torch(workflow, tmp_path):
    """A module named torch that explodes shadows the real one."""
    for name in ("torch", "torch_geometric"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('heavy import at parse time')")
    found_first = os.pathsep.join([str(tmp_path), str(ROOT / "src")])
    planned = workflow.planned(config=None, environment={"PYTHONPATH": found_first})
    assert planned["train_trial"] > 100


def test_more_seeds_only_add_trials(workflow):
    few = workflow.planned()
    more = workflow.planned(overlay="seeds: [1, 2, 3]")
    assert more["train_trial"] == few["train_trial"] * 3 // 2
    assert more["build_graphs"] == few["build_graphs"]


def test_a_wrong_key_is_reported_before_any_job(workflow):
    printed = workflow("--dry-run", overlay="training: {epocs: 3}", status=1)
    assert "training: unknown key 'epocs', did you mean 'epochs'?" in printed
    assert "Traceback" not in printed


def test_a_key_given_twice_is_named_with_file_and_line(workflow):
    printed = workflow("--dry-run", overlay="seeds: [1]\nnote: mine\nseeds: [2]\n", status=1)
    assert "overlay.yaml: line 3: the key 'seeds' is given twice, see line 1" in printed
    assert "Traceback" not in printed


def test_a_path_outside_the_results_is_no_target(workflow):
    printed = workflow("--dry-run", "results/trials/../../x/record.parquet", status=1)
    assert "MissingRuleException" in printed


def test_shared_profile_keys_do_not_override_those_of_a_cluster():
    shared = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text())
    assert set(shared) == {"cores", "rerun-triggers", "rerun-incomplete", "max-checksum-file-size"}


@pytest.mark.parametrize("profile", [path.parent.name for path in (ROOT / "profiles").glob("*/config.yaml")])
def test_each_profile_plans_in_the_environment_of_make(workflow, profile):
    """Those of a cluster too: a dry run asks no cluster."""
    planned = workflow.planned("--profile", str(ROOT / "profiles" / profile))
    assert planned["train_trial"] == 24


def test_the_workflow_calms_the_scheduler_of_snakemake():
    assert "start_rounds_when_needed(workflow.scheduler)" in (ROOT / "Snakefile").read_text()


def test_the_locks_of_a_dead_process_are_removed_in_one_sentence(workflow):
    """A run for nothing more than a refused target, which is after the locks have been looked at."""
    locks = workflow.folder / ".snakemake/locks"
    dead = subprocess.run(
        [sys.executable, "-c", TAKE_OVER], cwd=workflow.folder, capture_output=True, text=True
    )
    assert dead.returncode == -9, dead.stderr
    (locks / "0.output.lock").write_text("results/report.html\n")
    printed = workflow("no/such/file", status=1)
    assert "Removed the locks in .snakemake/locks of process " in printed
    assert not list(locks.glob("*"))
