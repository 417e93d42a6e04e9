"""Slurm commands that fail, forget or say nonsense: no controller waits for ever, nothing passes for done."""

import os

import pytest
from controller import Workflow, files, trials

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(1800)]

WANTED = trials(["max", "mean", "min"], [1, 2])  # in three packs
WORKS = dict.fromkeys(("sacct", "scancel", "sinfo"), "exit 0")
WORKS["sbatch"] = "echo $* >> submitted; job=1; until mkdir $job 2>&-; do job=$((job + 1)); done; echo $job"
WORKS["scontrol"] = "echo MinJobAge = 300 sec"

FORGETS_AND_PUTS_OFF = "echo '2|PREEMPTED'; echo '3|PENDING launch failed requeued held'"
ASKS_TOO_MUCH = "printf '%s|PENDING PartitionTimeLimit\\n' 1 2 3"
SAYS_UNKNOWN = "printf '%s|UNKNOWN\\n' 1 2 3"
ANSWERS_LATE = "echo >> asked; test $(wc -l < asked) -gt 15 && printf '%s|COMPLETED\\n' 1 2 3"
NO_FILES = "Slurm reports this job as finished, but its files do not exist"


@pytest.mark.parametrize(
    ("command", "does", "reason"),
    [
        ("sbatch", "echo Invalid account >&2; exit 1", "The error message was 'Invalid account'"),
        ("squeue", FORGETS_AND_PUTS_OFF, "Slurm lost this job, or holds it for ever"),
        ("squeue", ASKS_TOO_MUCH, "holds it for ever (PENDING PartitionTimeLimit)"),
        ("squeue", SAYS_UNKNOWN, NO_FILES),
        ("squeue", ANSWERS_LATE, NO_FILES),
    ],
)
def test_a_controller_ends_and_names_the_trials(prepared, tmp_path, command, does, reason):
    for name, script in (WORKS | {command: does}).items():
        (tmp_path / name).write_text(f"#!/bin/sh\ncd {tmp_path}\n{script}\n")
        (tmp_path / name).chmod(0o755)
    path = os.pathsep.join((str(tmp_path), os.environ["PATH"]))
    workflow = Workflow(prepared.folder, {**os.environ, "PATH": path})
    alone = ("--set-resources", "train_trial:pack=2", "train_trial:cpus_per_task=8")
    flags = ("--retries", "0", "--latency-wait", "2")
    printed = workflow.ends(workflow.submit(WANTED, *alone, *flags), status=1)
    assert printed.count(reason) == len(WANTED), printed
    for file in files(WANTED):
        assert file in printed
    if command != "sbatch":  # processors are those of a submission, not of each trial
        submitted = (tmp_path / "submitted").read_text().splitlines()
        assert ["--cpus-per-task=8 " in call for call in submitted] == [True] * 3
