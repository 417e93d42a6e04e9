"""Results without any training: records are made up, and all that follows is made of them."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from gnnpool.analysis.as_planned import planned_options
from gnnpool.analysis.change import compare_to_baseline
from gnnpool.analysis.checks import check_results
from gnnpool.analysis.collect import collect_trials
from gnnpool.artifacts import write_json, write_table
from gnnpool.config import labels_of, read_config, trial_settings, what_decides
from gnnpool.data.split_file import PARTS
from gnnpool.figures.draw import draw_figure
from gnnpool.plan import Plan
from gnnpool.records import READINGS, RECORD_UNITS, Trial, TrialRecord, column_of
from gnnpool.report.write import write_report
from gnnpool.specs import ExhibitSpec
from gnnpool.tables.render import render_table
from gnnpool.trials import trials_of, variants_of

ROOT = Path(__file__).parents[3]
ATTACK = """</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&"""
FORMATS = {"parquet": "parquet", "csv": "csv", "markdown": "md", "latex": "tex", "html": "html"}


@dataclass(frozen=True)
class World:
    """A folder of results and the configuration that they are of."""

    config: dict
    results: Path

    @property
    def page(self) -> Path:
        """The report."""
        return self.results / "report.html"


def small_config() -> dict:
    """The paper's configuration, cut down to two datasets, two settings, a table and a figure."""
    config = read_config([ROOT / "config/config.yaml"])
    datasets = ["phonons", "exfoliation"]
    config |= {"seeds": [111, 222, 333], "statistics": {**config["statistics"], "resamples": 99}}
    config["blocks"] = [
        {**block, "datasets": datasets, "edges": ["mdl"], "poolings": ["mean", "mamm", "gmt"]}
        for block in config["blocks"]
        if block["name"] != "cgcnn_ocp"
    ]
    slice_ = {"settings": [["cgcnn", "mdl"]], "datasets": datasets, "poolings": ["mamm", "gmt"]}
    config["tables"] = [{**slice_, "name": "table1", "title": "Combined", "kind": "by_dataset"}]
    config["figures"] = [{**slice_, "name": "fig4b", "title": "Boxes", "kind": "box_by_pooling"}]
    return config


def write_record(world: World, trial: Trial) -> Path:
    """The record of a made-up trial."""
    names = [f"{part}_{kind}" for part in PARTS for kind in ("mae", "rmse")]
    errors = {column_of(of, name): error_of(trial, of) for of in READINGS for name in names}
    record = TrialRecord(
        **dataclasses.asdict(trial),
        **{"target": "last phonon DOS peak", "unit": "1/cm", **errors},
        **{
            "best_epoch": 180,
            "averaged_best_epoch": 190,
            "epochs": 200,
            "n_train": 508,
            "n_val": 31,
            "n_test": 97,
        },
        **{"parameters": 292501, "wall_seconds": 60.0, "cpu_seconds": 60.0},
        **{"peak_memory": 900.0, "attempts": 1, "stage_version": 1, **fields_of(trial)},
        options=json.dumps(planned_options(trial, trial_settings(world.config))),
    )
    path = world.results / "trials" / str(trial) / "record.parquet"
    write_table(path, pa.Table.from_pylist([vars(record)]), units=RECORD_UNITS)
    return path


def error_of(trial: Trial, reading: str) -> float:
    """A made-up error; poolings differ by a few percent, and so do seeds and readings."""
    name = column_of(reading, str(trial))
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little"))
    shift = {"mamm": 0.12, "gmt": -0.01 if reading == "raw" else 0.06}.get(trial.pooling, 0.0)
    return 50.0 * (1 + 0.002 * (trial.seed % 7)) * (1 + shift + 0.03 * rng.standard_normal())


def fields_of(trial: Trial) -> dict:
    """Fields of a record that a report shows."""
    return {
        "device": "cpu",
        "gnnpool": "0.1.0",
        "torch": "2.13.0",
        "graphs_sha256": hashlib.sha256(f"{trial.dataset}/{trial.edges}".encode()).hexdigest(),
        "shared_code": "ab" * 32,
        "operator_code": "cd" * 32,
        "finished": f"2026-11-{1 + trial.seed % 9:02d}T12:00:00+00:00",
    }


def write_results(world: World, records: dict[Trial, Path], planned: list[Trial]) -> None:
    """All that comes between the records and the report."""
    config, results = world.config, world.results
    analysis = results / "analysis"
    collect_trials(records=list(records.values()), output=analysis / "trials.parquet")
    compare_to_baseline(
        trials=analysis / "trials.parquet",
        seeds=config["seeds"],
        planned=[],
        by_seed=analysis / "changes_by_seed.parquet",
        by_condition=analysis / "changes_by_condition.parquet",
    )
    check_results(
        trials=analysis / "trials.parquet",
        planned=[tuple(vars(trial).values()) for trial in planned],
        settings=trial_settings(config),
        allow_partial=True,
        on_mixed_code="warn",
        output=results / "checks/passed.json",
    )
    common = {key: config[key] for key in ("statistic", "statistics", "seeds")}
    study = common | {"labels": labels_of(config)}
    collected: dict[tuple[Trial, ...], Path] = {}  # one file for the same trials, as in the workflow
    for kind in ("tables", "figures"):
        for entry in config[kind]:
            chosen = trials_of(ExhibitSpec.of(entry), planned)
            if not chosen:
                continue
            if (slice_ := tuple(chosen)) not in collected:
                collected[slice_] = analysis / "trials" / kind / f"{entry['name']}.parquet"
                there = [records[trial] for trial in chosen if trial in records]
                collect_trials(records=there, output=collected[slice_])
            own = {
                "inputs": {"trials": collected[slice_]},
                "spec": entry,
                "study": study,
                "planned": sorted({trial.condition for trial in chosen}),
            }
            place = results / kind / entry["name"]
            if kind == "tables":
                paths = {name: place.with_suffix(f".{suffix}") for name, suffix in FORMATS.items()}
                render_table(
                    **own,
                    scheme="random",
                    physics={},
                    variants=variants_of(config["datasets"]),
                    outputs=paths,
                )
            else:
                paths = {name: place.with_suffix(f".{name}") for name in ("png", "pdf", "parquet")}
                draw_figure(**own, outputs=paths)
    for dataset in {trial.dataset for trial in planned}:
        write_manifest(results, dataset, config["datasets"][dataset])
    write_datasets(results, config, sorted({trial.dataset for trial in planned}))


def write_manifest(results: Path, dataset: str, entry: dict, **more: object) -> None:
    """An account of a dataset, as the build writes it."""
    content = {
        **{"dataset": dataset, "target": entry["target"], "unit": entry["unit"], "source": entry["source"]},
        **{"raw_sha256": entry.get("sha256") or "", "citation": entry.get("citation", ""), "skipped": []},
        **dict.fromkeys(["rows_expected", "rows_read", "rows_kept"], entry["structures"]),
        **{"atoms": {"min": 1, "mean": 7.5, "max": 20}, "one_atom_cells": 0},
        "targets": {"min": 0.1, "mean": 1.0, "max": 3.0, "std": 0.5},
    }
    write_json(results / f"data/{dataset}/manifest.json", {**content, **more})


def write_datasets(results: Path, config: dict, datasets: list[str]) -> None:
    """Counts of the datasets, as the analysis writes them."""
    rows = [
        {
            **{"dataset": dataset, "source": "matbench", "raw_sha256": "ab" * 32},
            **dict.fromkeys(["rows_expected", "rows_read", "structures"], 636),
            **{
                "rows_left_out": 0,
                "mean_atoms": 7.5,
                "same_as_another": 72,
                "seed": seed,
                "scheme": "random",
            },
            **{
                "train": 508,
                "val": 31,
                "test": 97,
                "test_in_train": 7 + i,
                "test_in_val": 1,
                "val_in_train": 2,
            },
        }
        for dataset in datasets
        for i, seed in enumerate(config["seeds"])
    ]
    write_table(results / "analysis/datasets.parquet", pa.Table.from_pylist(rows))


def write_page(world: World, *, note: str = "", pictures: list[Path] | None = None) -> None:
    """The report of what is there."""
    results, config = world.results, world.config
    tables = [results / f"tables/{entry['name']}.parquet" for entry in config["tables"]]
    drawn = [results / f"figures/{entry['name']}.png" for entry in config["figures"]]
    write_report(
        made={
            "trials": results / "analysis/trials.parquet",
            "changes": results / "analysis/changes_by_seed.parquet",
            "datasets": results / "analysis/datasets.parquet",
            "manifests": sorted(results.glob("data/*/manifest.json")),
            "checks": results / "checks/passed.json",
            "tables": [path for path in tables if path.exists()],
            "pictures": [*(path for path in drawn if path.exists()), *(pictures or [])],
        },
        config=what_decides(config),
        labels=labels_of(config),
        physics=Plan(config).physics,
        traits=Plan(config).traits,
        note=note,
        html=world.page,
        text=world.page.with_suffix(".txt"),
    )
