"""The workflow run as a user runs it, in a folder of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Workflow:
    """`snakemake` in a fresh working directory, on this checkout's Snakefile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self,
        *arguments: str,
        config: str | None = "tests/workflow/tiny.yaml",
        overlay: str = "",
        environment: Mapping[str, str] | None = None,
        python: str = sys.executable,
        status: int = 0,
    ) -> str:
        """Run snakemake, check its exit status, and return what it printed.

        Args:
            arguments: Targets and flags.
            config: Overlay of the paper's configuration, in the checkout.
            overlay: Text of a further overlay.
            environment: Further variables.
            python: Python that runs snakemake.
            status: Expected exit status.
        """
        run = self.start(*arguments, config=config, overlay=overlay, environment=environment, python=python)
        printed = run.communicate()[0]
        assert run.returncode == status, printed
        return printed

    def start(
        self,
        *arguments: str,
        config: str | None = "tests/workflow/tiny.yaml",
        overlay: str = "",
        environment: Mapping[str, str] | None = None,
        python: str = sys.executable,
    ) -> subprocess.Popen:
        """Start snakemake and go on."""
        files = [str(ROOT / "config/config.yaml")] + ([str(ROOT / config)] if config else [])
        if overlay:
            (self.folder / "overlay.yaml").write_text(overlay)
            files.append("overlay.yaml")
        command = [python, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *arguments]
        command += ["--directory", str(self.folder), "--workflow-profile", str(ROOT / "profiles/default")]
        command += ["--configfile", *files]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env={**os.environ, **(environment or {})},
        )

    def planned(self, *arguments: str, **options: object) -> dict[str, int]:
        """Number of jobs of each rule that a dry run plans."""
        return jobs(self(*arguments, "--dry-run", "--quiet", "rules", **options))


def jobs(printed: str) -> dict[str, int]:
    """Number of jobs of each rule in a table that snakemake prints."""
    table = printed.split("Job stats:")[1].split("\n\n")[0] if "Job stats:" in printed else ""
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, flags=re.M)}


@pytest.fixture
def workflow(tmp_path):
    return Workflow(tmp_path)


@pytest.fixture(scope="session")
def new_workflow(tmp_path_factory):
    """Makes a workflow in a fresh folder of a name, for as long as the session."""
    return lambda name: Workflow(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The tiny configuration, run to its end once."""
    flow = Workflow(tmp_path_factory.mktemp("finished"))
    flow("--cores", "2")
    return flow
