"""Whether trials were trained as the configuration plans them, and with the software of their baselines."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping

import pandas as pd

from gnnpool.records import BASELINE, Trial

# They change a number by rounding alone, as other devices do: what differs is reported, not refused.
_ROUNDING = {"training.threads", "training.engine", "training.deterministic"}
_NOTHING = "nothing"


def deviations(trials: pd.DataFrame, settings: Mapping) -> tuple[list[str], list[str]]:
    """Compare the settings of each trial with the configuration.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        settings: The sections models, poolings, edges and training of the configuration, without labels.

    Returns:
        A line for each trial and setting that differs and decides numbers; and one for each setting
        that differs and changes their rounding alone, with the number of trials.
    """
    wrong, rounding = [], Counter()
    for row in trials.to_dict("records"):
        trial = Trial(*(row[field] for field in vars(Trial("", "", "", "", 0))))
        for key, found, expected in _differences(row, trial, settings):
            if key in _ROUNDING:
                rounding[f"{key}: found {found}, expected {expected} as in the configuration"] += 1
            else:
                wrong.append(f"{trial}: {key}: found {found}, expected {expected} as in the configuration")
    return wrong, [f"{line} ({count} trials)" for line, count in sorted(rounding.items())]


def deciding_differences(row: Mapping, trial: Trial, settings: Mapping) -> list[str]:
    """Say which settings of a record differ from the configuration and decide numbers.

    Args:
        row: The record.
        trial: Of which trial it is.
        settings: See :func:`deviations`.
    """
    return [
        f"{key}: found {found}, expected {expected} as in the configuration"
        for key, found, expected in _differences(row, trial, settings)
        if key not in _ROUNDING
    ]


def planned_options(trial: Trial, settings: Mapping) -> dict[str, Mapping | None]:
    """What the field options of a trial's record shall hold.

    Args:
        trial: Which one.
        settings: See :func:`deviations`.
    """
    return {
        "model": settings["models"].get(trial.model),
        "pooling": settings["poolings"].get(trial.pooling),
        "edges": settings["edges"].get(trial.edges),
        "training": settings["training"],
    }


def other_software(trials: pd.DataFrame) -> list[str]:
    """Name the trials that another minor version of PyTorch trained than their baseline.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
    """
    group = ["dataset", "model", "edges", "seed"]
    trials = trials.assign(minor=trials["torch"].str.split(".").str[:2].str.join("."))
    baselines = trials[(trials["pooling"] == BASELINE) & (trials["init"] == 0)]
    pairs = trials.merge(baselines[[*group, "minor"]], on=group, suffixes=("", "_of_baseline"))
    return [
        f"{Trial(row.dataset, row.model, row.edges, row.pooling, row.seed, row.init)}: torch: found "
        f"{row.minor}, expected {row.minor_of_baseline} as in the {BASELINE!r} trial that it is compared to"
        for row in pairs[pairs["minor"] != pairs["minor_of_baseline"]].itertuples()
    ]


def _differences(row: Mapping, trial: Trial, settings: Mapping) -> Iterator[tuple[str, object, object]]:
    try:
        made = json.loads(row["options"])
    except ValueError:
        yield "options", repr(row["options"]), "the settings of a trial"
        return
    found, expected = (dict(_leaves(one)) for one in (made, planned_options(trial, settings)))
    for key in sorted(found.keys() | expected.keys()):
        if found.get(key, _NOTHING) != expected.get(key, _NOTHING):
            yield key, found.get(key, _NOTHING), expected.get(key, _NOTHING)
    if row["epochs"] != settings["training"]["epochs"]:
        yield "epochs", row["epochs"], settings["training"]["epochs"]


def _leaves(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Dotted keys and their values; an entry that is empty means the same as one that is absent."""
    if isinstance(value, Mapping):
        for name, child in value.items():
            yield from _leaves(child, f"{key}.{name}" if key else name)
    elif value is not None:
        yield key, value
