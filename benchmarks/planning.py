"""The cost of the controller: `snakemake -n` over a growing number of trials, and while trials run.

The first is the paper's grid with more seeds: CPU time and peak memory of the whole command in an empty
folder, where everything is to be done. The second has jobs without work: many have finished, many wait, and
those that run sleep.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import yaml
from crystals import ROOT, config
from protocol import OURS, Claim, Results, arguments
from turns import start

from gnnpool.trials import plan_trials

TRIALS = (805, 5000, 20000)
NAME = "planning with snakemake -n"
WAITING = 400
SECONDS = 30  # of waiting that are measured
JOBS = """
from gnnpool.controller import start_rounds_when_needed
onstart: start_rounds_when_needed(workflow.scheduler)
rule all:
    input: [f"finished/{{i}}" for i in range({finished})], [f"waiting/{{i}}" for i in range({waiting})]
rule finish:
    output: touch("finished/{{i}}")
    priority: 1
    run: pass
rule wait:
    output: touch("waiting/{{i}}")
    shell: "sleep 1000"
"""


def main() -> None:
    """Measure each number of trials once."""
    given = arguments(__doc__)
    blocks = config()["blocks"]
    results = Results("planning", given)
    for wanted in TRIALS[:1] if given.quick else TRIALS:
        seeds = list(range(1, round(wanted / len(plan_trials(blocks, [1]))) + 1))
        trials = len(plan_trials(blocks, seeds))
        with tempfile.TemporaryDirectory() as folder:
            child = start([*command(Path(folder), seeds)])()
        for quantity, cost in (("process CPU time", child.cpu), ("peak memory", child.peak)):
            claim = Claim(NAME, "paper's grid", peer="", quantity=quantity)
            results.add(claim, {OURS: [cost]}, size=trials, sized_by="trials")
    finished, seconds = (20, 2) if given.quick else (800, SECONDS)
    case = f"{finished} trials finished, {WAITING} waiting"
    claim = Claim("controller while trials run", case, peer="", at_most=2.0, quantity="share of a core")
    results.add(claim, {OURS: [waiting(finished, seconds)]})
    results.write()


def waiting(finished: int, seconds: float) -> float:
    """Percent of a core that the controller takes while it waits."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = Path(folder, "Snakefile")
        jobs.write_text(JOBS.format(finished=finished, waiting=WAITING))
        call = [sys.executable, "-m", "snakemake", "--snakefile", str(jobs), "--directory", folder]
        profile = ["--workflow-profile", str(ROOT / "profiles/default"), "--scheduler", "greedy"]
        # Jobs that finish are threads of the controller, which is quicker.
        options = ["--cores", "8", "--force-use-threads", "--quiet", "all"]
        with open(Path(folder, "log"), "w") as log:
            child = subprocess.Popen(
                [*call, *profile, *options], stdout=log, stderr=log, start_new_session=True
            )
        try:
            while len(list(Path(folder).glob("finished/*"))) < finished:
                if child.poll() is not None:
                    raise RuntimeError(Path(folder, "log").read_text())
                time.sleep(0.5)
            time.sleep(min(5, seconds))  # the last ones are written down
            controller = psutil.Process(child.pid)
            before, started = controller.cpu_times(), time.perf_counter()
            time.sleep(seconds)
            after, wall = controller.cpu_times(), time.perf_counter() - started
        finally:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    return round(100 * (after.user + after.system - before.user - before.system) / wall, 2)


def command(folder: Path, seeds: list[int]) -> list[str]:
    """A dry run in a folder of its own."""
    overlay = folder / "seeds.yaml"
    overlay.write_text(yaml.safe_dump({"seeds": seeds}))
    snakemake = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all"]
    places = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    profile = ["--workflow-profile", str(ROOT / "profiles/default")]
    return [*snakemake, *places, *profile, "--configfile", str(ROOT / "config/config.yaml"), str(overlay)]


if __name__ == "__main__":
    main()
