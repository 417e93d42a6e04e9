"""The choice of the structures to be explained."""

import difflib
from collections.abc import Sequence

import pandas as pd

from gnnpool.errors import ConfigError, DataError

BY_ERROR = "best_median_worst"


def choose_structures(
    wanted: int | str | Sequence[str], structures: pd.DataFrame, *, explanation: str, dataset: str
) -> list[str]:
    """Choose structures by an entry of the configuration.

    Args:
        wanted: A number of test structures, the first ones; "best_median_worst": those of the test part
            with the lowest, the median and the highest error; or a list of ids, of any part.
            Structures of one atom are skipped unless they are named, since they show nothing.
        structures: In their order: id, part, atoms (their number) and error (absolute, averaged over
            the poolings of the entry).
        explanation: Name of the entry, for messages.
        dataset: The dataset, for messages.

    Returns:
        Ids, distinct, in the order to be shown.

    Raises:
        ConfigError: If an id is unknown.
        DataError: If the test part has no structure of two or more atoms.
    """
    if not isinstance(wanted, int | str):
        return _known(wanted, structures, explanation=explanation, dataset=dataset)
    tested = structures[(structures["part"] == "test") & (structures["atoms"] > 1)]
    if tested.empty:
        raise DataError(
            f"explanation {explanation!r}: the test part of {dataset} has no structure of two or more atoms"
        )
    if wanted == BY_ERROR:
        ranked = tested.sort_values("error", kind="stable")["id"]
        chosen = [ranked.iloc[place] for place in (0, (len(ranked) - 1) // 2, -1)]
    else:
        chosen = list(tested["id"][:wanted])
    return list(dict.fromkeys(chosen))


def _known(wanted: Sequence[str], structures: pd.DataFrame, *, explanation: str, dataset: str) -> list[str]:
    known = set(structures["id"])
    for id_ in wanted:
        if id_ not in known:
            near = difflib.get_close_matches(id_, known, n=3, cutoff=0.6)
            first = structures["id"].iloc[0]
            hint = f"did you mean {' or '.join(near)}?" if near else f"expected ids such as {first!r}"
            raise ConfigError(f"explanation {explanation!r}: {dataset} has no structure {id_!r}; {hint}")
    return list(dict.fromkeys(wanted))
