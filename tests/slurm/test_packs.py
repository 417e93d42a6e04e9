"""A grid of trials in packs: few submissions, and yet each trial is a job of its own."""

import itertools
from collections import Counter

import pytest
from controller import trials

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(1800)]

POOLINGS = ["max", "mean"]
TRIALS = trials(POOLINGS, [1, 2, 3])


def submissions(cluster, workflow):
    """Comment, resources and time limit of each Slurm job of a workflow, as accounting knows them."""
    columns = "--format=WorkDir,Comment,AllocTRES,TimelimitRaw"
    lines = cluster.run("sacct", "--allocations", "--noheader", "--parsable2", columns).splitlines()
    jobs = [line.split("|") for line in lines]
    return [job for folder, *job in jobs if folder == str(workflow.folder)]


@pytest.fixture(scope="module")
def workflow(new_workflow):
    """The whole workflow of six trials, on the cluster and from nothing."""
    workflow = new_workflow("grid", nothing=True)
    workflow.ends(workflow.submit(TRIALS, targets=["all"]))
    return workflow


def test_six_trials_are_two_submissions(cluster, workflow):
    """And the controller itself does small things alone."""
    rules = Counter(comment.split("_wildcards_")[0] for comment, *_ in submissions(cluster, workflow))
    assert rules.pop("rule_pack_train_trial") == 2
    small = ("build_structures", "find_duplicates", "fingerprint_structures", "build_graphs")
    assert rules == {f"rule_{name}": 1 for name in small}


def test_each_trial_has_its_own_outputs_log_and_state(workflow):
    for trial in TRIALS:
        assert [event["event"] for event in workflow.events(trial)][::2] == ["started", "finished"]
        assert (workflow.folder / f"logs/trials/{trial}.log").stat().st_size
        assert (workflow.folder / f"results/trials/{trial}/record.parquet").exists()
    assert set(workflow.states().values()) == {"done"}
    assert (workflow.folder / "results/checks/passed.json").exists()


def test_the_use_of_each_submission_is_reported(workflow):
    (report,) = (workflow.folder / "logs/slurm").glob("efficiency_report_*.csv")
    assert report.read_text().count("rule_pack_train_trial") == 2


def test_a_pack_shares_one_gpu_and_has_the_time_of_its_trials_two_at_a_time(cluster, workflow):
    packs = [job for job in submissions(cluster, workflow) if job[0] == "rule_pack_train_trial"]
    for _, resources, _ in packs:
        assert {"cpu=2", "gres/gpu=1"} <= set(resources.split(","))
    two, four = sorted(int(limit) for *_, limit in packs)
    assert four == 2 * two


def test_no_more_than_two_trials_of_a_pack_run_at_a_time(workflow):
    for job in {workflow.events(trial)[0]["slurm_job"] for trial in TRIALS}:
        changes = []
        for trial in TRIALS:
            first, *_, last = workflow.events(trial)
            if first["slurm_job"] == job:
                changes += [(first["time"], 1), (last["time"], -1)]
        at_once = itertools.accumulate(change for _, change in sorted(changes))
        assert max(at_once) <= 2


def test_two_more_seeds_train_only_the_new_trials(cluster, workflow):
    new = trials(POOLINGS, [4, 5])
    before = {trial: workflow.events(trial) for trial in TRIALS}
    earlier = len(submissions(cluster, workflow))
    workflow.ends(workflow.submit([*TRIALS, *new]))
    assert {trial: workflow.events(trial) for trial in TRIALS} == before
    assert all(workflow.starts(trial) == [0] for trial in new)
    assert len(submissions(cluster, workflow)) == earlier + 1


def test_a_failing_trial_is_named_and_alone_runs_again(new_workflow):
    workflow = new_workflow("failing")
    wanted = good, once, always = trials(["mean", "fails_once", "fails_always"], [1])
    printed = workflow.ends(workflow.submit(wanted, "--retries", "1"), status=1)
    assert "trials without a record: 1" in printed
    assert f"failed  {always}" in printed
    assert "every attempt fails" in printed
    assert f"logs/trials/{always}.log" in printed

    def ends(trial):
        return [
            event["event"] for event in workflow.events(trial) if event["event"] in ("failed", "finished")
        ]

    assert (ends(good), ends(once), ends(always)) == (["finished"], ["failed", "finished"], ["failed"] * 2)
    workflow.ends(workflow.submit(wanted, "--retries", "0"), status=1)
    assert (ends(good), ends(once), ends(always)) == (["finished"], ["failed", "finished"], ["failed"] * 3)
