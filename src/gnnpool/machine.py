"""The processor that numbers come from: its name, and what PyTorch uses of it."""

import platform
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")


def describe_processor() -> str:
    """Name the processor and the instructions that PyTorch uses of it, such as "AMD EPYC, AVX512".

    With the versions of the software and the number of threads it decides the last bits of a training on a
    CPU.
    """
    return f"{processor_name()}, {cpu_capability()}"


def processor_name() -> str:
    """The model of the processor as the system names it."""
    try:
        lines = _CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def cpu_capability() -> str:
    """Instructions that PyTorch uses, such as "AVX2"."""
    import torch  # takes seconds, and most commands need it not

    return torch.backends.cpu.get_cpu_capability()
