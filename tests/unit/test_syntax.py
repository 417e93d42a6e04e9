"""What is left of a module when all that cannot change a number is taken away."""

import pytest

from gnnpool.syntax import read_source

MODULE = """
import logging
from collections.abc import Mapping

import torch

logger = logging.getLogger("gnnpool")


class Step:
    size: int = 3

    def __call__(self, x: Mapping, *, rate: float = 0.1):
        if x is None:
            raise ValueError(f"{rate}: no x")
        y = x * 2 + rate
        logger.info("y %s", y)
        return torch.sum(y)
"""


@pytest.fixture
def digest(tmp_path):
    """Digest of a text as the module gnnpool.training.some."""

    def digest(text):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.py"
        path.write_text(text)
        return read_source("gnnpool.training.some", path).digest

    return digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        y = x", "        # twice\n        y = x"),
        ("x * 2 + rate", "(x * 2\n            + rate)"),
        ("class Step:\n", 'class Step:\n    """One step."""\n\n'),
        ("import logging\n", '"""A module."""\n\nimport logging\n'),
        ('        logger.info("y %s", y)\n', ""),
        ('logger.info("y %s", y)', 'logger.debug("after rate %s", rate)'),
        ('f"{rate}: no x"', '"expected an x, found none"'),
        ("x: Mapping, ", "x, "),
        ("x: Mapping, ", "x: dict[str, float], "),
        ("rate: float = 0.1):", "rate: float = 0.1) -> torch.Tensor:"),
        ("from collections.abc import Mapping\n", "from collections.abc import Iterable, Mapping\n"),
        ("import torch\n\nlogger", "import torch\nfrom gnnpool.records import Trial\n\nlogger"),
    ],
)
def test_what_cannot_change_a_number_changes_no_digest(digest, old, new):
    assert old in MODULE
    assert digest(MODULE.replace(old, new)) == digest(MODULE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x * 2", "x * 3"),
        ("x * 2", "2 * x"),
        ("= 0.1", "= 0.2"),
        ("import torch\n", "import numpy as torch\n"),
        ("size: int = 3", "size: int = 4"),
        ("size: int = 3", "size = 3"),
        ("if x is None", "if x is not None"),
        ('logger.info("y %s", y)', 'logger.info("y %s", torch.rand(1))'),
        ('logger.info("y %s", y)', 'other.info("y %s", y)'),
        ("raise ValueError", "raise TypeError"),
        ("x * 2", '"x" * 2'),
        ("return torch.sum(y)", "return None"),
        ("return torch.sum(y)", "return 0"),
    ],
)
def test_what_can_change_a_number_changes_the_digest(digest, old, new):
    assert old in MODULE
    assert digest(MODULE.replace(old, new)) != digest(MODULE)


def test_imports_are_found_wherever_and_however_they_are_written(tmp_path):
    path = tmp_path / "some.py"
    path.write_text(
        "import gnnpool.heads\nfrom gnnpool import network as n\nfrom . import loop\nfrom .step import f\n"
        "from ..models.base import Encoder\n\ndef lazy():\n    from gnnpool.pooling import gmt\n"
    )
    imported = set(read_source("gnnpool.training.some", path).imported)
    expected = {"heads", "network", "training.loop", "training.step", "models.base", "pooling.gmt"}
    assert {f"gnnpool.{name}" for name in expected} <= imported


@pytest.mark.parametrize(("name", "same"), [("__init__.py", False), ("some.py", True)])
def test_what_a_package_hands_on_counts(tmp_path, name, same):
    digests = []
    for origin in ("loop", "other"):
        folder = tmp_path / origin
        folder.mkdir()
        (folder / name).write_text(f"from gnnpool.training.{origin} import train\n")
        digests.append(read_source("gnnpool.training", folder / name).digest)
    assert (digests[0] == digests[1]) == same


def test_a_relative_import_of_a_package_starts_in_the_package(tmp_path):
    path = tmp_path / "__init__.py"
    path.write_text("from .loop import train\n")
    assert "gnnpool.training.loop" in read_source("gnnpool.training", path).imported
