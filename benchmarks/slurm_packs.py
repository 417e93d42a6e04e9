"""The overhead of Slurm and packs: submission of the paper's number of trials, and a short trial in a pack.

    python tests/slurm/cluster.py python benchmarks/slurm_packs.py

On the cluster of one node that the tests bring up. Submitted trials are not to start for an hour, and are
cancelled at the end. A last pack that is not full waits for more trials, and is not counted.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import yaml
from protocol import OURS, ROOT, Claim, Results, arguments

DATASETS, SEEDS = [f"salts_{number}" for number in range(7)], [1, 2, 3, 4, 5]
POOLINGS = ["mean", *(f"mean_{number}" for number in range(22))]  # 7 x 5 x 23 are 805 trials
PACK = 8
SALTS = {"label": "Salts", "source": "demo", "target": "energy", "unit": "eV/atom", "structures": 40}
SALTS["options"] = {"target": "per_atom", "count": 40}
CONFIG = {
    "datasets": dict.fromkeys(DATASETS, SALTS),
    "edges": {"mdl": {"cutoff": 4.0}},
    "models": {"cgcnn": {"options": {"channels": 16, "layers": 2}, "head": {"channels": 16}}},
    "poolings": {name: {"label": name, "operators": ["mean"]} for name in POOLINGS[1:]},
    "training": {"epochs": 2, "batch_size": 10, "engine": "eager"},
    "device": "cpu",
    "tables": [],
    "figures": [],
    "seeds": SEEDS,
}


def main() -> None:
    """Measure the submission of all trials, and one pack of eight that run one after another."""
    given = arguments(__doc__)
    if "SLURM_CONF" not in os.environ:
        raise SystemExit("no cluster: python tests/slurm/cluster.py python benchmarks/slurm_packs.py")
    results = Results("slurm_packs", given)
    datasets, poolings = (DATASETS[:1], POOLINGS[:2]) if given.quick else (DATASETS, POOLINGS)
    with tempfile.TemporaryDirectory(prefix="slurm-packs-") as name:
        folder = Path(name)
        run = start(folder, datasets, poolings, "--cores", "all", "--until", "build_graphs", "make_split")
        assert run.wait() == 0, (folder / "printed.txt").read_text()
        submit_all(folder, datasets, poolings, results)
        train_a_pack(folder, results)
    results.write()


def submit_all(folder: Path, datasets: list[str], poolings: list[str], results: Results) -> None:
    """From the first to the last submission; processor time and memory of the controller until then."""
    trials = len(datasets) * len(poolings) * len(SEEDS)
    wanted = trials // PACK
    profile = ["--profile", str(ROOT / "profiles/slurm"), "--jobs", "2000", "--set-resources"]
    profile += [f"train_trial:{key}" for key in ("slurm_partition=gpu", "gpu=1", f"pack={PACK}")]
    profile += ["train_trial:slurm_extra='--begin=now+1hour'"]
    begun = time.monotonic()
    run, first, there = start(folder, datasets, poolings, *profile), 0.0, 0
    while there < wanted:
        there = submitted()
        first = first or (time.monotonic() if there else 0.0)
        assert run.poll() is None, (folder / "printed.txt").read_text()
        time.sleep(0.05)
    last = time.monotonic()
    fields = Path(f"/proc/{run.pid}/stat").read_text().rsplit(")", 1)[1].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    status = Path(f"/proc/{run.pid}/status").read_text()
    memory = int(status.split("VmHWM:")[1].split()[0]) / 1024
    run.send_signal(signal.SIGINT)
    run.wait()
    assert submitted() == 0, "jobs are left in the queue"
    case = f"{wanted} packs of {trials} trials"
    for what, quantity, value in (
        ("first to last submission", "wall time", last - first),
        ("start of the controller to the last submission", "wall time", last - begun),
        ("controller until the last submission", "process CPU time", cpu),
        ("controller until the last submission", "peak memory", memory),
    ):
        results.add(Claim(what, case, peer="", quantity=quantity), {OURS: [value]})


def train_a_pack(folder: Path, results: Results) -> None:
    """Wall time of a submission beyond the recorded times of its trials, for each trial."""
    profile = ["--profile", str(ROOT / "profiles/slurm-test"), "--set-resources"]
    profile += [
        f"train_trial:{key}" for key in ("slurm_partition=gpu", "gpu=1", f"pack={PACK}", "gpu_share=2")
    ]
    poolings = POOLINGS[:PACK]
    records = [
        f"results/trials/{DATASETS[0]}/cgcnn/mdl/{pooling}/seed-1/record.parquet" for pooling in poolings
    ]
    run = start(folder, DATASETS[:1], poolings, *profile, targets=records)
    assert run.wait() == 0, (folder / "printed.txt").read_text()
    columns = "--format=JobID,Comment,Start,End"
    printed = ask(
        "sacct", "--allocations", "--noheader", "--parsable2", f"--name={run_name(folder)}", columns
    )
    rows = [line.split("|") for line in printed.splitlines()]
    ((_, _, start_, end),) = [row for row in rows if "train_trial" in row[1]]
    whole = (pd.Timestamp(end) - pd.Timestamp(start_)).total_seconds()
    recorded = sum(pd.read_parquet(folder / record)["wall_seconds"].item() for record in records)
    claim = Claim(
        "overhead of a trial in a pack beyond its recorded time",
        f"pack of {PACK}, one after another",
        peer="",
        quantity="wall time",
        at_most=5.3,
        note="Snakemake and the start of Python with torch",
    )
    results.add(claim, {OURS: [(whole - recorded) / PACK]})


def start(
    folder: Path, datasets: list[str], poolings: list[str], *flags: str, targets: list[str] | None = None
) -> subprocess.Popen:
    """Start a controller on these trials."""
    block = {"name": "all", "datasets": datasets, "models": ["cgcnn"], "edges": ["mdl"], "poolings": poolings}
    (folder / "overlay.yaml").write_text(yaml.safe_dump({**CONFIG, "blocks": [block]}, sort_keys=False))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--workflow-profile", str(ROOT / "profiles/default"), "--directory", str(folder)]
    command += [*(targets or ["train_all"]), "--configfile", str(ROOT / "config/config.yaml"), "overlay.yaml"]
    with open(folder / "printed.txt", "w") as printed:
        return subprocess.Popen([*command, *flags], cwd=folder, stdout=printed, stderr=subprocess.STDOUT)


def run_name(folder: Path) -> str:
    """Name that the jobs of the last controller have."""
    return (folder / "printed.txt").read_text().split("SLURM run ID: ")[1].split()[0]


def submitted() -> int:
    """Submissions of the user in the queue."""
    return len(ask("squeue", "--noheader", "--format=%i").split())


def ask(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
