"""The site of the documentation, and examples of its pages."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gnnpool import plugins

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The site, built as `make docs` builds it: a warning is an error."""
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("site")
    run = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return folder


@pytest.fixture(scope="session")
def examples() -> Callable[[str], dict[str, str]]:
    """A function that gives the named examples of a page: the file in their first line, and their text."""

    def examples(page: str) -> dict[str, str]:
        blocks = re.findall(r"^```\w+\n(.*?)^```$", (ROOT / page).read_text("utf-8"), flags=re.M | re.S)
        return {match[1]: block for block in blocks if (match := re.match(r"# ([\w./-]+\.\w+)\b", block))}

    return examples


@pytest.fixture
def install(tmp_path, monkeypatch) -> Callable[[Mapping[str, str], str], None]:
    """A function that installs a distribution of some modules and entry points."""

    def forget() -> None:
        plugins._entry_points.cache_clear()
        plugins.needs.cache_clear()
        for name in installed:
            sys.modules.pop(name, None)

    def install(modules: Mapping[str, str], points: str) -> None:
        metadata = tmp_path / "theirs-1.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
        (metadata / "entry_points.txt").write_text(points)
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        installed.extend(modules)
        forget()

    installed: list[str] = []
    yield install
    monkeypatch.undo()
    forget()
