"""The README of a bundle: commands, versions, hashes, machine, counts and hours, all from its files."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from gnnpool.analysis.collect import TRIAL
from gnnpool.bundle.files import MATBENCH, PERTURBED
from gnnpool.extras import extra
from gnnpool.records import Trial
from gnnpool.trials import plan_trials

with extra("analysis"):
    import pandas as pd


def readme(trials: pd.DataFrame, facts: Mapping, *, config: Mapping, folder: Path) -> str:
    """Write the README.

    Args:
        trials: Rows of :func:`gnnpool.analysis.collect.read_records`.
        facts: What identifies data and machine; see :mod:`gnnpool.bundle.write`.
        config: The configuration of the trials.
        folder: The bundle.
    """
    found = {Trial(*row) for row in trials[TRIAL].itertuples(index=False)}
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    template = (files("gnnpool.bundle") / "readme.md.jinja").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        name=folder.name,
        matbench=(folder / MATBENCH).is_dir(),
        perturbed=(folder / PERTURBED).is_dir(),
        note=config["note"],
        facts=facts,
        trials=len(trials),
        blocks=_blocks(found, config),
        hours=_hours(trials),
        codes=[
            (field, group, digest)
            for field, axis in (("shared_code", "model"), ("operator_code", "pooling"))
            for (group, digest), _ in trials.groupby([axis, field])
        ],
        torch=sorted(set(trials["torch"])),
        python=sorted(set(trials["python"])),
        devices=sorted({f"{row.device} {row.device_name}".strip() for row in trials.itertuples()}),
        processors=trials["processor"].value_counts().sort_index().to_dict(),
        threads=sorted(set(trials["threads"].astype(int))),
        stage=int(trials["stage_version"].iloc[0]),
        first=trials["finished"].min(),
        last=trials["finished"].max(),
    )


def _blocks(found: set[Trial], config: Mapping) -> list[tuple[str, int, int]]:
    """Name, planned and finished trials of each block, and what no block plans."""
    rows, planned = [], set()
    for block in config["blocks"]:
        own = set(plan_trials([block], config["seeds"], config["noise_floor"]))
        rows.append((block["name"], len(own), len(own & found)))
        planned |= own
    if others := found - planned:
        rows.append(("in no block", 0, len(others)))
    return rows


def _hours(trials: pd.DataFrame) -> list[tuple[str, int, float, float]]:
    """Setting, trials, hours of processor time, and hours of wall time on a GPU."""
    rows = []
    for names, group in trials.groupby(["dataset", "model", "edges"]):
        on_gpu = group.loc[group["device"] == "cuda", "wall_seconds"].sum() / 3600
        rows.append(("/".join(names), len(group), group["cpu_seconds"].sum() / 3600, on_gpu))
    return rows
