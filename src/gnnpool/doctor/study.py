"""Checks of the configuration, its data and its folders."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gnnpool import lock
from gnnpool.data.raw_file import disagreement, has_address, known_hash
from gnnpool.doctor.finding import FAULT, OK, WARNING, Finding
from gnnpool.doctor.folder import existing
from gnnpool.errors import GnnpoolError
from gnnpool.estimate import Download, Estimate, estimate_cost
from gnnpool.shipped import changed_files, evidence
from gnnpool.trial_cost import CPU, DISK, GPU


def check_files() -> Finding:
    """Whether the working directory is a folder of the workflow, of this version of the package."""
    if not Path("Snakefile").is_file():
        todo = "go to the folder of the workflow, or make one: gnnpool init FOLDER"
        return Finding("workflow", FAULT, f"{Path.cwd()}: found no Snakefile", todo)
    try:
        changed = changed_files(Path.cwd())
    except GnnpoolError as error:
        return Finding("workflow", WARNING, str(error))
    if changed:
        names = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
        todo = "if you did not change them: copy Snakefile and workflow/ from a fresh `gnnpool init FOLDER`"
        return Finding("workflow", WARNING, f"differs from the installed gnnpool: {names}", todo)
    return Finding("workflow", OK, "Snakefile and workflow/ are those of the installed gnnpool")


def check_study(config: Mapping) -> list[Finding]:
    """Check what a valid configuration plans.

    Args:
        config: A checked configuration.
    """
    try:
        cost = estimate_cost(config, bundles=evidence())
    except GnnpoolError as error:
        return [Finding("trials", FAULT, str(error), "correct or remove the bundle")]
    folders = [check_folder(config, key, cost) for key in ("results", "resources", "logs")]
    data = [check_data(config, one) for one in cost.downloads]
    return [_grid(cost), *folders, check_locks(config), *data]


def check_folder(config: Mapping, key: str, cost: Estimate) -> Finding:
    """Whether a folder can be written and its disk has room.

    Args:
        config: A checked configuration.
        key: results, resources or logs.
        cost: What the trials need.
    """
    place = existing(Path(config[key]))
    if not os.access(place, os.W_OK):
        return Finding(key, FAULT, f"{place}: cannot be written", f"set {key} to another folder")
    free = shutil.disk_usage(place).free / 1e9
    need = cost.known(DISK) if key == "results" else 0.0
    found = f"{config[key]}: {free:.1f} GB free"
    if key == "results":
        unknown = cost.unknown(DISK)
        found += f"; the trials need {need:.2g} GB" + (f", {unknown} of them unknown" if unknown else "")
        found += "; data and graphs come in addition"
    if free < need:
        return Finding(key, FAULT, found, f"free the disk, or set {key} to a folder on another one")
    return Finding(key, OK, found)


def check_locks(config: Mapping) -> Finding:
    """Whether the file system of the locks of trials has `flock`.

    Args:
        config: A checked configuration.
    """
    place = existing(Path(config["logs"]))
    try:
        with tempfile.NamedTemporaryFile(dir=place) as file:
            works = lock.has_flock(Path(file.name))
    except OSError as error:
        return Finding("locks", FAULT, f"{place}: {error.strerror or error}", "set logs to another folder")
    if works:
        return Finding("locks", OK, f"flock works on the file system of {config['logs']}")
    found = f"no flock on the file system of {config['logs']}: trials use files that name host and process"
    todo = "after a crash of a node, delete the .held file that the next run names (docs/running.md)"
    return Finding("locks", WARNING, found, todo)


def check_data(config: Mapping, file: Download) -> Finding:
    """Whether the raw file of a dataset is there and is the right one.

    Args:
        config: A checked configuration.
        file: The file.
    """
    name, entry = f"data {file.dataset}", config["datasets"][file.dataset]
    if file.state == "to obtain by hand":
        todo = entry.get("by_hand") or f"put {Path(file.file).name} into a folder that `mirror` names"
        return Finding(name, FAULT, f"{file.file}: not here, and no address is known", todo)
    if file.state == "to download":
        return Finding(name, OK, f"{file.file}: not here yet", "snakemake fetch_all downloads it")
    path = Path(file.file) if file.state == "here" else Path(config["mirror"]) / Path(file.file).name
    try:
        wrong = disagreement(path, entry)
    except OSError as error:
        return Finding(name, FAULT, f"{path}: cannot be read: {error.strerror or error}")
    if wrong:
        again = "delete it; the workflow obtains it again"
        todo = again if has_address(entry) else "put the right one there"
        return Finding(name, FAULT, f"{path}: {wrong}", todo)
    known = known_hash(entry)
    return Finding(name, OK, f"{path}: {f'{known[0]} is right' if known else 'no hash is configured'}")


def _grid(cost: Estimate) -> Finding:
    found = (
        f"{cost.planned} planned, {cost.done} finished, {cost.bundled} from bundles, {cost.to_train} to train"
    )
    hours = [
        f"{cost.known(quantity):.3g} {unit}"
        + (f" + {n} trials unknown" if (n := cost.unknown(quantity)) else "")
        for quantity, unit in ((CPU, "processor hours"), (GPU, "GPU-hours"))
        if cost.known(quantity)
    ]
    text = f"{found}; {' or '.join(hours) or 'hours unknown'}" if cost.to_train else found
    return Finding(
        "trials", OK, text, "gnnpool estimate shows what the hours rest on" if cost.to_train else ""
    )
