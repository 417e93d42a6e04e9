"""Trials that a cluster stops, in every way it knows: they go on, with the numbers of an undisturbed run."""

import signal

import pytest
from controller import trials

pytestmark = pytest.mark.slurm

TRIALS = trials(["slow"], range(1, 9))
EPOCHS = 40
LONG = {"training": {"epochs": EPOCHS}}


@pytest.fixture(scope="module")
def undisturbed(new_workflow):
    """The same trials, trained without a cluster and without being slow."""
    workflow = new_workflow("undisturbed")
    workflow.ends(workflow.start(TRIALS, "--cores", "2", **LONG))
    return workflow


def went_on(workflow, trial):
    """Whether a trial began once, and every further attempt went on."""
    first, *further = workflow.starts(trial)
    return first == 0 and all(0 < epoch < EPOCHS for epoch in further)


def test_jobs_that_are_stopped_go_on_by_themselves(cluster, new_workflow, undisturbed):
    """One submission each is preempted, cancelled, put back into the queue, and meets its time limit."""
    workflow = new_workflow("stopped", after=undisturbed, SLOW_SECONDS="0.25")
    in_seeds = "wildcards.seed in ('{}', '{}') and attempt == 1".format
    run = workflow.submit(
        TRIALS,
        "--set-resources",
        "train_trial:gpu=1",
        "train_trial:gpu_share=1",
        "train_trial:pack=2",
        f"train_trial:slurm_partition='cancelled' if {in_seeds(1, 2)} else 'gpu'",
        f"train_trial:runtime=1 if {in_seeds(7, 8)} else 10",
        "train_trial:slurm_extra='--signal=TERM@1'",
        **LONG,
    )
    preempted, cancelled, requeued, _ = (workflow.slurm_job(trial, epoch=2) for trial in TRIALS[::2])
    # All GPUs are taken, one of them by a job of less priority, which gives way.
    cluster.run("sbatch", "--partition=gpu", "--gpus=1", "--time=1", "--output=/dev/null", "--wrap=sleep 3")
    cluster.wait_until(lambda: cluster.state(preempted) == "PREEMPTED", "a job is preempted", seconds=30)
    cluster.run("scancel", cancelled)
    cluster.run("scontrol", "requeue", requeued)
    cluster.wait_until(lambda: cluster.state(requeued) == "PENDING", "a job is back in the queue", seconds=30)
    cluster.stop("slurmd", signal.SIGKILL)
    cluster.start("slurmd")
    workflow.ends(run)
    for trial in TRIALS:
        assert went_on(workflow, trial), workflow.events(trial)
        assert len(workflow.starts(trial)) >= 2, workflow.events(trial)
        assert workflow.results(trial) == undisturbed.results(trial)


def test_controllers_that_are_killed_lose_nothing(cluster, new_workflow, undisturbed):
    """SIGKILL, a second controller while the first one's jobs still run, SIGTERM, and a third one."""
    workflow = new_workflow("killed", after=undisturbed, SLOW_SECONDS="0.15")
    running, later = TRIALS[:2], TRIALS[2]
    killed = workflow.submit(running, **LONG)
    for trial in running:
        workflow.slurm_job(trial, epoch=2)
    killed.kill()
    killed.communicate()
    workflow.ends(workflow.start(running, "--unlock", **LONG))
    told_to_stop = workflow.submit(running, **LONG)
    cluster.wait_until(lambda: waits(workflow, running[1]), "a second process waits", seconds=60)
    told_to_stop.terminate()
    printed = workflow.ends(told_to_stop, status=1)
    assert "Will exit after finishing currently running jobs" in printed
    workflow.ends(workflow.submit([*running, later], **LONG))
    for trial in (*running, later):
        assert workflow.starts(trial) == [0]
        assert workflow.results(trial) == undisturbed.results(trial)


def test_what_finishes_after_its_controller_was_killed_is_finished(cluster, new_workflow, undisturbed):
    workflow = new_workflow("orphaned", after=undisturbed, SLOW_SECONDS="0.05")
    orphans = TRIALS[:2]
    controller = workflow.submit(orphans, **LONG)
    job = workflow.slurm_job(orphans[0], epoch=2)
    controller.kill()
    controller.communicate()
    cluster.wait_until(lambda: cluster.state(job) == "COMPLETED", "the trials finish", seconds=120)
    workflow.ends(workflow.start(orphans, "--unlock", **LONG))
    assert "Nothing to be done" in workflow.ends(workflow.submit(orphans, **LONG))
    assert [workflow.starts(trial) for trial in orphans] == [[0], [0]]


def waits(workflow, trial):
    """Whether a process waits for another one that trains the same trial."""
    log = workflow.folder / f"logs/trials/{trial}.log"
    return log.exists() and "another process works on this trial; waiting for it" in log.read_text()
