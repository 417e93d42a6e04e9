import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from gnnpool import plugins
from gnnpool.errors import ConfigError
from gnnpool.models.base import Encoder
from gnnpool.pooling.base import Pooling


def test_operators_are_the_files_of_their_folder():
    found = plugins.names("gnnpool.pooling")
    assert {"mean", "sum", "max", "min", "std"} <= set(found)
    assert not {"base", "build"} & set(found)
    assert not [name for name in found if name.startswith("_")]


@pytest.mark.parametrize(
    ("package", "base", "others"),
    [("gnnpool.pooling", Pooling, {"Pooled", "Pooling"}), ("gnnpool.models", Encoder, {"Encoder"})],
)
def test_the_names_that_type_checkers_see_are_exported(package, base, others):
    stub = Path(import_module(package).__file__).with_suffix(".pyi").read_text()
    listed = {name for line in stub.splitlines() for name in re.findall(r"(\w+) as \1", line)}
    assert others < listed
    assert listed - others <= {plugins.load(package, name, base).__name__ for name in plugins.names(package)}
    assert all(hasattr(import_module(package), name) for name in listed)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match="'maen'; did you mean mean"):
        plugins.load("gnnpool.pooling", "maen", Pooling)


def test_a_name_far_from_all_is_answered_with_the_list():
    with pytest.raises(ConfigError, match="there are: a, b"):
        plugins.require("zzz", ["b", "a"], what="thing")


@pytest.mark.parametrize(
    ("package", "name", "needs"),
    [
        ("gnnpool.tables", "intervals", ("predictions",)),
        ("gnnpool.tables", "by_dataset", ()),
        ("gnnpool.figures", "error_by_size", ("predictions", "structures")),
        ("gnnpool.figures", "no_such_kind", ()),
    ],
)
def test_needs_are_those_that_the_file_of_a_kind_declares(package, name, needs):
    assert plugins.needs(package, name) == needs


@pytest.mark.parametrize("package", ["gnnpool.tables", "gnnpool.figures"])
def test_needs_that_are_read_are_those_that_python_sees(package):
    for name in plugins.names(package):
        assert plugins.needs(package, name) == getattr(import_module(f"{package}.{name}"), "NEEDS", ())
        assert set(plugins.needs(package, name)) <= set(plugins.NEEDED)


def test_reading_needs_imports_no_kind():
    code = (
        "import sys; from gnnpool.plugins import needs; print(needs('gnnpool.figures', 'parity'), "
        "sorted({'numpy', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "('predictions',) []"


LIGHT = [
    "gnnpool",
    *(
        f"gnnpool.{name}"
        for name in ("trials", "plan", "inputs", "config", "stages", "pooling", "models", "cli")
    ),
]


@pytest.mark.parametrize("module", LIGHT)
def test_what_the_workflow_imports_is_light(module):
    heavy = "{'torch', 'numpy', 'pandas', 'torch_geometric'}"
    code = f"import sys, {module}; print(*({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == []


def test_the_training_path_needs_neither_pymatgen_nor_snakemake_nor_pandas():
    code = (
        "import sys, gnnpool.training.run; "
        "print(*({'pymatgen', 'snakemake', 'pandas', 'torch_geometric', 'matplotlib'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == []
