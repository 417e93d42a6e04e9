"""Operations of a training that may give different bits each time."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# Torch's warning when an operation has no deterministic implementation.
_LACKING = "does not have a deterministic implementation"
_OPERATION = re.compile(rf"(\S+) {_LACKING}")


@contextmanager
def noted_operations() -> Iterator[set[str]]:
    """Collect the names of operations for which torch has no deterministic implementation.

    Torch warns of each one once deterministic algorithms are asked for, see
    :func:`gnnpool.training.seeding.prepare_torch`. Other warnings are shown as usual.

    Yields:
        The names, such as "cumsum_cuda_kernel"; the set grows while the context is open.
    """
    names: set[str] = set()
    with warnings.catch_warnings():
        warnings.filterwarnings("always", message=f".*{_LACKING}")
        show = warnings.showwarning

        def note(message: Warning | str, *where: object, **further: object) -> None:
            if operation := _OPERATION.search(str(message)):
                names.add(operation[1])
            else:
                show(message, *where, **further)  # type: ignore[arg-type]

        warnings.showwarning = note
        yield names
