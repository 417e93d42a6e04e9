"""Whole trials as processes of their own: files in, record out, start-up and compilation included."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crystals import build, config, generate
from turns import Child, start

from gnnpool import stages
from gnnpool.data.splits import make_split
from gnnpool.data.structure import write_structures

DATASET = "exfoliation"


@contextmanager
def prepared(*, quick: bool) -> Iterator[Path]:
    """A temporary folder with structures, mdl graphs and a split of a dataset as small as exfoliation.

    Args:
        quick: Whether 40 structures are enough; otherwise the compiled code is put into the cache as well.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        structures, split = folder / "structures.parquet", folder / "split.parquet"
        write_structures(structures, generate(DATASET, 40 if quick else None))
        build(structures, "mdl", folder)
        make_split(structures=structures, seed=111, fractions=config()["split"], output=split)
        if not quick:
            begin(folder, "warm", epochs=1, engine="compiled")()
        yield folder


def begin(
    folder: Path, name: str, *, epochs: int, engine: str = "auto", script: str | None = None
) -> Callable[[], Child]:
    """Start a trial; the result waits for its end.

    Args:
        folder: A prepared one, which also holds what was compiled.
        name: Folder of its files, in that folder.
        epochs: Epochs to train.
        engine: "eager", "compiled" or "auto".
        script: What trains it; this file unless given.
    """
    command = [sys.executable, script or __file__, str(folder), name, str(epochs), engine]
    return start(command, environment={"TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor")})


def inputs_of(folder: Path, epochs: int, engine: str) -> dict:
    """Arguments that decide the numbers of a trial, as the rule train_trial gives them."""
    return {
        "graphs": folder / "mdl.safetensors",
        "split": folder / "split.parquet",
        "trial": f"{DATASET}/cgcnn/mdl/mean/seed-111",
        "model": config()["models"]["cgcnn"],
        "pooling": None,
        "training": {**config()["training"], "epochs": epochs, "engine": engine},
        "stage_version": stages.TRAINING,
        "device": "cpu",
    }


def main() -> None:
    """Run one trial, as the rule train_trial does."""
    from gnnpool.training.run import run_trial

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("epochs", type=int)
    parser.add_argument("engine")
    given = parser.parse_args()
    place = given.folder / given.name
    suffixes = {"record": "parquet", "history": "parquet", "predictions": "parquet", "weights": "safetensors"}
    run_trial(
        **inputs_of(given.folder, given.epochs, given.engine),
        outputs={file: place / f"{file}.{suffix}" for file, suffix in suffixes.items()},
        checkpoint=place / "checkpoint",
        checkpoint_every=config()["checkpoint"],
        journal=place / "journal.jsonl",
    )


if __name__ == "__main__":
    main()
