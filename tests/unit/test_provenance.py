"""A fingerprint covers the code that a trial runs, all of it and nothing else."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gnnpool
from gnnpool import provenance
from gnnpool.provenance import ADAPTERS, BYSTANDERS, TRAINING, modules_from

ROOT = Path(gnnpool.__file__).parent
CASES = {
    "mean": ("cgcnn", "mean", None),
    "gmt": ("cgcnn", "gmt", None),
    "mamm": ("cgcnn", "mamm", {"operators": ["mean", "sum", "max", "min"]}),
    "torchmd": ("torchmd", "mean", None),
    "softmax": ("cgcnn", "softmax", {"operators": [{"pyg": "SoftmaxAggregation"}]}),
}
SCRIPT = """
import json, sys
from gnnpool.provenance import code_of
cases = json.load(sys.stdin)
code = {name: code_of(encoder=model, pooling=p, entry=entry) for name, (model, p, entry) in cases.items()}
assert "torch" not in sys.modules
print(json.dumps(code))
"""


@pytest.fixture
def copy(tmp_path):
    """A copy of the package that may be changed."""
    folder = tmp_path / "src/gnnpool"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def fingerprints(package, cases=CASES):
    """shared_code and operator_code of each case, found by a copy of the package in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(package.parent)},
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def plug_in(package, body="x + 1", version="1.0"):
    """A distribution beside the package that adds an operator and an encoder."""
    names = "[gnnpool.poolings]\ntheirs = theirs.pool:Theirs\n[gnnpool.models]\nmodel = theirs.model:Model\n"
    metadata = package.parent / "theirs-1.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: theirs\nVersion: {version}\n")
    (metadata / "entry_points.txt").write_text(names)
    theirs = package.parent / "theirs"
    theirs.mkdir(exist_ok=True)
    (theirs / "__init__.py").touch()
    (theirs / "pool.py").write_text("from .shape import f\nfrom gnnpool.pooling import _attention\n")
    (theirs / "shape.py").write_text(f"def f(x):\n    return {body}\n")
    (theirs / "model.py").write_text("class Model:\n    pass\n")


def test_the_walk_reaches_what_a_training_runs():
    training = set(modules_from(TRAINING))
    expected = {
        *("training.loop", "training.step", "training.batches", "training.prepare", "training.outputs"),
        *("network", "heads", "models.base", "pooling.base", "pooling.build", "pooling.__init__"),
        *("graphs.batch", "graphs.file", "data.split_file"),
    }
    assert {f"gnnpool.{name}".removesuffix(".__init__") for name in expected} <= training
    assert {"gnnpool.models.cgcnn", "gnnpool.graphs.features"} <= set(modules_from("gnnpool.models.cgcnn"))
    assert "gnnpool.pooling.mean" in modules_from("gnnpool.pooling.mean")
    assert "gnnpool.pooling._attention" in modules_from("gnnpool.pooling.gmt")
    assert not {name for name in training if re.search(r"cgcnn|torchmd|\.mean|_attention|_pyg|_tgp", name)}


def test_every_module_that_a_training_imports_is_walked_or_a_bystander_with_a_reason():
    code = "import sys, gnnpool.training.run; print(*(m for m in sys.modules if m.startswith('gnnpool')))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    # Imported by bystanders alone, or empty, or the job around the training.
    behind = {
        f"gnnpool.{name}" for name in ("extras", "signatures", "syntax", "seal", "data", "training.run")
    }
    # Of that job: its story, lock, warnings, the files of the compiler, and its time and processor.
    job = ("journal", "lock", "logs", "machine")
    parts = ("determinism", "compiler_files", "account")
    behind |= {f"gnnpool.{name}" for name in (*job, *(f"training.{name}" for name in parts))}
    assert set(printed.split()) <= {*modules_from(TRAINING), *BYSTANDERS, *behind}


def test_every_bystander_exists_and_is_met_on_the_walk():
    source = (ROOT / "provenance.py").read_text()
    met = {"gnnpool"}
    for module in {**modules_from(TRAINING), **modules_from("gnnpool.models.cgcnn")}:
        path = ROOT.parent / module.replace(".", "/")
        file = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
        met |= set(provenance.read_source(module, file).imported)
    for module in BYSTANDERS:
        assert (ROOT.parent / f"{module.replace('.', '/')}.py").is_file() or module == "gnnpool"
        assert re.search(rf'"{re.escape(module)}",  # \w+', source), f"{module}: no reason given"
    assert met >= BYSTANDERS
    for adapter, _ in ADAPTERS.values():
        assert adapter in met


def test_nothing_that_is_walked_imports_by_a_name_made_while_running():
    for root in (TRAINING, "gnnpool.models.cgcnn", "gnnpool.models.torchmd", "gnnpool.pooling.gmt"):
        for module in modules_from(root):
            path = ROOT.parent / module.replace(".", "/")
            files = (path.with_suffix(".py"), path / "__init__.py")
            text = "".join(file.read_text() for file in files if file.is_file())
            assert not re.search(r"import_module|__import__", text), module


def test_what_belongs_together_shares_a_fingerprint(copy):
    code = fingerprints(copy)
    shared = {name: one["shared_code"] for name, one in code.items()}
    operators = {name: one["operator_code"] for name, one in code.items()}
    assert shared["mean"] == shared["gmt"] == shared["mamm"] == shared["softmax"] != shared["torchmd"]
    assert operators["mean"] == operators["torchmd"]
    assert len(set(operators.values())) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", value) for one in code.values() for value in one.values())


def test_new_files_comments_and_messages_change_no_fingerprint(copy):
    before = fingerprints(copy)
    shutil.copy(copy / "pooling/mean.py", copy / "pooling/mine.py")
    shutil.copy(copy / "models/cgcnn.py", copy / "models/mine.py")
    shutil.copy(copy / "figures/heat_map.py", copy / "figures/mine.py")
    replace(copy / "training/loop.py", '"""Epochs, validation', '"""The epochs, validation')
    replace(copy / "training/loop.py", "    optimizer = torch", "    # AdamW\n    optimizer = torch")
    replace(copy / "artifacts.py", "damaged or cut short", "damaged")
    plug_in(copy)
    assert fingerprints(copy) == before


@pytest.mark.parametrize(
    ("file", "old", "new", "shared", "operators"),
    [
        ("training/step.py", "F.l1_loss", "F.mse_loss", {*CASES}, set()),
        ("training/outputs.py", "error(*outcome", "2 * error(*outcome", {*CASES}, set()),
        ("heads.py", "squeeze(1)", "sum(1)", {*CASES}, set()),
        ("data/split_file.py", "self.part == part", "self.part != part", {*CASES}, set()),
        ("models/cgcnn.py", "super().__init__", "super().__init__ ", set(), set()),
        ("models/cgcnn.py", "nn.Linear(", "nn.LazyLinear(", {*CASES} - {"torchmd"}, set()),
        ("graphs/features.py", "torch.", "np.", {*CASES} - {"torchmd"}, set()),
        ("models/torchmd.py", "nn.Linear(", "nn.LazyLinear(", {"torchmd"}, set()),
        ("pooling/mean.py", "index_add", "index_copy", set(), {"mean", "torchmd", "mamm"}),
        ("pooling/_attention.py", "F.", "torch.", set(), {"gmt"}),
        ("pooling/_extremum.py", "torch.", "math.", set(), {"mamm"}),
        ("pooling/_pyg.py", "ptr=graphs.ptr", "ptr=None", set(), {"softmax"}),
    ],
)
def test_a_change_of_code_changes_the_fingerprints_of_the_trials_that_run_it(
    copy, file, old, new, shared, operators
):
    before = fingerprints(copy)
    replace(copy / file, old, new)
    after = fingerprints(copy)
    assert {name for name in CASES if before[name]["shared_code"] != after[name]["shared_code"]} == shared
    assert {
        name for name in CASES if before[name]["operator_code"] != after[name]["operator_code"]
    } == operators


def test_a_plug_in_is_known_by_its_distribution_its_version_and_its_code(copy):
    cases = {"pooling": ("cgcnn", "theirs", None), "encoder": ("model", "mean", None)}
    plug_in(copy)
    first = fingerprints(copy, cases)
    plug_in(copy, body="1 + x")
    assert fingerprints(copy, cases)["pooling"]["operator_code"] != first["pooling"]["operator_code"]
    plug_in(copy, body="x + 1  # a comment")
    assert fingerprints(copy, cases) == first
    replace(copy / "pooling/_attention.py", "F.", "torch.")
    changed = fingerprints(copy, cases)
    assert changed["pooling"]["operator_code"] != first["pooling"]["operator_code"]
    assert changed["encoder"] == first["encoder"]
    plug_in(copy, version="1.1")
    newer = fingerprints(copy, cases)
    assert newer["pooling"]["operator_code"] != changed["pooling"]["operator_code"]
    assert newer["encoder"]["shared_code"] != changed["encoder"]["shared_code"]
    assert newer["pooling"]["shared_code"] == first["pooling"]["shared_code"]
