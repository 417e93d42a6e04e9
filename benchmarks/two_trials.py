"""Two trials at once on two cores against one after the other: wall time, one thread each.

Whole processes of a CGCNN trial on mdl edges, as large as exfoliation but shorter, compiled from a warm
cache; start-up included. On a machine with less than two idle cores this measures the neighbors.
"""

import time

from protocol import OURS, Claim, Results, arguments
from trials import begin, prepared

AT_ONCE, IN_TURN = OURS, "one after the other"


def main() -> None:
    """Measure both orders in turns."""
    given = arguments(__doc__)
    epochs, rounds, engine = (1, 1, "eager") if given.quick else (60, 3, "compiled")
    costs: dict[str, list[float]] = {AT_ONCE: [], IN_TURN: []}
    with prepared(quick=given.quick) as folder:
        for number in range(rounds):
            started = time.perf_counter()
            waiting = [begin(folder, f"at-once-{number}-{i}", epochs=epochs, engine=engine) for i in range(2)]
            for finish in waiting:
                finish()
            costs[AT_ONCE].append(time.perf_counter() - started)
            started = time.perf_counter()
            for i in range(2):
                begin(folder, f"in-turn-{number}-{i}", epochs=epochs, engine=engine)()
            costs[IN_TURN].append(time.perf_counter() - started)
    claim = Claim(
        "two trials at once on two cores",
        f"like exfoliation, CGCNN, mdl, {epochs} epochs",
        peer=IN_TURN,
        reach=1.7,
        aim=1.95,
        quantity="wall time",
    )
    results = Results("two_trials", given)
    results.add(claim, costs)
    results.write()


if __name__ == "__main__":
    main()
