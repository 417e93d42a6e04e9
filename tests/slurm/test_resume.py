"""Trials that a cluster stops, in every way it knows: they go on, with the numbers of an undisturbed run."""

import functools
import signal
from pathlib import Path

import pytest
from controller import trials

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(1800)]

SEEDS = [1, 2]
# Each a pack of two trials, which bear the name of what happens to them.
STOPPED = ["preempted", "displaced", "cancelled", "requeued", "limited", "lost"]
TRIALS = trials(STOPPED, SEEDS)
SLOW, LATE = trials(["slow"], SEEDS), trials(["late"], [1])
EPOCHS = 60
LONG = {"training": {"epochs": EPOCHS}}
# s for each of the four batches of an epoch; until they may hurry, trials would take two minutes.
SLOW_SECONDS = "0.5"
ONE_AT_A_TIME = ("--set-resources", "train_trial:gpu=1", "train_trial:gpu_share=1", "train_trial:pack=2")


@pytest.fixture(scope="module")
def undisturbed(new_workflow):
    """The same trials, trained without a cluster and without being slow while others are disturbed."""
    workflow = new_workflow("undisturbed")
    run = workflow.start([*TRIALS, *SLOW, *LATE], "--cores", "1", **LONG)
    yield functools.cache(lambda: workflow.ends(run) and workflow)
    run.kill()


def went_on(workflow, trial):
    """Whether a trial began once, and every further attempt went on; and no two of them worked at once."""
    first, *further = workflow.starts(trial)
    return first == 0 and all(0 < epoch < EPOCHS for epoch in further) and workflow.alone(trial)


def test_stopped_jobs_resume_automatically(cluster, new_workflow, undisturbed):
    """Packs are preempted (cancelled or put back), cancelled, put back, meet their limit, lose their node."""
    workflow = new_workflow("stopped", SLOW_SECONDS=SLOW_SECONDS)
    run = workflow.submit(
        TRIALS,
        *ONE_AT_A_TIME,
        "train_trial:slurm_partition=wildcards.pooling if wildcards.pooling == attempt * 'preempted' "
        "or wildcards.pooling == 'displaced' else 'gpu'",
        "train_trial:slurm_extra='--signal=TERM@1'",
        **LONG,
    )
    reached = [workflow.trained(trial, epoch=2) for trial in TRIALS]
    assert {workflow.states()[trial] for trial in TRIALS} == {"running"}
    preempted, displaced, cancelled, requeued, limited, lost = (event["slurm_job"] for event in reached[::2])
    cluster.run("scontrol", "update", f"job={limited}", "timelimit=1")
    # All GPUs are taken, two of them by jobs of less priority, which give way.
    cluster.run("sbatch", "--partition=gpu", "--gpus=2", "--time=1", "--output=/dev/null", "--wrap=sleep 3")
    cluster.wait_until(lambda: cluster.state(preempted) == "PREEMPTED", "a job is preempted")
    cluster.wait_until(lambda: cluster.state(displaced) == "PENDING", "a job is preempted, and put back")
    cluster.run("scancel", cancelled)
    cluster.run("scontrol", "requeue", requeued)
    *stopped, left_over = reached
    cluster.lose(lost, but=left_over["process"])
    cluster.wait_until(lambda: not any(map(lives, stopped)), "the first attempts are over", seconds=300)
    cluster.wait_until(lambda: cluster.state(cancelled) == "CANCELLED", "a job is cancelled")
    cluster.wait_until(lambda: cluster.state(limited) in ("TIMEOUT", "FAILED"), "a job meets its limit")
    cluster.wait_until(lambda: workflow.waits(TRIALS[-1]), "a process waits for the one left over")
    workflow.hurry()
    workflow.ends(run)
    for trial in TRIALS:
        assert went_on(workflow, trial), workflow.events(trial)
        assert len(workflow.starts(trial)) >= 2 or trial == TRIALS[-1], workflow.events(trial)
        assert workflow.results(trial) == undisturbed().results(trial)


def test_controllers_that_are_killed_lose_nothing(cluster, new_workflow, undisturbed):
    """SIGKILL, a second one while the first one's jobs still run, SIGTERM; then a third one, and Ctrl+C."""
    workflow = new_workflow("killed", SLOW_SECONDS=SLOW_SECONDS)
    first = workflow.submit(SLOW, **LONG)
    for trial in SLOW:
        workflow.trained(trial, epoch=2)
    assert "Directory cannot be locked" in workflow.ends(workflow.submit(SLOW, **LONG), status=1)
    workflow.kill(first)
    second = workflow.submit(SLOW, **LONG)
    cluster.wait_until(lambda: workflow.waits(SLOW[1]), "a second process waits")
    second.terminate()
    workflow.hurry()
    assert "Will exit after finishing currently running jobs" in workflow.ends(second, status=1)

    workflow.hurry(False)
    third = workflow.submit([*SLOW, *LATE], **LONG)
    job = workflow.trained(LATE[0], epoch=2)["slurm_job"]
    third.send_signal(signal.SIGINT)
    workflow.ends(third, status=1)
    cluster.wait_until(lambda: cluster.state(job) in ("CANCELLED", "FAILED"), "its jobs are cancelled")
    workflow.hurry()
    workflow.ends(workflow.submit([*SLOW, *LATE], **LONG))
    assert [workflow.starts(trial) for trial in SLOW] == [[0], [0]]
    for trial in (*SLOW, *LATE):
        assert went_on(workflow, trial), workflow.events(trial)
        assert workflow.results(trial) == undisturbed().results(trial)


def test_what_finishes_after_its_controller_was_killed_is_finished(cluster, new_workflow):
    workflow = new_workflow("orphaned", SLOW_SECONDS=SLOW_SECONDS)
    controller = workflow.submit(SLOW, **LONG)
    job = workflow.trained(SLOW[0], epoch=2)["slurm_job"]
    workflow.kill(controller)
    workflow.hurry()
    cluster.wait_until(lambda: cluster.state(job) == "COMPLETED", "the trials finish", seconds=300)
    assert "Nothing to be done" in workflow.ends(workflow.submit(SLOW, **LONG))
    assert [workflow.starts(trial) for trial in SLOW] == [[0], [0]]


def lives(event):
    """Whether the process that wrote an event is still there."""
    return Path(f"/proc/{event['process']}").exists()
