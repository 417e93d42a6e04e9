"""Signatures that are read from the source are those that Python sees."""

import inspect
import subprocess
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec

import pytest

from gnnpool import bounds, plugins, signatures
from gnnpool.errors import ConfigError
from gnnpool.models.base import Encoder
from gnnpool.pooling.base import Pooling
from gnnpool.signatures import check_options, declared

OURS = [
    *(("gnnpool.pooling", name, Pooling) for name in plugins.names("gnnpool.pooling")),
    *(("gnnpool.models", name, Encoder) for name in plugins.names("gnnpool.models")),
    *(("gnnpool.data.sources", name, None) for name in plugins.names("gnnpool.data.sources")),
]


@pytest.mark.parametrize(("package", "name", "base"), OURS, ids=lambda value: str(value).rpartition(".")[2])
def test_arguments_that_are_read_are_those_that_python_sees(package, name, base):
    found = declared(package, name, base.__name__ if base else "read")
    component = plugins.load(package, name, base) if base else import_module(f"{package}.{name}").read
    seen = inspect.signature(component).parameters
    assert {key: needed for key, (_, needed) in found.items()} == {
        key: parameter.default is parameter.empty for key, parameter in seen.items()
    }


@pytest.mark.parametrize(("package", "name", "base"), OURS, ids=lambda value: str(value).rpartition(".")[2])
def test_every_default_keeps_the_bounds_of_its_option(package, name, base):
    component = plugins.load(package, name, base) if base else import_module(f"{package}.{name}").read
    parameters = inspect.signature(component).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    arguments = declared(package, name, base.__name__ if base else "read")
    given = [key for key, (_, needed) in arguments.items() if needed]
    check_options(defaults, arguments, given=given, where="options", what=name)


def test_a_bound_says_which_values_it_admits():
    (count,), (positive,) = bounds.Count.__metadata__, bounds.Positive.__metadata__
    assert (count.admits(1), count.admits(0), str(count)) == (True, False, "≥ 1")
    assert (positive.admits(1e-9), positive.admits(0), str(positive)) == (True, False, "> 0")


def test_what_a_source_does_not_show_is_left_to_the_check_of_networks(tmp_path, monkeypatch):
    package = tmp_path / "components"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "inherited.py").write_text("class A(Pooling):\n    pass\n")
    (package / "open.py").write_text("class A(Pooling):\n    def __init__(self, **options): ...\n")
    (package / "odd.py").write_text("class A(Pooling):\n    def __init__(self, n, *, f: Callable = 1): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert declared("components", "inherited", "Pooling") is None
    assert declared("components", "open", "Pooling") is None
    check_options({"anything": 1}, None, given=(), where="options", what="it")
    odd = declared("components", "odd", "Pooling")
    check_options({"f": "anything"}, odd, given=("n",), where="options", what="it")
    with pytest.raises(ConfigError, match=r"options\.g: unknown option of it; did you mean 'f'|options: f"):
        check_options({"g": 1}, odd, given=("n",), where="options", what="it")


@pytest.mark.parametrize(("source", "line"), [(b"x = 1\ndef (:\n", ", line 2"), (b'x = "\xff"\n', "")])
def test_a_component_that_is_no_python_is_named_by_file(tmp_path, monkeypatch, source, line):
    (tmp_path / "draft.py").write_bytes(source)
    monkeypatch.setattr(
        signatures, "find_spec", lambda name: ModuleSpec(name, None, origin=f"{tmp_path}/draft.py")
    )
    signatures.declared.cache_clear()
    with pytest.raises(ConfigError, match=f"draft.py{line}: expected Python, found: "):
        declared("drafts", "draft", "Pooling")


def test_reading_a_signature_imports_no_torch():
    code = (
        "import sys; from gnnpool.signatures import declared; "
        "print(sorted(declared('gnnpool.pooling', 'gmt', 'Pooling')), 'torch' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "['encoder_blocks', 'heads', 'in_channels', 'seeds'] False"
