"""The workflow as a user of a cluster runs it, and what its trials leave."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LONGEST = 300  # s that any run may take


def trials(poolings: Iterable[str], seeds: Iterable[int]) -> list[str]:
    """Names of these trials."""
    return [f"salts/cgcnn/mdl/{pooling}/seed-{seed}" for pooling in poolings for seed in seeds]


class Workflow:
    """`snakemake train_all` in a folder of its own.

    Args:
        folder: The folder.
        environment: Variables, those of the cluster among them.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        path = os.pathsep.join(filter(None, [str(HERE / "faults"), os.environ.get("PYTHONPATH")]))
        self.environment = {**environment, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}

    def start(self, wanted: list[str], *arguments: str, **overlay: object) -> subprocess.Popen:
        """Start a controller that trains some trials."""
        _, _, _, poolings, seeds = zip(*(trial.split("/") for trial in wanted), strict=True)
        block = {"name": "wanted", "datasets": ["salts"], "models": ["cgcnn"], "edges": ["mdl"]}
        overlay["seeds"] = sorted({int(seed.removeprefix("seed-")) for seed in seeds})
        overlay["blocks"] = [block | {"poolings": sorted({"mean", *poolings})}]
        (self.folder / "overlay.json").write_text(json.dumps(overlay))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        command += [f"results/trials/{trial}/record.parquet" for trial in wanted]
        command += ["--directory", str(self.folder), "--workflow-profile", str(ROOT / "profiles/default")]
        command += [
            "--configfile",
            str(ROOT / "config/config.yaml"),
            str(HERE / "trials.yaml"),
            "overlay.json",
        ]
        return subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env=self.environment,
        )

    def submit(self, wanted: list[str], *arguments: str, **overlay: object) -> subprocess.Popen:
        """Start a controller with the profile of the cluster."""
        return self.start(wanted, "--profile", str(ROOT / "profiles/slurm-test"), *arguments, **overlay)

    def ends(self, controller: subprocess.Popen, *, status: int = 0) -> str:
        """Wait for a controller, check its exit status, and return what it printed."""
        try:
            printed = controller.communicate(timeout=LONGEST)[0]
        except subprocess.TimeoutExpired:
            controller.kill()
            pytest.fail(f"a controller still waits after {LONGEST} s: {controller.communicate()[0]}")
        assert controller.returncode == status, printed
        return printed

    def events(self, trial: str) -> list[dict]:
        """The journal of a trial."""
        path = self.folder / f"logs/trials/{trial}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def starts(self, trial: str) -> list[int]:
        """Finished epochs at the start of each attempt of a trial."""
        return [event["epoch"] for event in self.events(trial) if event["event"] == "started"]

    def results(self, trial: str) -> list[bytes]:
        """What a trial found out, to the last bit."""
        folder = self.folder / "results/trials" / trial
        return [(folder / name).read_bytes() for name in ("model.safetensors", "predictions.parquet")]

    def slurm_job(self, trial: str, *, epoch: int) -> str:
        """The Slurm job that trains a trial, once it has saved some epoch."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            for event in self.events(trial):
                if event["event"] == "saved" and event["epoch"] >= epoch:
                    return event["slurm_job"]
            time.sleep(0.2)
        raise AssertionError(f"{trial} did not come to epoch {epoch}: {self.events(trial)}")
