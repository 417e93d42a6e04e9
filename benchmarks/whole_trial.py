"""A whole trial against the same training in plain torch-geometric: CGCNN, mdl, 636 crystals, 200 epochs.

Start-up, reading, compilation from a warm cache, validation after each epoch, test and files are counted.
The peer trains fewer epochs, and the others are added at the median of those.
"""

import json
import statistics
import sys
from pathlib import Path

import peer_trial
from crystals import config
from protocol import OURS, PEER, Claim, Results, arguments
from trials import begin, prepared
from turns import start


def main() -> None:
    """Measure two trials of each, in turns."""
    given = arguments(__doc__)
    epochs = 2 if given.quick else config()["training"]["epochs"]
    peer_epochs, rounds = (2, 1) if given.quick else (20, 2)
    costs: dict[str, list[float]] = {OURS: [], PEER: []}
    with prepared(quick=given.quick) as folder:
        for number in range(rounds):
            costs[OURS].append(begin(folder, f"trial-{number}", epochs=epochs)().cpu)
            costs[PEER].append(peer_cost(folder, epochs, peer_epochs))
    claim = Claim(
        "whole trial, CGCNN, mdl",
        f"like exfoliation, {epochs} epochs",
        reach=2,
        aim=2.6,
        note=f"the peer trained {peer_epochs} epochs; the others are added at their median",
    )
    results = Results("whole_trial", given)
    results.add(claim, costs)
    results.write()


def peer_cost(folder: Path, epochs: int, trained: int) -> float:
    """CPU seconds of a process that trains all epochs, from one that trains some."""
    command = [sys.executable, peer_trial.__file__, str(folder / "mdl.safetensors")]
    child = start([*command, str(folder / "split.parquet"), str(trained)])()
    printed = json.loads(child.output.splitlines()[-1])
    return child.cpu + (epochs - trained) * statistics.median(printed["seconds"])


if __name__ == "__main__":
    main()
