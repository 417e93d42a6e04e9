"""Print the page of the licences of requirements.lock.

It reads the metadata of what is installed, so run it in the environment of the lock.
"""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"
# Other spellings. "BSD" leaves open which of its clauses hold; all forms of it are permissive.
SPDX = {
    **dict.fromkeys(("Apache 2.0", "Apache License, Version 2.0", "Apache Software License"), "Apache-2.0"),
    **dict.fromkeys(("2-clause BSD", "BSD 2-Clause License"), "BSD-2-Clause"),
    **dict.fromkeys(("3-Clause BSD License", "BSD 3-Clause License", "Revised BSD License"), "BSD-3-Clause"),
    **dict.fromkeys(("BSD", "BSD License"), "LicenseRef-BSD"),
    "LGPLv3 or BSD": "LGPL-3.0-only OR LicenseRef-BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Their metadata name several licences, and the named file says how they go together. The GPL of docutils is
# that of a file for Emacs, which is not in the installed package.
READ = {
    "docutils": ("COPYING.rst", "LicenseRef-Public-Domain AND BSD-2-Clause"),
    "packaging": ("LICENSE", "Apache-2.0 OR BSD-2-Clause"),
}
HEAD = """\
# Licences of the dependencies

gnnpool is under the [MIT licence](../LICENSE), and contains no code of these packages: `pip` installs them.
Their licences are permissive, or cover changes of their own files only (MPL, LGPL).
`workflow/envs/licences.py` writes this page from what the packages of `requirements.lock` state, as
[SPDX expressions](https://spdx.org/licenses/); `LicenseRef-BSD` stands for a BSD licence whose clauses the
metadata do not name.

A package may bring compiled libraries under licences of their own, which its folder names. On a machine with
an NVIDIA GPU, `pip` also installs NVIDIA's libraries, whose licence is NVIDIA's. Whoever passes on a
container passes on all of these.

| package | licence |
| --- | --- |"""


def licence(package: str) -> str | None:
    """The licence of a package as an SPDX expression.

    Args:
        package: Its name.

    Returns:
        The expression, "not stated", or None if the package is not installed.
    """
    try:
        installed = distribution(package)
    except PackageNotFoundError:
        return None
    if package in READ:
        return READ[package][1]
    stated = installed.metadata
    if "License-Expression" in stated:
        return stated["License-Expression"]
    # Some put the text of the licence or a name into this field.
    field = stated.get("License", "")
    if field in SPDX or re.fullmatch(r"MIT|[A-Z]+-[\d.]+\S*|\S+( (AND|OR) \S+)+", field, flags=re.I):
        return SPDX.get(field, field)
    kinds = [line.split(" :: ")[-1] for line in stated.get_all("Classifier", []) if "OSI Approved ::" in line]
    return " AND ".join(SPDX.get(kind, kind) for kind in kinds) or _of_file(installed)


def _of_file(installed: Distribution) -> str:
    for file in installed.files or []:
        if file.name == "LICENSE" and file.locate().read_text(encoding="utf-8").startswith("MIT License\n"):
            return "MIT"
    return "not stated"


def main() -> None:
    """Print the page."""
    print(HEAD)
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            package = line.split("==")[0]
            print(f"| {package} | {licence(package) or 'not installed'} |")


if __name__ == "__main__":
    main()
