"""What is missing or limits the answer, in sentences."""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from gnnpool.data.groups import LEAKS
from gnnpool.records import Trial
from gnnpool.specs import Labels
from gnnpool.tables.printed import Item, Printed, Row
from gnnpool.trials import plan_trials
from gnnpool.wording import label_of, span

# Trials that are named one by one.
_NAMED = 12
# Words with which a citation says that data are not what they were.
_REDUCED = re.compile(
    r"\b(rounded|(partial|incomplete) (file|copy|download|data)|(subset|sample|excerpt) of|cut (to|off))\b",
    re.IGNORECASE,
)


def progress(
    found: set[Trial], *, blocks: Sequence[Mapping], seeds: Sequence[int], noise_floor: Mapping
) -> Printed:
    """How many trials of each block are there, and which are not.

    Args:
        found: Finished trials.
        blocks: Each with a name and the lists datasets, models, edges and poolings.
        seeds: Planned seeds.
        noise_floor: See :func:`gnnpool.trials.plan_trials`.
    """
    rows = []
    for block in blocks:
        planned = plan_trials([block], seeds, noise_floor)
        missing = [trial for trial in planned if trial not in found]
        items = [Item(str(len(planned))), Item(str(len(planned) - len(missing))), Item(_named(missing))]
        rows.append(Row(block["name"], items))
    return Printed("progress", "Trials by block", ["Planned", "Finished", "Missing"], rows, [])


def limits(
    *,
    found: set[Trial],
    planned: Sequence[Trial],
    checks: Mapping,
    manifests: Sequence[Mapping],
    datasets: pd.DataFrame,
    labels: Labels,
    repeats: bool,
) -> list[str]:
    """Sentences on all that limits the answer; none if there is nothing.

    Args:
        found: Finished trials.
        planned: Planned trials.
        checks: What :func:`gnnpool.analysis.checks.check_results` wrote.
        manifests: Manifests of the structures of the datasets.
        datasets: Rows of :func:`gnnpool.analysis.datasets.count_datasets`.
        labels: Printed names.
        repeats: Whether there are trainings repeated from other initial weights.
    """
    said = []
    missing = [trial for trial in planned if trial not in found]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        said.append(f"{len(missing)} of {len(planned)} planned trials {verb} missing.")
        lacking = {t.dataset for t in planned} - {t.dataset for t in found}
        if lacking and found:
            named = ", ".join(sorted(label_of(labels, "datasets", d) for d in lacking))
            said.append(f"No trial of these datasets is finished: {named}.")
    if without := checks["without_baseline"]:
        have = "1 trial has" if len(without) == 1 else f"{len(without)} trials have"
        said.append(f"{have} no trial of mean pooling to be compared with.")
    if not repeats:
        said.append(
            "The noise floor was not measured: no training was repeated from other initial weights "
            "(noise_floor in the configuration)."
        )
    said += [sentence for manifest in manifests for sentence in _of_dataset(manifest, labels)]
    said += _leaks(datasets, labels)
    return [*said, *(f"{_capital(warning)}." for warning in checks["warnings"])]


def _of_dataset(manifest: Mapping, labels: Labels) -> list[str]:
    name, said = label_of(labels, "datasets", manifest["dataset"]), []
    if manifest["rows_read"] != manifest["rows_expected"]:
        said.append(f"{name}: {manifest['rows_read']} rows were read, {manifest['rows_expected']} expected.")
    if left_out := manifest["rows_read"] - manifest["rows_kept"]:
        rows = "1 row was" if left_out == 1 else f"{left_out} rows were"
        said.append(f"{name}: {rows} left out, named under Data.")
    if _REDUCED.search(manifest["citation"]):
        said.append(f"{name} is not the original data: {manifest['citation']}.")
    return said


def _leaks(datasets: pd.DataFrame, labels: Labels) -> list[str]:
    if not len(datasets):
        return []
    test, leaked = LEAKS[0][0], "_in_".join(LEAKS[0])
    named = [
        f"{label_of(labels, 'datasets', dataset)} {span(group[leaked])} of {span(group[test])}"
        for dataset, group in datasets.groupby("dataset", sort=False)
        if group[leaked].max()
    ]
    if not named:
        return []
    return [
        f"Tested crystals that were trained on under another name: {', '.join(named)} "
        "(split.keep_duplicates_together in the configuration)."
    ]


def _named(missing: Sequence[Trial]) -> str:
    if not missing:
        return "none"
    if len(missing) <= _NAMED:
        return "; ".join(map(str, missing))
    return f"{len(missing)} trials"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
