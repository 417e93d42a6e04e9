"""`gnnpool predict`: predictions of finished trials for structure files."""

import argparse
import dataclasses
import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from gnnpool.commands import options
from gnnpool.errors import ConfigError

HELP = "predict for structure files with finished trials"
NOTES = (
    "Several trials of the same target give the mean and, as spread, the standard deviation of their "
    "predictions. A folder of seeds gives all its trials but repeats (-init-). A structure with an element "
    "that no training structure holds gets a warning. A bundle predicts if it holds weights (`gnnpool bundle "
    "--weights`)."
)
_RECORD, _WEIGHTS, _BUNDLE = "record.parquet", "model.safetensors", "bundle.json"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="folders of trials, or of the trials of all seeds; and structures: CIF, POSCAR, JSON or "
        "extended XYZ, or folders of such files",
    )
    options.reading(parser)
    options.as_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from gnnpool.predict import UnseenElement, predict

    trials, files = sort_paths(arguments.paths)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UnseenElement)
        predictions = predict(trials, list(files), reading=arguments.reading)
    for one in caught:
        print(f"gnnpool: {one.message}", file=sys.stderr)
    if arguments.json:
        rows = [
            {"file": str(file), **dataclasses.asdict(one)}
            for file, one in zip(files, predictions, strict=True)
        ]
        found = {"trials": [str(trial) for trial in trials], "reading": arguments.reading}
        print(json.dumps({**found, "predictions": rows}, indent=2))
        return 0
    print("file", predictions[0].target, "unit", "spread", sep="\t")
    for file, one in zip(files, predictions, strict=True):
        spread = "" if one.spread is None else f"{one.spread:.6g}"
        print(file, f"{one.value:.6g}", one.unit, spread, sep="\t")
    return 0


def sort_paths(paths: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """Divide paths into trials and structures, and open folders that hold several.

    A folder of seeds gives its trials without those of further initialisations.

    Args:
        paths: Folders of trials, of several seeds or of structures; structure files.

    Returns:
        Folders of trials, and structure files, each in the order given.

    Raises:
        ConfigError: If there is no trial or no structure, or a folder holds neither, or no weights.
    """
    trials: list[Path] = []
    files: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise ConfigError(f"{path}: no such file or folder")
        if not path.is_dir():
            files.append(path)
        elif found := _trials_in(path):
            trials += found
        else:
            files += _structures_in(path)
    if not trials or not files:
        found = f"{len(trials)} trials and {len(files)} structures"
        raise ConfigError(f"found {found}, expected one folder of a trial and one structure file at least")
    return trials, files


def _trials_in(folder: Path) -> list[Path]:
    if (folder / _BUNDLE).is_file():
        folder = _weights_in(folder)
    if (folder / _RECORD).is_file():
        found = [folder]
    else:
        found = sorted(
            path.parent for path in folder.glob(f"*/{_RECORD}") if "-init-" not in path.parent.name
        )
    for trial in found:
        if not (trial / _WEIGHTS).is_file():
            raise ConfigError(
                f"{trial}: found no {_WEIGHTS}, expected the weights of the trial; a trial that was unpacked "
                "from a bundle has none"
            )
    return found


def _weights_in(bundle: Path) -> Path:
    """The folder of seeds in a bundle that holds weights of one dataset, setting and pooling."""
    from gnnpool.bundle.files import WEIGHTS

    found = sorted({path.parent.parent for path in bundle.glob(f"{WEIGHTS}/*/*/*/*/*/{_WEIGHTS}")})
    if not found:
        raise ConfigError(
            f"{bundle}: found a bundle without weights; expected one of `gnnpool bundle --weights`, or "
            "folders of trials that were trained here, such as results/trials/DATASET/MODEL/EDGES/POOLING"
        )
    if len(found) > 1:
        raise ConfigError(
            f"{bundle}: found the weights of several datasets or poolings, expected one of "
            f"{', '.join(map(str, found))}"
        )
    return found[0]


def _structures_in(folder: Path) -> list[Path]:
    from gnnpool.data.sources.folder import form_of

    if deeper := next(folder.rglob(_RECORD), None):
        raise ConfigError(
            f"{folder}: found trials of several poolings or datasets, expected those of one, such as "
            f"{deeper.parent.parent}"
        )
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    found = [path for path in files if form_of(path)]
    if not found:
        raise ConfigError(f"{folder}: found neither a trial nor a structure file")
    if others := len(files) - len(found):
        print(f"gnnpool: {folder}: {others} files are not structures and are not read", file=sys.stderr)
    return found
