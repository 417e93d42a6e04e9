"""The disk of the torture is late and slow as it says, and the project's files and locks work on it."""

import errno
import os
import subprocess
import sys

import network_disk
import pytest

LATE = 1e6  # s, longer than any test takes

# A process that prints what each line of its input gives, or the kind of the error.
ANSWER = """
import os, sys
from pathlib import Path
from gnnpool.artifacts import *
from gnnpool.lock import alone, has_flock, is_held
for line in sys.stdin:
    try:
        print(eval(line), flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    found = network_disk.build(tmp_path_factory.mktemp("library"))
    if found is None:
        pytest.skip("needs Linux and a C compiler")
    return found


@pytest.fixture
def process(library, tmp_path):
    """Start a process that finds a folder on such a disk; returns what asks it for a value."""
    started = []

    def start(**values):
        disk = network_disk.variables(tmp_path, **{"delay": 0, "late": LATE} | values)
        process = subprocess.Popen(
            [sys.executable, "-c", ANSWER],
            cwd=tmp_path,
            env={**os.environ, **disk, "LD_PRELOAD": str(library)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)

        def ask(expression):
            process.stdin.write(expression + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        return ask

    yield start
    for each in started:
        each.communicate()
        assert each.returncode == 0


def test_what_others_create_rename_and_remove_is_seen_late(process, tmp_path):
    late, fresh = process(), process(late=0)
    (tmp_path / "kept").write_text("old")
    assert late("Path('kept').read_text()") == "old"
    assert late("Path('new').exists()") == "False"
    (tmp_path / "new").touch()
    (tmp_path / "next").write_text("newer")
    (tmp_path / "next").replace(tmp_path / "kept")
    for ask, seen, content, size in ((late, "False", "old", "3"), (fresh, "True", "newer", "5")):
        assert ask("Path('new').exists()") == seen
        assert ask("open('kept').read()") == content
        assert ask("os.stat('kept').st_size") == size
    (tmp_path / "kept").unlink()
    assert late("Path('kept').read_bytes()") == "b'old'"
    assert fresh("os.access('kept', os.R_OK)") == "False"


def test_a_process_sees_at_once_what_it_does_itself(process):
    ask = process()
    assert ask("Path('mine').exists()") == "False"
    assert ask("write_json('mine', {'a': 1})") == "None"
    assert ask("read_json('mine')") == "{'a': 1}"
    assert ask("write_json('mine', {'a': 2}) or read_json('mine')") == "{'a': 2}"
    assert ask("os.remove('mine') or Path('mine').exists()") == "False"


def test_another_process_decides_nothing_by_what_it_believes(process):
    """Creation with O_EXCL, on which locks without flock are built, is decided by the server."""
    ask, other = process(), process()
    assert ask("Path('lock').exists()") == "False"
    assert other("os.close(os.open('lock', os.O_CREAT | os.O_EXCL))") == "None"
    assert ask("Path('lock').exists()") == "False"
    assert ask("os.open('lock', os.O_CREAT | os.O_EXCL)") == "FileExistsError"


@pytest.mark.parametrize("missing", [0, errno.ENOLCK, errno.ENOSYS])
def test_a_trial_is_alone_with_and_without_flock(missing, process, tmp_path):
    ask, other = process(flock=missing), process(flock=missing)
    assert ask("has_flock(Path('a.lock'))") == str(not missing)
    assert other("is_held(Path('b.lock'))") == "False"
    assert ask("setattr(sys, 'held', alone(Path('b.lock'))) or sys.held.__enter__()") == "False"
    assert (tmp_path / "b.held").exists() == bool(missing)
    assert process(flock=missing)("is_held(Path('b.lock'))") == "True"
    assert ask("sys.held.__exit__(None, None, None)") == "False"
    assert process(flock=missing)("is_held(Path('b.lock'))") == "False"


def test_files_of_the_project_are_whole_on_it(process):
    ask = process(delay=0.001)
    table = "__import__('pyarrow').table({'x': [1, 2]})"
    assert ask(f"write_table('a.parquet', {table}) or read_table('a.parquet')['x'].to_pylist()") == "[1, 2]"
    tensors = "write_tensors('a.safetensors', {'x': __import__('numpy').arange(3)}, metadata={})"
    assert ask(f"{tensors} or read_tensors('a.safetensors')[0]['x'].tolist()") == "[0, 1, 2]"
    assert ask("sorted(os.listdir('.'))") == "['a.parquet', 'a.safetensors']"


def test_other_folders_are_as_they_are(process, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a"
    ask = process()
    assert ask(f"Path({str(elsewhere)!r}).exists()") == "False"
    elsewhere.touch()
    assert ask(f"Path({str(elsewhere)!r}).exists()") == "True"
