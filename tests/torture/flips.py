"""Single flipped bits in every kind of file that the workflow reads."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import torch
from matplotlib.figure import Figure
from promise import LOST, SILENT, SURVIVED, Promise
from readers import IDENTITY, KINDS, OF_A_TRIAL, same
from trainings import Trials

from gnnpool.artifacts import file_sha256
from gnnpool.data.duplicates import find_duplicates
from gnnpool.data.raw_file import disagreement
from gnnpool.errors import ArtifactError
from gnnpool.figures.draw import save_figure
from gnnpool.journal import read_lines
from gnnpool.report.exhibits import read_galleries
from gnnpool.training.checkpoint import CheckpointFile


def flip_bits(trials: Trials, flips: int) -> list[Promise]:
    """Flip single bits of one file of each kind.

    Args:
        trials: The trainings, whose files are copied.
        flips: Flips for each kind of file, as far as it has bits.
    """
    files = _files(trials)
    sealed = Promise(
        "A damaged file is refused",
        f"{flips} single flipped bits in each of {len(files)} kinds of files: {', '.join(files)}",
    )
    for path, read in files.values():
        content, whole = path.read_bytes(), read(path)
        for damaged in _flipped(trials, content, flips):
            path.write_bytes(damaged)
            try:
                sealed.count(
                    SURVIVED if same(read(path), whole) else SILENT, f"{path}: read as other content"
                )
            except ArtifactError:
                sealed.count(SURVIVED)
            except Exception as error:
                sealed.count(LOST, f"{path}: {type(error).__name__}: {error}")
        path.write_bytes(content)
    return [sealed, _journals(trials, flips)]


def _flipped(trials: Trials, content: bytes, flips: int) -> list[bytes]:
    found = []
    for bit in trials.random.sample(range(8 * len(content)), min(flips, 8 * len(content))):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << (bit % 8)
        found.append(bytes(damaged))
    return found


def _journals(trials: Trials, flips: int) -> Promise:
    """A journal goes on growing, so it has a checksum in each line."""
    promise = Promise(
        "A damaged line of a journal is passed over and counted", f"{flips} single flipped bits in a journal"
    )
    path = trials.folder / "flips/journal.jsonl"
    shutil.copy(_trained(trials) / "trial.jsonl", path)
    content, (events, _) = path.read_bytes(), read_lines(path)
    for damaged in _flipped(trials, content, flips):
        path.write_bytes(damaged)
        found, lines = read_lines(path)
        # Without its name a checksum is a fact that nobody reads.
        true = all(any(event.items() <= line.items() for event in events) for line in found)
        promise.count(SURVIVED if true and (lines or len(found) == len(events)) else SILENT, damaged)
    return promise


def _trained(trials: Trials) -> Path:
    """Folder of a trial that an undisturbed process has trained."""
    trials.undisturbed(trials.combinations(1)[0])
    return next((trials.folder / "trials").glob("*/record.parquet")).parent


def _files(trials: Trials) -> dict[str, tuple[Path, Callable]]:
    """A path and a reader of each kind of file."""
    source, files = _trained(trials), {}
    for number, (kind, (name, read)) in enumerate(KINDS.items()):
        path = trials.folder / "flips" / str(number) / name
        path.parent.mkdir(parents=True)
        files[kind] = (path, read)
        if kind in OF_A_TRIAL:
            shutil.copy(source / name, path)
        elif kind == "duplicates":
            find_duplicates(structures=trials.folder / "structures.parquet", output=path)
        elif kind == "checkpoint":
            CheckpointFile(path.parent, IDENTITY).save({"weights": torch.arange(200.0), "epoch": 7})
        else:
            shutil.copy(trials.folder / name.replace("graphs.", "ocp."), path)
    raw = trials.folder / "flips/raw.json.gz"
    raw.write_bytes(gzip.compress((trials.folder / "manifest.json").read_bytes(), mtime=0))
    expected = {"sha256": file_sha256(raw)}
    files["raw file"] = (raw, lambda path: _read_raw(path, expected))
    files["figure"] = (
        _figure(trials.folder / "flips"),
        lambda path: read_galleries([path], beside=path.parent),
    )
    return files


def _read_raw(path: Path, entry: dict) -> bytes:
    """What the workflow does before it reads a raw file."""
    if wrong := disagreement(path, entry):
        raise ArtifactError(f"{path}: {wrong}")
    return path.read_bytes()


def _figure(folder: Path) -> Path:
    figure = Figure(figsize=(1, 1))
    figure.add_subplot().plot([0, 1])
    paths = {kind: folder / f"figure.{kind}" for kind in ("png", "pdf", "parquet")}
    metadata = {"title": "A line", "description": "A line that rises."}
    save_figure(figure, pa.table({"x": [0, 1]}), **paths, metadata=metadata)
    return paths["png"]
