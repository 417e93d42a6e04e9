"""How competitors are measured: in turns, each in a process of its own, on one thread.

Each round gives one ratio, so that what slows the machine for a while slows both. Costs are process CPU
time, which a busy neighbor changes little. For whole processes, wall time and peak memory are recorded too.
"""

import multiprocessing
import os
import subprocess
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import NamedTuple

import numpy as np

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Task(NamedTuple):
    """What a competitor does.

    Args:
        call: Does it once.
        outcome: What it computes, to be compared with the others' before anything is measured.
    """

    call: Callable[[], object]
    outcome: np.ndarray | None = None


def take_turns(
    competitors: Mapping[str, Callable[[], Task]],
    *,
    rounds: int,
    warmup: int = 2,
    verify: Callable[[dict[str, np.ndarray | None]], float] | None = None,
    apart: bool = True,
) -> tuple[dict[str, list[float]], float | None]:
    """Let each competitor do its task once in every round.

    Args:
        competitors: What makes the task of each, in its own process; must be picklable.
        rounds: Rounds that count.
        warmup: Rounds before them.
        verify: Refuses outcomes that differ, and gives the largest difference.
        apart: Whether each has its own process; else all share this one, which measures nothing well.

    Returns:
        Seconds of process CPU time of each competitor, round by round; and the difference.

    Raises:
        RuntimeError: If a competitor fails, with its traceback, or if the outcomes differ.
    """
    os.environ.update(ONE_THREAD)
    seconds: dict[str, list[float]] = {name: [] for name in competitors}
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker(name, _serve, make) if apart else _Here(make))
            for name, make in competitors.items()
        }
        outcomes = {name: worker.receive() for name, worker in workers.items()}
        difference = verify(outcomes) if verify else None
        for number in range(-warmup, rounds):
            for name, worker in workers.items():
                cost = worker.measure()
                if number >= 0:
                    seconds[name].append(cost)
    return seconds, difference


def divided(costs: Mapping[str, Sequence[float]], count: int) -> dict[str, list[float]]:
    """Costs of one of the things of which each call did several."""
    return {name: [value / count for value in values] for name, values in costs.items()}


@dataclass(frozen=True)
class Child:
    """A finished process, with the processes that it waited for.

    Args:
        cpu: s.
        wall: s.
        peak: MiB.
        output: What it printed.
    """

    cpu: float
    wall: float
    peak: float
    output: str


def start(command: Sequence[str], **options: object) -> Callable[[], Child]:
    """Start a process on one thread; the result waits for its end.

    Raises:
        RuntimeError: If it fails, with what it printed.
    """
    environment = {**os.environ, **ONE_THREAD, **options.pop("environment", {})}
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, **options
    )

    def finish() -> Child:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode:
            raise RuntimeError(
                f"{' '.join(map(str, command))}: exit code {process.returncode}\n{output[-4000:]}"
            )
        return Child(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 2**10, output)

    return finish


class Worker:
    """A process that answers messages.

    Args:
        name: For messages.
        target: Function of a pipe and the arguments that the process runs; must be picklable.
        arguments: Further arguments.
    """

    def __init__(self, name: str, target: Callable[..., None], *arguments: object) -> None:
        context = multiprocessing.get_context("spawn")
        self._name = name
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=target, args=(there, *arguments), daemon=True)
        self._process.start()
        there.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, at the latest after ten seconds."""
        self._pipe.close()
        self._process.join(timeout=10)
        self._process.kill()

    def send(self, message: object) -> None:
        """Send a message to the process."""
        self._pipe.send(message)

    def receive(self) -> object:
        """What the process answers.

        Raises:
            RuntimeError: If it ended, or if the answer is a text: that of its failure.
        """
        try:
            answer = self._pipe.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            raise RuntimeError(f"{self._name}: its process ended with exit code {code}") from None
        if isinstance(answer, str):
            raise RuntimeError(f"{self._name}: {answer}")
        return answer

    def measure(self) -> float:
        """Seconds of one call of the process's task."""
        self.send(None)
        return self.receive()


class _Here:
    """A task in this process, with the face of a worker."""

    def __init__(self, make: Callable[[], Task]) -> None:
        self._task = make()

    def __enter__(self) -> "_Here":
        return self

    def __exit__(self, *_: object) -> None:
        del self._task

    def receive(self) -> object:
        return self._task.outcome

    def measure(self) -> float:
        return _timed(self._task.call)


def _timed(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


def _serve(pipe: Connection, make: Callable[[], Task]) -> None:
    try:
        task = make()
        pipe.send(task.outcome)
        while True:
            pipe.recv()  # fails once the other end is closed
            pipe.send(_timed(task.call))
    except EOFError:
        return
    except Exception:
        pipe.send(traceback.format_exc())
