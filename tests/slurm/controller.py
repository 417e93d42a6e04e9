"""The workflow as a user of a cluster runs it, and what its trials leave."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest

from gnnpool.config import read_config
from gnnpool.journal import read_journal
from gnnpool.status import read_status

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CONFIGURATION = [str(ROOT / "config/config.yaml"), str(HERE / "trials.yaml"), "overlay.json"]
LONGEST = 600  # s that any run may take, however busy the machine is


def trials(poolings: Iterable[str], seeds: Iterable[int]) -> list[str]:
    """Names of these trials."""
    return [f"salts/cgcnn/mdl/{pooling}/seed-{seed}" for pooling in poolings for seed in seeds]


def files(wanted: Iterable[str]) -> list[str]:
    """What these trials leave at last."""
    return [f"results/trials/{trial}/record.parquet" for trial in wanted]


class Workflow:
    """`snakemake` on some trials, in a folder of its own.

    Args:
        folder: The folder.
        environment: Variables, those of the cluster among them.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        path = os.pathsep.join(filter(None, [str(HERE / "faults"), os.environ.get("PYTHONPATH")]))
        self.environment = {**environment, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}

    def start(
        self, wanted: list[str], *arguments: str, targets: list[str] | None = None, **overlay: object
    ) -> subprocess.Popen:
        """Start a controller that makes some trials, or other targets of a benchmark of these trials."""
        _, _, _, poolings, seeds = zip(*(trial.split("/") for trial in wanted), strict=True)
        block = {"name": "wanted", "datasets": ["salts"], "models": ["cgcnn"], "edges": ["mdl"]}
        overlay["seeds"] = sorted({int(seed.removeprefix("seed-")) for seed in seeds})
        overlay["blocks"] = [block | {"poolings": sorted({"mean", *poolings})}]
        (self.folder / "overlay.json").write_text(json.dumps(overlay))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        command += files(wanted) if targets is None else targets
        command += ["--directory", str(self.folder), "--workflow-profile", str(ROOT / "profiles/default")]
        command += ["--configfile", *CONFIGURATION, *arguments]
        number = len(list(self.folder.glob("controller-*.txt")))
        # Not a pipe, which fills up while nobody reads it.
        with open(self.folder / f"controller-{number}.txt", "w") as printed:
            controller = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment,
                # Ctrl+C reaches it, even if whoever runs the tests in the background does not want any.
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
            )
        controller.printed = Path(printed.name)
        return controller

    def submit(self, wanted: list[str], *arguments: str, **options: object) -> subprocess.Popen:
        """Start a controller with the profile of the cluster."""
        return self.start(wanted, "--profile", str(ROOT / "profiles/slurm-test"), *arguments, **options)

    def ends(self, controller: subprocess.Popen, *, status: int = 0, seconds: float = LONGEST) -> str:
        """Wait for a controller, check its exit status, and return what it printed."""
        try:
            controller.wait(seconds)
        except subprocess.TimeoutExpired:
            controller.kill()
            pytest.fail(f"a controller still waits after {seconds:g} s: {controller.printed.read_text()}")
        printed = controller.printed.read_text()
        assert controller.returncode == status, printed
        return printed

    def kill(self, controller: subprocess.Popen) -> None:
        """End a controller as a crash does, and open the lock that it leaves."""
        controller.kill()
        controller.wait()
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--unlock"]
        command += ["--cores", "1", "--workflow-profile", "none", "--configfile", *CONFIGURATION]
        subprocess.run(command, cwd=self.folder, env=self.environment, check=True, capture_output=True)

    def hurry(self, really: bool = True) -> None:
        """Let slow trials be quick from now on, or slow again."""
        (self.folder / "hurry").touch() if really else (self.folder / "hurry").unlink()

    def states(self) -> dict[str, str]:
        """State of each trial, as `gnnpool status` prints it."""
        with contextlib.chdir(self.folder):
            status = read_status(read_config(CONFIGURATION))
        return {str(one.trial): one.state for one in status.blocks["wanted"]}

    def events(self, trial: str) -> list[dict]:
        """The journal of a trial."""
        return read_journal(self.folder / f"logs/trials/{trial}.jsonl")

    def starts(self, trial: str) -> list[int]:
        """Finished epochs at the start of each attempt of a trial."""
        return [event["epoch"] for event in self.events(trial) if event["event"] == "started"]

    def alone(self, trial: str) -> bool:
        """Whether no two processes worked on a trial at once: each had its say before the next one."""
        turns = [process for process, _ in groupby(event["process"] for event in self.events(trial))]
        return len(turns) == len(set(turns))

    def waits(self, trial: str) -> bool:
        """Whether a process waits for another one that trains the same trial."""
        log = self.folder / f"logs/trials/{trial}.log"
        words = "another process works on this trial; waiting for it"
        return log.exists() and words in log.read_text()

    def results(self, trial: str) -> list[bytes]:
        """What a trial found out, to the last bit."""
        folder = self.folder / "results/trials" / trial
        return [(folder / name).read_bytes() for name in ("model.safetensors", "predictions.parquet")]

    def trained(self, trial: str, *, epoch: int) -> dict:
        """Wait until a trial has saved some epoch; the event, which names process and Slurm job."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            for event in self.events(trial):
                if event["event"] == "saved" and event["epoch"] >= epoch:
                    return event
            time.sleep(0.2)
        raise AssertionError(f"{trial} did not come to epoch {epoch}: {self.events(trial)}")
