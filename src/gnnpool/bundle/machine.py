"""The machine that writes a bundle."""

import os
import platform

from gnnpool.machine import cpu_capability, processor_name
from gnnpool.provenance import versions


def describe_machine() -> dict[str, str | int]:
    """Name the processor, what PyTorch uses of it, its cores, and the versions of the software."""
    return {
        "processor": processor_name(),
        "cpu_capability": cpu_capability(),
        "cores": os.cpu_count() or 0,
        "system": f"{platform.system()} {platform.machine()}",
        **versions(),
    }
