"""Whether a finished benchmark is complete and its trials may be compared with each other."""

import dataclasses
import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd

from gnnpool.analysis.as_planned import deviations, other_software
from gnnpool.analysis.collect import TRIAL, read_trials
from gnnpool.artifacts import read_json, write_json
from gnnpool.errors import DataError
from gnnpool.records import BASELINE, Trial

# What all trials of a group share: the same targets and structures, or comparing them means nothing.
_SHARED = (
    (("target", "unit"), ["dataset"]),
    (("graphs_sha256",), ["dataset", "edges"]),
    (("n_train", "n_val", "n_test", "split_sha256"), ["dataset", "seed"]),
    (("init_seed",), ["seed", "init"]),
)
# What trials run: training and encoder are the same for every pooling of a model, operators for every
# dataset and setting of a pooling.
_CODE = (("shared_code", "model"), ("operator_code", "pooling"))
# What may differ without making numbers wrong, but should be known.
_NOTED = (
    *("gnnpool", "python", "torch", "numpy", "device", "device_name", "processor"),
    *("threads", "engine", "deterministic", "nondeterministic"),
)
_LISTED = 10
_NO_BUNDLES = {"sentences": [], "graphs": {}, "splits": {}}


def check_results(
    *,
    trials: str | Path,
    planned: Collection[Sequence],
    settings: Mapping,
    allow_partial: bool,
    on_mixed_code: str,
    output: str | Path,
    equivalent: str | Path | None = None,
) -> None:
    """Check all trials together and write what was found as JSON.

    Args:
        trials: Output of :func:`gnnpool.analysis.collect.collect_trials`, which refuses records of
            different versions of the training stage.
        planned: Planned trials (dataset, model, edges, pooling, seed, init).
        settings: What the configuration plans for them, see :func:`gnnpool.analysis.as_planned.deviations`.
        allow_partial: Whether trials may be missing; they are listed then.
        on_mixed_code: "error" or "warn", where trials that belong together were trained by different
            code, of this package, of a plug-in, or of another minor version of PyTorch.
        output: The JSON file, written only if nothing is wrong.
        equivalent: What :func:`gnnpool.bundle.unpack.unpack_bundles` found about the data of bundles (JSON):
            their graphs and splits count as those that were made here.

    Raises:
        DataError: If planned trials or their baselines are missing, there are others than planned,
            trials of one dataset saw different targets, structures, graphs or splits, trials were
            trained with other settings than planned, or by different code and that is an error.
    """
    same = read_json(equivalent) if equivalent else _NO_BUNDLES
    trials = _with_one_hash(read_trials(trials), same)
    planned = {Trial(*trial) for trial in planned}
    found = {Trial(*row) for row in trials[TRIAL].itertuples(index=False)}
    missing = sorted(planned - found)
    unpaired = _without_baseline(found)

    wrong, rounding = deviations(trials, settings)
    problems = [*_naming("not planned", sorted(found - planned)), *_cut(_differences(trials)), *_cut(wrong)]
    warnings = [*_mixtures(trials), *rounding]
    mixed = [*_other_code(trials), *_cut(other_software(trials))]
    if on_mixed_code == "error":
        problems += mixed
    else:
        warnings += mixed

    gaps = [*_naming("missing", missing), *_naming(f"without a {BASELINE!r} trial to compare to", unpaired)]
    if not allow_partial:
        problems = gaps + problems
    if problems:
        raise DataError("\n".join(["results cannot be used:", *problems]))

    for line in [*gaps, *warnings]:
        logging.getLogger(__name__).warning("%s", line)
    write_json(
        output,
        {
            "trials": len(found),
            "planned": len(planned),
            "missing": [str(trial) for trial in missing],
            "without_baseline": [str(trial) for trial in unpaired],
            "stage_version": int(trials["stage_version"].iloc[0]) if len(trials) else None,
            "warnings": warnings,
            "equivalent": same["sentences"],
        },
    )


def _with_one_hash(trials: pd.DataFrame, same: Mapping) -> pd.DataFrame:
    """Give the graphs and splits of bundles the hash of those that were made here, or the first of theirs."""
    trials = trials.copy()
    for kind, field, axis in (("graphs", "graphs_sha256", "edges"), ("splits", "split_sha256", "seed")):
        for dataset, groups in same[kind].items():
            for name, hashes in groups.items():
                group = (trials["dataset"] == dataset) & (trials[axis].astype(str) == name)
                theirs = group & trials[field].isin(hashes)
                own = trials.loc[group & ~theirs, field].mode()
                trials.loc[theirs, field] = own.iloc[0] if len(own) else hashes[0]
    return trials


def _without_baseline(found: set[Trial]) -> list[Trial]:
    return sorted(t for t in found if dataclasses.replace(t, pooling=BASELINE, init=0) not in found)


def _naming(what: str, trials: Sequence[Trial]) -> list[str]:
    if not trials:
        return []
    more = [f"and {len(trials) - _LISTED} more"] if len(trials) > _LISTED else []
    return [f"{len(trials)} {what}: {', '.join([*map(str, trials[:_LISTED]), *more])}"]


def _differences(trials: pd.DataFrame) -> list[str]:
    """Say which trials deviate from the most frequent value of what their group must share."""
    lines = []
    for fields, group in _SHARED:
        for field in fields:
            expected = trials.groupby(group)[field].transform(lambda column: column.mode().iloc[0])
            compared = trials.assign(expected=expected)
            for row in compared[compared[field] != compared["expected"]].to_dict("records"):
                trial = Trial(*(row[name] for name in TRIAL))
                lines.append(
                    f"{trial}: {field}: found {row[field]}, expected {row['expected']} "
                    f"as in most trials of the same {' and '.join(group)}"
                )
    return lines


def _cut(lines: list[str]) -> list[str]:
    more = [f"and {len(lines) - _LISTED} more differences"] if len(lines) > _LISTED else []
    return [*lines[:_LISTED], *more]


def _other_code(trials: pd.DataFrame) -> list[str]:
    """Name the trials whose code is not that of most trials of the same model, or of the same pooling."""
    lines = []
    for field, axis in _CODE:
        for name, group in trials.groupby(axis):
            counts = group[field].value_counts()
            for found in counts.index[1:]:
                rows = group.loc[group[field] == found, TRIAL]
                others = sorted(Trial(*row) for row in rows.itertuples(index=False))
                most = f"{counts.index[0][:8]} as in most trials of {axis} {name!r}"
                lines += _naming(f"trained by other code ({field} {found[:8]}, expected {most})", others)
    return lines


def _mixtures(trials: pd.DataFrame) -> list[str]:
    lines = []
    for field in _NOTED:
        counts = trials[field].value_counts().sort_index()
        if len(counts) > 1:
            listed = ", ".join(f"{value} ({count} trials)" for value, count in counts.items())
            lines.append(f"{field} differs between trials: {listed}")
    return lines
