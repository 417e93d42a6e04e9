"""Jobs and controllers that are stopped in the middle: what was done stays, and nothing is done twice."""

import os
import signal
import time

import pytest

from gnnpool.journal import read_journal

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
