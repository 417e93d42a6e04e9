"""A promise, how it is tested, and what came of the tries."""

from dataclasses import dataclass, field

SURVIVED, LOST, SILENT = "survived", "lost", "silent"


@dataclass
class Promise:
    """Tries of one promise.

    Args:
        promise: What holds.
        tested: How it is tested.
        tried: Number of tries.
        survived: The promise held.
        lost: It did not hold, and an error or a missing result says so.
        silent: It did not hold, and nothing says so.
        faults: What happened where it did not hold.
    """

    promise: str
    tested: str
    tried: int = 0
    survived: int = 0
    lost: int = 0
    silent: int = 0
    faults: list[str] = field(default_factory=list)

    def count(self, outcome: str, fault: object = "") -> None:
        """Count a try.

        Args:
            outcome: SURVIVED, LOST or SILENT.
            fault: What happened if the promise did not hold.
        """
        self.tried += 1
        setattr(self, outcome, getattr(self, outcome) + 1)
        if outcome != SURVIVED:
            self.faults.append(f"{outcome}: {fault}")
