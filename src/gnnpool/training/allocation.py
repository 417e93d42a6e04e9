"""Memory allocation of a training: freed memory is kept, and its exhaustion explained."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from gnnpool.errors import OutOfMemory
from gnnpool.records import Trial

# Parameters of mallopt(3).
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
# Parts of the messages of torch and CUDA when an allocation fails.
_MESSAGES = ("can't allocate memory", "out of memory", "ALLOC_FAILED")


def keep_freed_memory() -> None:
    """Let malloc keep the memory of freed tensors for the next ones.

    Otherwise large tensors get fresh pages from the system each time, and a step may spend more time on
    these than on computing. Only the GNU C library has this switch.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(_MMAP_MAX, 0)


@contextmanager
def explained_exhaustion(trial: Trial, *, batch_size: int) -> Iterator[None]:
    """Replace an error about memory by one that says what to change.

    Args:
        trial: The trial that is trained.
        batch_size: Graphs in a batch.

    Raises:
        OutOfMemory: If the memory of the GPU or of the host runs out.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not (isinstance(error, MemoryError) or any(message in str(error) for message in _MESSAGES)):
            raise
        raise OutOfMemory(
            f"{trial}: memory ran out ({str(error).splitlines()[0]}). Run fewer trials at once, or lower "
            f"training.batch_size (now {batch_size}; this changes results). The memory of a batch grows with "
            f"the number of {trial.edges!r} edges and, if {trial.pooling!r} pads or pairs nodes, with the "
            "largest structure"
        ) from error
