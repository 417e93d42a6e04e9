"""The wheel that the sdist builds, in an environment that holds the core's packages and no others."""

import ast
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gnnpool.shipped import FILES

ROOT = Path(__file__).parents[3]
MODULES = """
import json, pkgutil, sys
from importlib import import_module
import gnnpool
from gnnpool.errors import MissingExtra

found = {}
for module in pkgutil.walk_packages(gnnpool.__path__, "gnnpool.", onerror=lambda name: None):
    try:
        import_module(module.name)
        found[module.name] = None
    except MissingExtra as error:
        found[module.name] = str(error)
    except ImportError as error:
        found[module.name] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""
POOLING = """
import torch
from gnnpool.pooling import GMTPooling
x, batch = torch.randn(5, 64), torch.tensor([0, 0, 0, 1, 1])
h = GMTPooling(64)(x, batch)
print(tuple(h.shape))
"""
TRAINING = """
import json, sys
from gnnpool.train import train_trial
graphs, split, output, training = sys.argv[1:]
record = train_trial(graphs=graphs, split=split, output=output, training=json.loads(training), device="cpu")
print(json.dumps({name: record[name] for name in ("dataset", "model", "pooling", "test_mae", "unit")}))
"""


def requirements(declared, seen):
    """Names of the distributions that requirements without an extra ask for, and of those that these need."""
    for line in declared or []:
        name = re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", line)[0]).lower()
        if "extra ==" in line or name in seen:
            continue
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:  # of another platform
            continue
        seen[name] = found
        requirements(found.requires, seen)
    return seen


# From a folder into a folder: the archive of the source of a release.
SDIST = "import os, sys, setuptools.build_meta as made; os.chdir(sys.argv[1]); made.build_sdist(sys.argv[2])"


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    """Run a program of the environment; gives the finished process."""
    folder = tmp_path_factory.mktemp("core")
    source = folder / "source"
    for name in ("src", *FILES[1:]):
        ignored = shutil.ignore_patterns("*.egg-info", "__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", FILES[0]):
        shutil.copy(ROOT / name, source)
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}

    def call(*command):
        return subprocess.run(command, env=clean, cwd=folder, capture_output=True, encoding="utf-8")

    def pip(*arguments):
        done = call(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr

    done = call(sys.executable, "-c", SDIST, source, folder)
    assert done.returncode == 0, done.stderr
    (sdist,) = folder.glob("*.tar.gz")
    pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder, sdist)
    (wheel,) = folder.glob("*.whl")
    done = call(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    assert done.returncode == 0, done.stderr
    python = folder / "venv/bin/python"
    (site,) = (folder / "venv/lib").glob("python*/site-packages")
    pip("--python", python, "install", "--no-deps", "--no-index", wheel)
    (metadata,) = site.glob("gnnpool-*.dist-info")
    declared = importlib.metadata.Distribution.at(metadata).requires
    for found in requirements(declared, {}).values():
        for part in {file.parts[0] for file in found.files} - {"..", "__pycache__"}:
            if not (site / part).exists():
                (site / part).symlink_to(found.locate_file(part))
    return lambda program, *arguments: call(folder / "venv/bin" / program, *arguments)


@pytest.fixture(scope="module")
def modules(core):
    """For each module of the package: None if it can be imported, else what the import says."""
    done = core("python", "-c", MODULES)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_module_is_imported_or_names_its_extra(modules):
    # These adapters are imported only after the names of the package were looked up, which names the extra.
    adapters = {"gnnpool.pooling._pyg", "gnnpool.pooling._tgp"}
    sentence = re.compile(r"\w+ is missing; pip install 'gnnpool\[(data|workflow|analysis)\]'")
    messages = {name: text for name, text in modules.items() if text is not None and name not in adapters}
    assert {name: text for name, text in messages.items() if not sentence.fullmatch(text)} == {}


@pytest.mark.parametrize(
    ("extra", "packages"),
    [("analysis", ["analysis", "figures", "tables", "report", "explain"]), ("data", ["data/sources"])],
)
def test_an_extra_installs_all_that_the_packages_which_require_it_import(extra, packages):
    files = [file for package in packages for file in (ROOT / "src/gnnpool" / package).rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    assert {name for node in nodes for name in _modules(node)} - installed(extra) == set()


def test_an_extra_installs_all_that_is_imported_in_its_name():
    found = set()
    for file in (ROOT / "src/gnnpool").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.With) and ast.unparse(node.items[0].context_expr).startswith("extra("):
                name = node.items[0].context_expr.args[0].value
                found |= {(name, module) for statement in node.body for module in _modules(statement)}
    assert {name for name, _ in found} == {"data", "workflow", "analysis", "tensorboard"}
    assert [(name, module) for name, module in sorted(found) if module not in installed(name)] == []


def _modules(node):
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module] if isinstance(node, ast.ImportFrom) else []
    return {name.partition(".")[0] for name in names}


def installed(extra):
    """Top-level modules of the core and of an extra, with all that these require."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = requirements([*project["dependencies"], *project["optional-dependencies"][extra]], {})
    providers = importlib.metadata.packages_distributions()
    modules = {
        module
        for module, names in providers.items()
        if {re.sub(r"[-_.]+", "-", name).lower() for name in names} & wanted.keys()
    }
    return modules | set(sys.stdlib_module_names) | {"gnnpool"}


def test_poolings_models_graph_files_and_training_need_no_extra(modules):
    core_of = ("gnnpool.pooling", "gnnpool.models", "gnnpool.training", "gnnpool.network", "gnnpool.train")
    names = [name for name in modules if name.startswith(core_of) and not name.endswith(("._pyg", "._tgp"))]
    names += ["gnnpool.graphs.batch", "gnnpool.graphs.file", "gnnpool.data.splits", "gnnpool.data.structure"]
    assert len(names) > 30
    assert {name: modules[name] for name in names if modules[name] is not None} == {}


@pytest.mark.parametrize(
    ("module", "extra"),
    [
        ("gnnpool.data.formats", "data"),
        ("gnnpool.data.cif", "data"),
        ("gnnpool.data.sources", "data"),
        ("gnnpool.graphs.build", "data"),
        ("gnnpool.predict", "data"),
        ("gnnpool.config", "workflow"),
        ("gnnpool.analysis", "analysis"),
        ("gnnpool.figures", "analysis"),
        ("gnnpool.tables", "analysis"),
        ("gnnpool.report", "analysis"),
        ("gnnpool.explain", "analysis"),
    ],
)
def test_what_needs_an_extra_names_it(modules, module, extra):
    assert f"pip install 'gnnpool[{extra}]'" in modules[module]


def test_the_core_pools(core):
    done = core("python", "-c", POOLING)
    assert (done.stdout, done.stderr) == ("(2, 64)\n", "")


def test_the_core_trains_one_trial_from_files(core, salts, tmp_path, short_training):
    files = (salts / "graphs.safetensors", salts / "split.parquet", tmp_path / "trial")
    done = core("python", "-c", TRAINING, *files, json.dumps(short_training(epochs=1)))
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["dataset"], record["model"], record["pooling"]) == ("salts", "cgcnn", "mean")
    assert record["test_mae"] > 0
    assert (tmp_path / "trial/model.safetensors").is_file()


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("status", "workflow"),
        ("train --graphs g --split s --config c --model m --pooling p --output o", "workflow"),
        ("export-matbench r --model m --edges e --pooling p --output o", "analysis"),
        ("export-tensorboard r --output o", "tensorboard"),
        ("predict . salt.cif", "data"),
    ],
)
def test_a_command_without_its_extra_says_so_in_one_sentence(core, command, extra):
    done = core("gnnpool", *command.split())
    assert done.returncode == 78
    assert re.fullmatch(rf"gnnpool: \w+ is missing; pip install 'gnnpool\[{extra}\]'\n", done.stderr), (
        done.stderr
    )


def test_the_wheel_makes_a_folder_in_which_the_workflow_runs(core, tmp_path):
    done = core("gnnpool", "init", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "new").iterdir()} == {*FILES}
    for name in (
        "Snakefile",
        "config/config.yaml",
        "workflow/scripts/train_trial.py",
        "evidence/bundle.json",
    ):
        assert (tmp_path / "new" / name).read_bytes() == (ROOT / name).read_bytes()
    site = core("python", "-c", "import gnnpool, pathlib; print(pathlib.Path(gnnpool.__file__).parents[1])")
    files = ["--configfile", "config/config.yaml", "config/demo.yaml"]
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "rules", *files],
        cwd=tmp_path / "new",
        env={**os.environ, "PYTHONPATH": site.stdout.strip()},
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "train_trial" in run.stdout
    again = core("gnnpool", "init", tmp_path / "new")
    assert (again.returncode, "expected a new or empty folder" in again.stderr) == (2, True)


def test_a_core_without_extras_lets_the_doctor_name_the_missing_one(core):
    done = core("gnnpool", "doctor")
    assert done.returncode == 3
    assert re.search(r"fault +configuration +\w+ is missing; pip install 'gnnpool\[workflow\]'", done.stdout)


def test_the_wheel_says_that_it_is_typed(core):
    code = "import gnnpool, pathlib; print((pathlib.Path(gnnpool.__file__).parent / 'py.typed').exists())"
    assert core("python", "-c", code).stdout == "True\n"
