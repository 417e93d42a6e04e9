"""Conda environment and containers hold what requirements.lock says."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from gnnpool.shipped import FILES

ROOT = Path(__file__).parents[2]
ENVS = ROOT / "workflow/envs"
PYTHON = "3.11"
# Whatever runs a container's commands.
CONTAINERS = {"Dockerfile": r"^RUN (.*)$", "apptainer.def": r"^    ((?:apt-get|pip) .*)$"}


def text(name):
    return (ENVS / name).read_text(encoding="utf-8")


def locked():
    return [
        line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")
    ]


def test_the_conda_environment_is_the_lock():
    printed = subprocess.run(
        [sys.executable, ENVS / "environment.py"], capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert text("environment.yaml") == printed, (
        "run workflow/envs/environment.py > workflow/envs/environment.yaml"
    )
    *others, packages = yaml.safe_load(printed)["dependencies"]
    assert packages["pip"] == locked()
    assert f"python={PYTHON}" in others


def test_every_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [each for name, extra in extras.items() if name != "tgp" for each in extra]
    names = {re.match(r"[A-Za-z0-9_-]+", each)[0] for each in project["dependencies"] + wanted} - {"gnnpool"}
    assert names <= {line.split("==")[0] for line in locked()}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_installs_the_locked_versions_on_the_python_of_the_lock(name):
    assert re.search(rf"^F(?:ROM|rom:) python:{PYTHON}-slim$", text(name), flags=re.M)
    installed = [line for line in text(name).splitlines() if "pip install" in line]
    assert len(installed) == 1
    assert '--constraint /gnnpool/requirements.lock "/gnnpool[all]"' in installed[0]


def test_both_containers_are_made_by_the_same_commands():
    docker, apptainer = (re.findall(run, text(name), flags=re.M) for name, run in CONTAINERS.items())
    assert docker == apptainer


@pytest.mark.parametrize(
    ("name", "copy"), [("Dockerfile", r"^COPY (.*) \S+$"), ("apptainer.def", r"^    (\S+) /gnnpool/\S+$")]
)
def test_what_a_container_copies_is_there_and_enough_to_install(name, copy):
    copied = {path for line in re.findall(copy, text(name), flags=re.M) for path in line.split()}
    assert all((ROOT / path).exists() for path in copied)
    package = {"pyproject.toml", "setup.py", "requirements.lock", "README.md", "LICENSE", "src"}
    assert copied == {*package, *FILES}
