"""The same rules on another engine and in a container: a profile or a flag is all that changes."""

import os
import sys
from pathlib import Path

import pytest

TARGET = "results/graphs/salts/mdl.json"
# As a cluster whose one command takes a script and answers with a number.
PROFILE = """\
executor: cluster-generic
cluster-generic-submit-cmd: "{folder}/submit {{threads}} {{resources.mem_mb}} {{resources.runtime}}"
default-resources: {{mem_mb: 4000 * attempt, runtime: 60 * attempt}}
jobs: 4
latency-wait: 10
seconds-between-status-checks: 1
"""
SUBMIT = """\
#!/bin/sh
echo "$1 $2 $3" >> {folder}/submissions
sh "$4" > {folder}/job.out 2>&1 &
echo $!
"""
# What it is called with stands in a file; what comes after the image runs right here.
APPTAINER = """\
#!/bin/sh
test "$1" = --version && exec echo apptainer version 1.4.0
echo "$@" >> {folder}/calls
while test "$1" != gnnpool.sif; do shift; done
shift
exec "$@"
"""


def write_program(path, text):
    path.write_text(text)
    path.chmod(0o755)


def test_an_environment_may_lie_in_a_folder_with_a_space_in_its_name(workflow, tmp_path_factory):
    environment = tmp_path_factory.mktemp("a b") / "venv"
    environment.symlink_to(sys.prefix)
    target = "results/data/salts/structures.parquet"
    workflow("--cores", "1", target, python=str(environment / "bin/python"))
    assert (workflow.folder / target).exists()


@pytest.mark.slow
def test_another_executor_needs_a_profile_alone(workflow, tmp_path_factory):
    folder = tmp_path_factory.mktemp("engine")
    write_program(folder / "submit", SUBMIT.format(folder=folder))
    (folder / "config.yaml").write_text(PROFILE.format(folder=folder))
    workflow("--profile", str(folder), TARGET)
    assert (workflow.folder / TARGET).exists()
    # Structures and graphs, with threads, MB and minutes.
    assert (folder / "submissions").read_text().splitlines() == ["1 4000 60"] * 2


def test_scripts_run_in_the_image_when_asked_to(workflow, tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    write_program(folder / "apptainer", APPTAINER.format(folder=folder))
    path = os.pathsep.join((str(folder), str(Path(sys.executable).parent), os.environ["PATH"]))
    workflow("--sdm", "apptainer", "--cores", "1", TARGET, environment={"PATH": path})
    calls = (folder / "calls").read_text()
    assert calls.count("gnnpool.sif") == 2
    assert "build_structures.py" in calls
    assert "build_graphs.py" in calls
