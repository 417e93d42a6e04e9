"""Jobs and controllers that are stopped in the middle: what was done stays, and nothing is done twice."""

import os
import signal
import time
from pathlib import Path

import pytest
import yaml

from gnnpool.journal import read_journal

ROOT = Path(__file__).parents[2]
TRIAL = "salts/cgcnn/mdl/mean/seed-1"
RECORD = f"results/trials/{TRIAL}/record.parquet"
OVERLAY = "{training: {epochs: 60}, checkpoint: {epochs: 1, seconds: 60}}"


def events(flow):
    return read_journal(flow.folder / f"logs/trials/{TRIAL}.jsonl")


def starts(flow):
    return [event["epoch"] for event in events(flow) if event["event"] == "started"]


def result(flow):
    folder = (flow.folder / RECORD).parent
    return [(folder / name).read_bytes() for name in ("model.safetensors", "predictions.parquet")]


def trainer(flow, *, after_epoch):
    """Process of the trial once it has saved an epoch."""
    for _ in range(3600):
        for event in events(flow):
            if event["event"] == "saved" and event["epoch"] >= after_epoch:
                return event["process"]
        time.sleep(0.05)
    raise AssertionError(f"no trial came to epoch {after_epoch}")


@pytest.fixture(scope="module")
def undisturbed(new_workflow):
    flow = new_workflow("undisturbed")
    flow("--cores", "1", RECORD, overlay=OVERLAY)
    return flow


def test_a_stopped_job_is_named_and_resumes_at_the_next_call(workflow, undisturbed):
    run = workflow.start("--cores", "1", RECORD, overlay=OVERLAY)
    os.kill(trainer(workflow, after_epoch=5), signal.SIGTERM)
    printed = run.communicate(timeout=120)[0]
    assert run.returncode == 1
    assert "trials without a record: 1" in printed
    assert f"stopped  {TRIAL}\n    SIGTERM after epoch" in printed
    workflow("--cores", "1", RECORD, overlay=OVERLAY)
    assert starts(workflow)[1] >= 5
    assert result(workflow) == result(undisturbed)


def test_a_stopped_job_is_retried_automatically(workflow, undisturbed):
    run = workflow.start("--cores", "1", "--retries", "1", RECORD, overlay=OVERLAY)
    os.kill(trainer(workflow, after_epoch=5), signal.SIGTERM)
    printed = run.communicate(timeout=120)[0]
    assert run.returncode == 0, printed
    assert starts(workflow)[1] >= 5
    assert result(workflow) == result(undisturbed)


def test_files_dated_an_hour_ahead_train_nothing_again(undisturbed):
    data = undisturbed.folder / "results/data/salts"
    inputs = [data / "structures.parquet", data / "splits/seed-1.parquet"]
    inputs += (undisturbed.folder / "results/graphs/salts").glob("mdl.*")
    inputs += (undisturbed.folder / "results/networks").iterdir()
    times = {path: path.stat().st_mtime for path in inputs}
    for path in inputs:
        os.utime(path, (time.time() + 3600, time.time() + 3600))
    try:
        assert undisturbed.planned(RECORD, overlay=OVERLAY) == {}
    finally:
        for path, before in times.items():
            os.utime(path, (before, before))
    # These files are small; Snakemake compares larger ones only if it is asked to.
    profile = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text())
    assert profile["max-checksum-file-size"] >= 10**12


def test_the_same_command_after_a_kill_waits_for_the_trial_that_still_runs(workflow):
    # Longer than a controller takes to start.
    overlay = "{training: {epochs: 800}, checkpoint: {epochs: 20, seconds: 60}}"
    run = workflow.start("--cores", "1", RECORD, overlay=overlay)
    trainer(workflow, after_epoch=2)
    run.kill()  # the trial goes on without its controller
    run.stdout.close()
    run.wait()
    printed = workflow("--cores", "1", RECORD, overlay=overlay)
    assert f"Removed the locks in .snakemake/locks of process {run.pid}" in printed
    assert starts(workflow) == [0]
    log = (workflow.folder / f"logs/trials/{TRIAL}.log").read_text()
    assert "another process works on this trial; waiting for it" in log
    assert (workflow.folder / RECORD).exists()
