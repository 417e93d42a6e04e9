"""`snakemake -n` over a growing number of trials: the paper's grid with more seeds.

CPU time and peak memory of the whole command in an empty folder, where everything is to be done.
"""

import sys
import tempfile
from pathlib import Path

import yaml
from crystals import ROOT, config
from protocol import OURS, Claim, Results, arguments
from turns import start

from gnnpool.grid import plan_trials

TRIALS = (805, 5000, 20000)
NAME = "planning with snakemake -n"


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
    results.write()


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
