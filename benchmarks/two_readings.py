"""A trial with both readings against one with the raw reading alone: CGCNN, mdl, 636 crystals, 200 epochs.

The moving average costs its updates, a second validation after each epoch, and a second evaluation at the
end. The raw reading alone writes no files, so the measured cost of the second one is an upper bound.
"""

import sys
from pathlib import Path

from crystals import config
from protocol import OURS, Claim, Results, arguments
from trials import begin, inputs_of, prepared

RAW_ALONE = "raw reading alone"


def main() -> None:
    """Measure both in turns."""
    given = arguments(__doc__)
    epochs, rounds, engine = (
        (2, 1, "eager") if given.quick else (config()["training"]["epochs"], 3, "compiled")
    )
    costs: dict[str, list[float]] = {OURS: [], RAW_ALONE: []}
    with prepared(quick=given.quick) as folder:
        for number in range(rounds):
            for reading, script in ((OURS, None), (RAW_ALONE, __file__)):
                trial = begin(folder, f"{number}-{reading}", epochs=epochs, engine=engine, script=script)
                costs[reading].append(trial().cpu)
    claim = Claim(
        "both readings of a trial, CGCNN, mdl",
        f"like exfoliation, {epochs} epochs",
        peer=RAW_ALONE,
        reach=1 / 1.05,
        aim=1 / 1.02,
        note="a reach of 0.95 allows 5 % more",
    )
    results = Results("two_readings", given)
    results.add(claim, costs)
    results.write()


def train_raw_alone(folder: Path, name: str, epochs: int, engine: str) -> None:
    """Train one trial and evaluate its best epoch, without the moving average.

    Args:
        folder: A prepared one.
        name: Folder of its checkpoint, in that folder.
        epochs: Epochs to train.
        engine: "eager", "compiled" or "auto".
    """
    from gnnpool.records import Trial
    from gnnpool.training.checkpoint import CheckpointFile, Checkpoints, Interval
    from gnnpool.training.loop import train
    from gnnpool.training.outputs import evaluate
    from gnnpool.training.prepare import prepare_trial
    from gnnpool.training.seeding import derive_seed
    from gnnpool.training.state import Clock

    clock, given = Clock(), inputs_of(folder, epochs, engine)
    trial = prepare_trial(**given | {"trial": Trial.parse(given["trial"])})
    file, interval = CheckpointFile(folder / name / "checkpoint", "raw"), Interval(**config()["checkpoint"])
    progress = train(
        trial.network,
        trial.graphs,
        trial.parts,
        trial.settings,
        order_seed=derive_seed(trial.trial, "order"),
        engine=trial.engine,
        checkpoints=Checkpoints(file, interval, started=lambda _: None, saved=lambda _: None),
        clock=clock,
        averaged=False,
    )
    evaluate(trial, progress.choices["raw"].weights)


if __name__ == "__main__":
    if len(sys.argv) == 5 and not sys.argv[1].startswith("-"):
        train_raw_alone(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        main()
