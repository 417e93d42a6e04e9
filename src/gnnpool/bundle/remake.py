"""Tables, figures and the report from a bundle alone: no data, no training, no PyTorch."""

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from gnnpool.analysis.change import compare_to_baseline
from gnnpool.analysis.checks import check_results
from gnnpool.analysis.collect import collect_trials
from gnnpool.artifacts import write_json, write_table
from gnnpool.bundle.files import COUNTS, FACTS, Bundle, open_bundle
from gnnpool.bundle.planning import EQUIVALENT
from gnnpool.bundle.unpack import unpack
from gnnpool.config import labels_of, trial_settings, what_decides
from gnnpool.errors import ConfigError
from gnnpool.figures.draw import draw_figure
from gnnpool.plan import BESIDE, Plan
from gnnpool.records import Trial
from gnnpool.report.write import write_report
from gnnpool.tables.render import render_table

_FORMATS = {"parquet": "parquet", "csv": "csv", "markdown": "md", "latex": "tex", "html": "html"}
_PICTURES = ("png", "pdf", "parquet")


@dataclass(frozen=True)
class Remade:
    """What was made.

    Args:
        tables: Names of tables.
        figures: Names of figures.
        gaps: For each table or figure that was not made the reason.
    """

    tables: Sequence[str]
    figures: Sequence[str]
    gaps: Mapping[str, str]


def remake(folder: str | Path, output: str | Path) -> Remade:
    """Make what the workflow makes of the trials of a bundle.

    Args:
        folder: The bundle.
        output: Folder of results.

    Raises:
        ArtifactError: If the bundle is damaged.
        ConfigError: If the output holds results of a workflow, or a bundle.
        DataError: If the trials do not belong together.
    """
    bundle, output = open_bundle(folder), Path(output)
    if (output / FACTS).exists():
        raise ConfigError(f"{output}: found a bundle, expected a folder of its own")
    if (output / "trials").exists() or any(output.glob("data/*/structures.parquet")):
        raise ConfigError(f"{output}: found results of a workflow, expected a folder of its own")
    config, analysis = bundle.config, output / "analysis"
    plan = Plan(config)
    records = {Trial.of_file(path): path for path in unpack(bundle, plan.trials, output / "bundled")}
    made = _analysis(plan, bundle, list(records.values()), output)
    remade = _exhibits(plan, records, output)
    write_report(
        made={
            **made,
            "datasets": _counts(bundle, analysis),
            "manifests": _manifests(bundle, output),
            "tables": [output / f"tables/{name}.parquet" for name in remade.tables],
            "pictures": [output / f"figures/{name}.png" for name in remade.figures],
        },
        config=what_decides(config),
        labels=labels_of(config),
        physics=plan.physics,
        traits=plan.traits,
        note=_note(config["note"], remade.gaps),
        html=output / "report.html",
        text=output / "report.txt",
    )
    return remade


def _analysis(plan: Plan, bundle: Bundle, records: Sequence[Path], output: Path) -> dict[str, Path]:
    """Collect the trials, compare them with mean pooling, and check them."""
    analysis = output / "analysis"
    made = {
        "trials": analysis / "trials.parquet",
        "changes": analysis / "changes_by_seed.parquet",
        "checks": output / "checks/passed.json",
    }
    collect_trials(records=records, output=made["trials"])
    compare_to_baseline(
        trials=made["trials"],
        seeds=plan.study["seeds"],
        planned=plan.planned_conditions,
        by_seed=made["changes"],
        by_condition=analysis / "changes_by_condition.parquet",
    )
    equivalent = output / EQUIVALENT
    same = {
        kind: {dataset: bundle.hashes(kind, dataset) for dataset in bundle.facts["datasets"]}
        for kind in ("graphs", "splits")
    }
    write_json(equivalent, {"sentences": [], **same})
    check_results(
        trials=made["trials"],
        planned=[tuple(vars(trial).values()) for trial in plan.trials],
        settings=trial_settings(plan.config),
        allow_partial=True,
        on_mixed_code=plan.config["on_mixed_code"],
        equivalent=equivalent,
        output=made["checks"],
    )
    return made


_NOT_HELD = {"structures": "structures", "perturbed": "predictions for changed structures"}


def _exhibits(plan: Plan, records: Mapping[Trial, Path], output: Path) -> Remade:
    """Make tables and figures, several at a time: each is of its own files alone."""
    made: dict[str, list[str]] = {"tables": [], "figures": []}
    gaps, makers = {}, []
    for kinds, names in made.items():
        for name in {"tables": plan.tables, "figures": plan.figures}[kinds]:
            there = [records[trial] for trial in plan.needed(kinds, name) if trial in records]
            if lacking := _lacking(plan, kinds, name):
                why = f"it needs {_NOT_HELD[min(lacking)]}, which a bundle does not hold"
            elif not there:
                why = "no trial of it is finished"
            else:
                makers.append(_maker(plan, kinds, name, there, output))
                names.append(name)
                continue
            gaps[f"{kinds.removesuffix('s')} {name}"] = why
            for old in (output / kinds).glob(f"{name}.*"):
                old.unlink()
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        for running in [pool.submit(maker) for maker in makers]:
            running.result()
    return Remade(made["tables"], made["figures"], gaps)


def _lacking(plan: Plan, kinds: str, name: str) -> set[str]:
    """What a table or figure is made of and a bundle does not hold, where any of it is planned."""
    needed = _NOT_HELD.keys() & plan.needs(kinds, name)
    unplanned = set(plan.needed(kinds, name)).isdisjoint(plan.perturbed_trials)
    return needed - {"perturbed"} if unplanned else needed


def _maker(plan: Plan, kinds: str, name: str, records: Sequence[Path], output: Path) -> partial:
    """What makes one table or figure, which takes its own trials from all."""
    needed = plan.needs(kinds, name)
    beside = {what: [p.with_name(f"{what}.parquet") for p in records] for what in BESIDE if what in needed}
    common = {
        "inputs": {"trials": output / "analysis/trials.parquet", **beside},
        "study": plan.study_of(kinds, name),
        "planned": plan.conditions(kinds, name),
    }
    place = output / kinds / name
    if kinds == "tables":
        scheme = plan.config["split"]["scheme"]
        paths = {form: place.with_suffix(f".{suffix}") for form, suffix in _FORMATS.items()}
        known = {"scheme": scheme, "physics": plan.physics, "variants": plan.variants}
        return partial(render_table, **common, **known, spec=plan.tables[name], outputs=paths)
    paths = {form: place.with_suffix(f".{form}") for form in _PICTURES}
    return partial(draw_figure, **common, spec=plan.figures[name], outputs=paths)


def _counts(bundle: Bundle, analysis: Path) -> Path:
    """Counts of the datasets; an empty table if the bundle has none."""
    path = bundle.path(COUNTS)
    if not path.is_file():
        path = analysis / f"{COUNTS}.parquet"
        write_table(path, pa.table({}))
    return path


def _manifests(bundle: Bundle, output: Path) -> list[Path]:
    paths = []
    for dataset, known in bundle.facts["datasets"].items():
        paths.append(output / f"data/{dataset}/manifest.json")
        write_json(paths[-1], known["manifest"])
    return paths


def _note(note: str, gaps: Mapping[str, str]) -> str:
    """The note of the configuration, and what is not here."""
    named = "; ".join(f"{name}: {why}" for name, why in gaps.items())
    said = f"Made from a bundle. Not made: {named}." if named else "Made from a bundle."
    return f"{note} {said}".strip()
