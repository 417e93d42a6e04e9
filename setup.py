"""Put the files of the workflow into the wheel, from which `gnnpool init` copies them."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithWorkflow(build_py):
    """Copy the files of `gnnpool.shipped.FILES` beside the modules."""

    def run(self) -> None:
        """Build the modules, then copy; an editable installation finds the files in the checkout."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "gnnpool/shipped")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        shutil.copy("Snakefile", target)
        for name in ("workflow", "config", "profiles", "evidence"):
            shutil.copytree(name, target / name, ignore=shutil.ignore_patterns("__pycache__"))


setup(cmdclass={"build_py": BuildWithWorkflow})
