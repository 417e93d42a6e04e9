"""The memory of a training: kept between steps, and told in words when there is not enough of it."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from gnnpool.errors import OutOfMemory
from gnnpool.records import Trial

# Of mallopt(3).
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
# How torch and CUDA say that an allocation failed.
_SIGNS = ("can't allocate memory", "out of memory", "ALLOC_FAILED")


def keep_freed_memory() -> None:
    """Let malloc keep the memory of freed tensors for the next ones.

    Large tensors would otherwise get fresh pages from the system each time, and a step may spend
    more time on these than on computing. Only the C library of GNU has the switch.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(_MMAP_MAX, 0)


@contextmanager
def explained_exhaustion(trial: Trial, *, batch_size: int) -> Iterator[None]:
    """Turn running out of memory into a message that tells what to change.

    Args:
        trial: What is trained.
        batch_size: Graphs in a batch.

    Raises:
        OutOfMemory: If the memory of the GPU or of the host runs out.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not (isinstance(error, MemoryError) or any(sign in str(error) for sign in _SIGNS)):
            raise
        raise OutOfMemory(
            f"{trial}: memory ran out ({str(error).splitlines()[0]}). Let fewer trials run at once, or lower "
            f"training.batch_size (now {batch_size}; it changes results). What a batch takes grows with the "
            f"edges of {trial.edges!r} and, where pooling {trial.pooling!r} pads or pairs nodes, with the "
            "largest structure"
        ) from error
