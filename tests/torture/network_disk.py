"""A disk as a network file system shows it: slow, seen late, perhaps without locks.

The library in network_disk.c stands between the C library and a process that preloads it. It needs a C
compiler, which torch needs as well to compile a network.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
COMPILERS = ("cc", "gcc", "clang")


def build(folder: Path) -> Path | None:
    """Compile the library into a folder; None without Linux or a compiler."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "network_disk.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return library


def preload() -> None:
    """Start this process again with the library, which changes nothing before :func:`variables` are set."""
    if "NETWORK_DISK_LIBRARY" in os.environ:
        return
    library = build(Path(tempfile.mkdtemp(prefix="network-disk-")))
    os.environ["NETWORK_DISK_LIBRARY"] = str(library or "")
    if library:
        os.environ["LD_PRELOAD"] = str(library)
        os.execv(sys.executable, [sys.executable, *sys.argv])


def is_there() -> bool:
    """Whether this process has preloaded the library."""
    return bool(os.environ.get("NETWORK_DISK_LIBRARY"))


def variables(folder: Path, *, delay: float, late: float, flock: int = 0) -> dict[str, str]:
    """Variables of a process for which a folder is on such a disk.

    Args:
        folder: The folder.
        delay: s that every operation takes.
        late: s for which a process believes what it last saw of a name.
        flock: Error number with which `flock` is refused; 0 if it works.
    """
    values = {"": folder, "_DELAY": delay, "_LATE": late, "_FLOCK": flock}
    return {f"NETWORK_DISK{name}": str(value) for name, value in values.items()}


def begin(folder: Path, **values: float) -> None:
    """Let this process find a folder on such a disk from now on; see :func:`variables`."""
    os.environ.update(variables(folder, **values))
