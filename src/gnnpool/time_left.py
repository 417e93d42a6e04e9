"""How long a run of the workflow still takes, said where Snakemake counts its steps."""

import logging
import re
import time
from collections import Counter
from collections.abc import Mapping

from gnnpool.progress import duration

TRAINING = "train_trial"
# Finished steps of a kind before its mean is used; the first trainings of several cores end together.
_ENOUGH = {True: 4, False: 1}


class TimeLeft:
    """An estimate from the time between the ends of steps, of trainings and of other steps apart.

    Args:
        planned: Number of steps of each rule.
    """

    def __init__(self, planned: Mapping[str, int]) -> None:
        self._left: Counter[bool] = Counter()
        for rule, count in planned.items():
            self._left[rule == TRAINING] += count
        self._ended: Counter[bool] = Counter()
        self._seconds = {True: 0.0, False: 0.0}
        self._last = time.monotonic()

    def finish(self, rule: str) -> None:
        """Count a step that has ended.

        Args:
            rule: Its name.
        """
        kind, now = rule == TRAINING, time.monotonic()
        self._left[kind] -= 1
        self._ended[kind] += 1
        self._seconds[kind] += now - self._last
        self._last = now

    def seconds(self) -> float | None:
        """Estimated time left in s; None while too few steps have ended."""
        left = {kind: count for kind, count in self._left.items() if count > 0}
        if any(self._ended[kind] < _ENOUGH[kind] for kind in left):
            return None
        return sum(count * self._seconds[kind] / self._ended[kind] for kind, count in left.items())


def say_time_left(logger: logging.Logger, planned: Mapping[str, int]) -> None:
    """Let what Snakemake prints about its steps end with the time left.

    Args:
        logger: That of Snakemake; its files stay as they are.
        planned: Number of steps of each rule.
    """
    for handler in logger.handlers:
        printed = isinstance(handler, logging.StreamHandler) and not hasattr(handler, "baseFilename")
        if printed and handler.formatter:
            handler.setFormatter(_WithTimeLeft(handler.formatter, TimeLeft(planned)))


class _WithTimeLeft(logging.Formatter):
    def __init__(self, formatter: logging.Formatter, left: TimeLeft) -> None:
        super().__init__()
        self._formatter, self._left = formatter, left

    def format(self, record: logging.LogRecord) -> str:
        """The text of the other formatter, with the time left after the number of steps."""
        text = self._formatter.format(record)
        event = getattr(getattr(record, "event", None), "value", "")
        if event == "job_finished" and (rule := re.search(r"\(Rule: (\w+)\)", record.getMessage())):
            self._left.finish(rule[1])
        if event == "progress" and (seconds := self._left.seconds()):
            return f"{text}, {duration(seconds)} left"
        return text
