"""The fingerprint of the code covers what a training computes, and nothing that merely shows it."""

import subprocess
import sys
from pathlib import Path

import gnnpool
from gnnpool.provenance import OF_TRAINING

ROOT = Path(gnnpool.__file__).parent
# Imported by a training, but without a say in its numbers: files, names and messages. What is read from
# a split file is hashed itself.
BYSTANDERS = {
    *("artifacts", "data", "data.groups", "data.matbench_folds", "data.splits", "data.structure"),
    *("errors", "graphs", "journal", "stages"),
    *("plugins", "pooling_names", "provenance", "records", "seal"),
}


def test_every_module_that_a_training_imports_is_covered():
    code = "import sys, gnnpool.training.run; print(*(m for m in sys.modules if m.startswith('gnnpool.')))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    names = {module.removeprefix("gnnpool.") for module in printed.split()}
    assert {"training.loop", "graphs.batch", "network"} <= names
    uncovered = {name for name in names if not _covered(name)}
    assert uncovered <= BYSTANDERS


def test_all_models_and_poolings_are_covered_and_figures_are_not():
    assert all((ROOT / name).exists() for name in OF_TRAINING)
    assert _covered("models.cgcnn")
    assert _covered("pooling.gmt")
    assert not _covered("figures.style")


def _covered(name):
    path = name.replace(".", "/")
    return any(path == entry.removesuffix(".py") or path.startswith(f"{entry}/") for entry in OF_TRAINING)
