"""The licences of the locked packages go together with the project's."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LICENCE = runpy.run_path(str(ROOT / "workflow/envs/licences.py"))["licence"]
PAGE = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
LISTED = dict(re.findall(r"^\| ([\w.-]+) \| (.*) \|$", PAGE.split("| --- |")[-1], flags=re.M))
PERMISSIVE = {
    *("0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0"),
    *(
        "CC0-1.0",
        "ISC",
        "LicenseRef-BSD",
        "LicenseRef-Public-Domain",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Zlib",
    ),
}
# Any project may import what is under these; changed files of theirs keep the licence.
OF_THEIR_FILES = {"LGPL-2.1-or-later", "MPL-2.0"}


def compatible(expression):
    """Whether a project under the MIT licence may depend on what is under an SPDX expression."""
    while "(" in expression:
        expression = re.sub(
            r"\(([^()]*)\)", lambda part: "MIT" if compatible(part[1]) else "refused", expression
        )
    return any(
        all(each in PERMISSIVE | OF_THEIR_FILES for each in choice.split(" AND "))
        for choice in expression.split(" OR ")
    )


def test_the_page_lists_every_locked_package():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert list(LISTED) == [line.split("==")[0] for line in lines if not line.startswith("#")]


def test_the_page_says_what_the_installed_packages_state():
    stated = {package: LICENCE(package) for package in LISTED}
    assert stated["torch"], "no package is installed"
    assert {name: LISTED[name] for name, found in stated.items() if found} == {
        name: found for name, found in stated.items() if found
    }, "run workflow/envs/licences.py > docs/licences.md"


def test_a_project_under_the_mit_licence_may_depend_on_every_locked_package():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "MIT"
    assert {name: found for name, found in LISTED.items() if not compatible(found)} == {}


@pytest.mark.parametrize(
    "expression",
    [
        *("GPL-3.0-only", "AGPL-3.0-or-later", "not stated", "not installed", "MIT AND GPL-2.0-only"),
        "MIT AND (GPL-2.0-only OR AGPL-3.0-only)",
    ],
)
def test_other_licences_are_refused(expression):
    assert not compatible(expression)


@pytest.mark.parametrize("expression", ["GPL-3.0-only OR MIT", "MPL-2.0 AND (AGPL-3.0-only OR MIT)"])
def test_one_of_several_choices_is_enough(expression):
    assert compatible(expression)
