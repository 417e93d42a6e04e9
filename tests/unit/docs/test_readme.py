"""The README is short, its commands run, and its numbers are those of the evidence."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from gnnpool.cli import main
from gnnpool.train import prepare_files, train_trial

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line, comments=True)
    for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, flags=re.M | re.S)
    for line in block.splitlines()
]
SNAKEMAKE = [command for command in COMMANDS if "snakemake" in command]


def test_the_readme_is_short():
    assert len(TEXT.splitlines()) <= 200


@pytest.mark.skipif(not (ROOT / "evidence/bundle.json").exists(), reason="no evidence here")
def test_the_generated_parts_are_those_of_the_evidence_and_the_rules():
    run = subprocess.run(
        [sys.executable, ROOT / "docs/readme.py", "--check"], capture_output=True, text=True, cwd=ROOT
    )
    assert run.returncode == 0, run.stderr


def test_a_command_is_one_that_a_test_knows():
    known = {"make", "snakemake", "gnnpool"}
    assert {next(word for word in command if "=" not in word) for command in COMMANDS} == known


def test_commands_of_make_are_part_of_the_gate():
    gate = [line for line in (ROOT / ".ci/run").read_text().splitlines() if not line.startswith("#")]
    wanted = [shlex.join(command) for command in COMMANDS if command[0] == "make"]
    assert [command for command in wanted if not any(command in line for line in gate)] == []


@pytest.mark.parametrize("command", SNAKEMAKE, ids=shlex.join)
def test_commands_of_snakemake_plan_jobs(command, tmp_path):
    """On the paper's configuration with one seed."""
    for name in ("Snakefile", "workflow", "profiles"):
        (tmp_path / name).symlink_to(ROOT / name)
    config = (ROOT / "config/config.yaml").read_text()
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text(re.sub(r"^seeds: .*$", "seeds: [111]", config, flags=re.M))
    words = [word for word in command if "=" not in word][1:]
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", *words, "--dry-run", "--quiet", "rules"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert re.search(r"^total +[1-9]", run.stdout, flags=re.M)


def test_the_status_is_printed(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert main(COMMANDS[[command[:2] for command in COMMANDS].index(["gnnpool", "status"])][1:]) == 0
    assert "all together" in capsys.readouterr().out


def test_trials_of_the_demo_predict(monkeypatch, tmp_path, capsys):
    """Trials of one epoch stand where the demo has them."""
    monkeypatch.chdir(tmp_path)
    trials = "results/demo/trials/ewald_per_atom/cgcnn/mdl/gmt"
    cells = [Structure(Lattice.cubic(3 + i / 20), ["Cs", "Cl"], [[0] * 3, [0.5] * 3]) for i in range(40)]
    volumes = [cell.volume for cell in cells]
    files = prepare_files(cells, volumes, target="volume", unit="Å^3", seed=1, folder="salts")
    for seed in (1, 2):
        output = f"{trials}/seed-{seed}"
        train_trial(
            graphs=files.graphs, split=files.split, output=output, pooling="gmt", training={"epochs": 1}
        )
    cells[0].to(filename="crystal.cif")
    words = COMMANDS[[command[:2] for command in COMMANDS].index(["gnnpool", "predict"])][1:]
    assert words[1] == f"{trials}/seed-*"
    assert main(["predict", *sorted(map(str, Path(trials).glob("seed-*"))), *words[2:]]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("crystal.cif\t")
