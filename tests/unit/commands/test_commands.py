"""What holds for every command: light start, one page, statuses, pipes."""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gnnpool.cli import COMMANDS, main, make_parser
from gnnpool.command_page import page

ROOT = Path(__file__).parents[3]
LIGHT = [
    ["--help"],
    ["--version"],
    ["status", "--help"],
    ["status"],
    ["where", "evidence"],
    ["list", "--json"],
    ["doctor"],
    ["estimate"],
]


def call(*words, **options):
    code = "import sys; from gnnpool.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, encoding="utf-8", **options
    )


@pytest.mark.parametrize("words", LIGHT, ids=" ".join)
def test_a_command_that_does_not_train_imports_no_torch(words):
    code = (
        "import sys\nfrom gnnpool.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.splitlines()[-1] == "False", run.stderr


def test_the_parser_imports_neither_tables_nor_arrays():
    code = (
        "import sys, gnnpool.cli\ngnnpool.cli.make_parser()\n"
        "print({'numpy', 'pandas', 'pyarrow', 'yaml'} & {*sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_the_page_of_the_command_line_is_up_to_date():
    text = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
    assert text == page(), "run python -m gnnpool.command_page > docs/command-line.md"


def test_the_page_names_every_option_of_every_command():
    (commands,) = (one for one in make_parser()._actions if isinstance(one, argparse._SubParsersAction))
    parts = dict(re.findall(r"^## gnnpool (\S+)$(.*?)(?=^## )", page(), flags=re.M | re.S))
    assert list(parts) == [*COMMANDS]
    for name, parser in commands.choices.items():
        for action in parser._actions:
            assert all(
                f"`{option}" in parts[name] or option in ("-h", "--help") for option in action.option_strings
            )


def test_a_reader_that_has_enough_ends_a_command_without_a_word():
    code = "import sys; from gnnpool.cli import main; sys.exit(main(['list', '--json']))"
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (run.returncode, run.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ([], 2, "required: COMMAND"),
        (["statsu"], 2, "invalid choice: 'statsu'"),
        (["where", "nowhere"], 74, "nowhere: no such folder"),
        (["where", "docs"], 74, "docs: found no results"),
        (["status", "--configfile", "config/noise_floor.yaml"], 2, "found no 'results', 'logs', 'seeds'"),
        (["estimate", "--configfile", "config/demo.yaml"], 2, "found no 'split'"),
        (["estimate", "--configfile", "none.yaml"], 2, "none.yaml: no such file"),
        (["status", "--watch", "0"], 2, "--watch: found 0, expected seconds above 0"),
        (["init", "evidence"], 2, "evidence: found README.md, bundle.json"),
        (["init", "Snakefile"], 2, "Snakefile: found a file"),
        (["predict", "evidence", "x.cif"], 2, "evidence: found a bundle without weights"),
        (["predict", "x.cif"], 2, "x.cif: no such file or folder"),
        (["predict", "README.md"], 2, "found 0 trials and 1 structures"),
        (["bundle", "evidence", "tests"], 2, "tests: expected a new or empty folder, or a bundle, found"),
        (
            ["bundle", "docs", "x", "--configfile", "config/demo.yaml"],
            2,
            "demo.yaml: found no 'split'",
        ),
        (
            ["plan", "--detect", "3", "--configfile", "config/demo.yaml"],
            2,
            "demo.yaml: found no 'split'",
        ),
        (["remake", "evidence", "evidence"], 2, "evidence: found a bundle"),
        (["remake", "evidence", "x", "--check", "nowhere.md"], 74, "nowhere.md: no such file"),
        (["predict", "tests"], 2, "tests: found neither a trial nor a structure file"),
    ],
)
def test_a_mistake_ends_a_command_with_one_sentence_and_its_status(words, status, message):
    run = call(*words)
    assert (run.returncode, run.stdout) == (status, "")
    assert message in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("command", "overlay", "message"),
    [
        ("status", "blocks: [{name: x, datasets: [phonons], models: [cgcnn]}]", "blocks.0: missing 'edges'"),
        ("list", "datasets: {phonons: [1]}", "datasets.phonons: [1] is not of type 'object'"),
    ],
)
def test_a_command_checks_the_form_of_what_it_reads(command, overlay, message, tmp_path, capsys):
    (mine := tmp_path / "mine.yaml").write_text(overlay)
    assert main([command, "--configfile", str(ROOT / "config/config.yaml"), str(mine)]) == 2
    assert message in capsys.readouterr().err


def test_a_shell_completes_commands(tmp_path):
    given = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "found"), "COMP_TYPE": "9"}
    line = "gnnpool est"
    run = call(env={**os.environ, **given, "COMP_LINE": line, "COMP_POINT": str(len(line)), "IFS": "\n"})
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "found").read_text().strip() == "estimate"


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", capsys.readouterr().out)
