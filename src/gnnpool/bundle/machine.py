"""The kind of machine that numbers come from: what decides the last bits of a training on a CPU."""

import os
import platform
from pathlib import Path

from gnnpool.provenance import versions


def describe_machine() -> dict[str, str | int]:
    """Name the processor, what PyTorch uses of it, its cores, and the versions of the software."""
    import torch  # takes seconds, and most commands need it not

    return {
        "processor": _processor(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count() or 0,
        "system": f"{platform.system()} {platform.machine()}",
        **versions(),
    }


# Fields that must be equal for two trainings to give the same bits, with the threads of the trial.
DECIDING = ("cpu_capability", "torch")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
