"""Which operations of a training may give other bits the next time."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# How torch says that it was asked for the same bits each time, and has no way to them.
_LACKING = "does not have a deterministic implementation"
_TOLD = re.compile(rf"(\S+) {_LACKING}")


@contextmanager
def noted_operations() -> Iterator[set[str]]:
    """Collect the names of operations for which torch has no deterministic form, while it is asked for one.

    Torch tells of each as a warning (:func:`gnnpool.training.seeding.prepare_torch`); other warnings
    are shown as ever.

    Yields:
        The names, such as "cumsum_cuda_kernel"; it grows while the context is open.
    """
    names: set[str] = set()
    with warnings.catch_warnings():
        warnings.filterwarnings("always", message=f".*{_LACKING}")
        show = warnings.showwarning

        def note(message: Warning | str, *where: object, **further: object) -> None:
            if told := _TOLD.search(str(message)):
                names.add(told[1])
            else:
                show(message, *where, **further)

        warnings.showwarning = note
        yield names
