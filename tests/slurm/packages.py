"""What a cluster needs of the machine: `python tests/slurm/packages.py` installs what is missing."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("munge", "slurm-wlm", "slurmdbd", "mariadb-server")
PROGRAMS = (
    *("munged", "mariadbd", "mariadb-install-db", "slurmdbd", "slurmctld", "slurmd", "sbatch", "sacct"),
    "setpriv",
)
PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


class MissingPackages(Exception):
    """The packages cannot be had here."""


def missing_programs() -> list[str]:
    """What a cluster needs and this machine has not."""
    return [name for name in PROGRAMS if not shutil.which(name, path=PATH)]


def install() -> None:
    """Install the packages where they are missing.

    Raises:
        MissingPackages: If that needs rights or a package manager that are not there.
    """
    if not missing_programs():
        return
    if os.geteuid() or not shutil.which("apt-get"):
        raise MissingPackages(
            f"not installed: {', '.join(missing_programs())}; only root on Debian or Ubuntu can have them "
            f"installed here (apt-get install {' '.join(PACKAGES)})"
        )
    print(f"installing {', '.join(PACKAGES)} ...", flush=True)
    with _services_stay_off():
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *PACKAGES)
    if missing := missing_programs():
        raise MissingPackages(f"not there after apt-get install {' '.join(PACKAGES)}: {', '.join(missing)}")


def _apt_get(*command: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    patient = ["--quiet", "--option=DPkg::Lock::Timeout=120", "--option=Acquire::Retries=3"]
    try:
        run = subprocess.run(
            ["apt-get", *patient, *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
    except subprocess.TimeoutExpired:
        raise MissingPackages(f"apt-get {command[0]} did not end within 600 s") from None
    if run.returncode:
        raise MissingPackages(f"apt-get {command[0]}: {(run.stderr or run.stdout).strip()[-500:]}")


@contextlib.contextmanager
def _services_stay_off() -> Iterator[None]:
    """Debian starts what it installs, unless this file says no."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


if __name__ == "__main__":
    try:
        install()
    except MissingPackages as error:
        sys.exit(str(error))
