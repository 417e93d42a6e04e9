"""Every recipe is followed in a fresh folder as it is printed: its files are written, its commands run."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from pymatgen.core import Lattice, Structure

from gnnpool.network_check import check_networks
from gnnpool.train import prepare_files, train_trial

ROOT = Path(__file__).parents[3]
RECIPES = sorted((ROOT / "docs/recipes").glob("*.md"))
PAPER = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))
PARTS = ("src", "tests", "config", "workflow", "profiles", "Snakefile", "Makefile", "pyproject.toml")
# Appended to a command: without the paper's raw files only a plan can be made, and one epoch is enough.
INSTEAD = {
    r"snakemake .*crystal_attention\.yaml.*": " --dry-run",
    r"snakemake .*gaps\.yaml": " few.yaml --cores 2",
}
FEW = {"seeds": [111], "training": {"epochs": 1}}
ELSEWHERE = {
    "make lint": "the gate runs it",
    "pip install --no-build-isolation torch-scatter": "it needs a network and minutes of a compiler",
    'pip install -e ".[tgp]"': "it needs a network",
}


def steps(page: Path) -> Iterator[tuple[str, str, str]]:
    """Language, name of the file (empty if there is none) and text of each block of a page, in order."""
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text("utf-8"), flags=re.M | re.S):
        named = re.match(r"# ([\w./-]+\.\w+)\b", text)
        yield language, named[1] if named else "", text


def commands(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


@pytest.fixture
def checkout(tmp_path):
    """A fresh copy of what a contributor clones, as far as recipes need it."""
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    (tmp_path / "few.yaml").write_text(yaml.safe_dump(FEW))
    return tmp_path


def run(command: str, folder: Path) -> None:
    """Run a printed command with the environment active; pip installs into a folder and without a network."""
    appended = [more for pattern, more in INSTEAD.items() if re.fullmatch(pattern, command)]
    paths = [folder / "installed", folder / "src"]
    done = subprocess.run(
        ["bash", "-ec", command + "".join(appended)],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "OMP_NUM_THREADS": "1",
            **{"PIP_TARGET": str(paths[0]), "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1"},
            "PIP_NO_BUILD_ISOLATION": "false",  # pip's way to say: no isolation
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"


def write(name: str, text: str, folder: Path) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def add_to_the_configuration(text: str, folder: Path) -> None:
    """Add an entry where the paper's configuration has others of its kind."""
    head, entry = text.split("\n", 1)
    path = folder / "config/config.yaml"
    before = path.read_text("utf-8")
    path.write_text(before.replace(f"\n{head}\n", f"\n{head}\n{entry}", 1), "utf-8")
    assert yaml.safe_load(path.read_text("utf-8")) != yaml.safe_load(before)


def make_trial(folder: Path, trial: str, graphs: str) -> None:
    """Put a trial of one epoch, and the graphs that it was trained with, where a recipe has its own."""
    cells = [Structure(Lattice.cubic(3 + i / 20), ["Cs", "Cl"], [[0] * 3, [0.5] * 3]) for i in range(40)]
    volumes = [cell.volume for cell in cells]
    files = prepare_files(cells, volumes, target="volume", unit="Å^3", seed=111, folder=folder / "salts")
    shutil.copytree(files.graphs.parent, (folder / graphs).parent)
    pooling = Path(trial).parent.name
    train_trial(
        graphs=files.graphs,
        split=files.split,
        output=folder / trial,
        pooling=pooling,
        training={"epochs": 1},
    )


@pytest.mark.slow
@pytest.mark.parametrize("page", RECIPES, ids=lambda page: page.stem)
def test_a_recipe_is_followed_to_the_letter(page, checkout):
    for language, name, text in steps(page):
        if language == "sh":
            for command in commands(text):
                if command in ELSEWHERE:
                    continue
                if words := re.fullmatch(r"python look\.py (\S+) (\S+)", command):
                    make_trial(checkout, *words.groups())
                run(command, checkout)
        elif name:
            write(name, text, checkout)
        elif page.stem == "model":
            add_to_the_configuration(textwrap.dedent(text), checkout)


def test_what_is_not_run_is_still_printed():
    printed = {
        line for page in RECIPES for kind, _, text in steps(page) if kind == "sh" for line in commands(text)
    }
    assert set(ELSEWHERE) <= printed
    assert [p for p in INSTEAD if not any(re.fullmatch(p, command) for command in printed)] == []


@pytest.mark.slow
def test_poolings_of_fragments_are_built_and_trained(tmp_path):
    """Entries that recipes print alone: with CGCNN, for one step."""
    entries = {}
    for page in RECIPES:
        for language, name, text in steps(page):
            if language == "yaml" and not name:
                entries |= yaml.safe_load(text).get("poolings", {})
    if find_spec("tgp") is None:
        entries = {name: entry for name, entry in entries.items() if "tgp" not in str(entry)}
    assert len(entries) >= 7
    model, cutoff = PAPER["models"]["cgcnn"], PAPER["edges"]["mdl"]["cutoff"]
    check_networks(
        {
            str(tmp_path / f"{name}.json"): {
                **{"model": model, "pooling": name, "pooling_entry": entry, "cutoff": cutoff, "edges": "mdl"}
            }
            for name, entry in entries.items()
        }
    )
    assert {path.stem for path in tmp_path.iterdir()} == set(entries)
