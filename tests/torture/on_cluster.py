"""Jobs of a real Slurm cluster of one node that are killed at random moments."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

sys.path.append(str(Path(__file__).parents[1] / "slurm"))
from cluster import Cluster
from controller import Workflow, trials
from packages import missing_programs
from promise import LOST, SILENT, Promise
from stops import cost

EPOCHS = 80
LONG = {"training": {"epochs": EPOCHS}}
POOLINGS = ["gmt", "mamm", "max", "mean", "set2set"]
LONGEST = 3600  # s for all kills, however busy the machine is


def kill_on_cluster(folder: Path, *, kills: int, random: Random) -> list[Promise]:
    """Start a cluster and train one trial of some poolings on it; see :func:`kill_jobs`.

    Args:
        folder: A new one.
        kills: Number of kills; without any, or without Slurm, nothing is tried.
        random: Of the moments.
    """
    if kills and (missing := missing_programs()):
        print(f"*** NO SLURM HERE, not installed: {', '.join(missing)}: no job of a cluster is killed. ***")
    if not kills or missing_programs():
        return []
    for name in ("undisturbed", "cluster"):
        (folder / name).mkdir(parents=True)
    with Cluster().start_all() as cluster:
        undisturbed = Workflow(folder / "undisturbed", os.environ)
        return [
            kill_jobs(cluster, Workflow(folder / "cluster", cluster.environment), undisturbed, kills, random)
        ]


def kill_jobs(
    cluster: Cluster, workflow: Workflow, undisturbed: Workflow, kills: int, random: Random
) -> Promise:
    """Kill trainings after random epochs, or cancel their submissions; they resume by themselves.

    Args:
        cluster: The cluster.
        workflow: A workflow on it.
        undisturbed: A workflow without it, which trains the same trials.
        kills: Number of kills; the poolings take turns.
        random: Of the moments.
    """
    promise = Promise(
        "A killed or cancelled job of a Slurm cluster resumes by itself, with the same numbers",
        f"SIGKILL of a training, or scancel of its submission, after a random epoch: {', '.join(POOLINGS)}; "
        "weights and predictions compared bit for bit",
    )
    wanted = trials(POOLINGS[:kills], [1])
    alone = undisturbed.start(wanted, "--cores", "2", **LONG)
    moments: dict[str, list[int]] = {trial: [] for trial in wanted}
    for number in range(kills):
        moments[wanted[number % len(wanted)]].append(random.randrange(1, EPOCHS // 2))
    left = {trial: sorted(epochs) for trial, epochs in moments.items()}
    # A cancelled submission is one more attempt of each trial in it. Minutes do not grow with the attempts,
    # as Slurm never starts a job that asks for more than its partition allows.
    more = ("--retries", str(kills), "--set-resources", "train_trial:runtime=15")
    run = workflow.submit(wanted, *more, **LONG)
    end, killed = time.monotonic() + LONGEST, set()
    while any(left.values()) and run.poll() is None and time.monotonic() < end:
        for trial in (trial for trial in wanted if left[trial]):
            last = workflow.events(trial)[-1:]
            due = last and last[0]["event"] == "saved" and last[0]["epoch"] >= left[trial][0]
            if due and last[0]["process"] not in killed:
                time.sleep(random.uniform(0, 0.05))  # s; any moment of an epoch or of a save
                if _kill(cluster, last[0], alone=random.random() < 0.5):
                    left[trial].pop(0)
                killed.add(last[0]["process"])
        time.sleep(0.05)
    for one, controller in ((workflow, run), (undisturbed, alone)):
        one.ends(controller, seconds=LONGEST)
    for trial, epochs in moments.items():
        for _ in range(len(epochs) - len(left[trial])):
            promise.count(*_judge(workflow, undisturbed, trial))
    return promise


def _kill(cluster: Cluster, event: dict, *, alone: bool) -> bool:
    """Kill the process that wrote an event, or cancel its submission; whether the process still lived."""
    try:
        os.kill(event["process"], 0 if not alone else signal.SIGKILL)
    except ProcessLookupError:  # it was killed with its submission
        return False
    if not alone:
        command = ["scancel", str(event["slurm_job"])]
        subprocess.run(command, env=cluster.environment, check=True, capture_output=True)
    return True


def _judge(workflow: Workflow, undisturbed: Workflow, trial: str) -> tuple[str, str]:
    if len(workflow.starts(trial)) < 2:
        return LOST, f"{trial}: nothing was killed: {workflow.events(trial)}"
    if not workflow.alone(trial):
        return LOST, f"{trial}: two processes at once: {workflow.events(trial)}"
    if workflow.results(trial) != undisturbed.results(trial):
        return SILENT, f"{trial} in {workflow.folder}: other numbers"
    return cost(workflow.folder / f"logs/trials/{trial}.jsonl")
