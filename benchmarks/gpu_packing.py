"""Throughput of several trainings on one device, each in its own process."""

import os
import shutil
import subprocess
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

from protocol import OURS, Claim, Results
from turns import ONE_THREAD, Worker

_CONTROL = "nvidia-cuda-mps-control"


@dataclass(frozen=True)
class Packing:
    """Measured throughput of packed trainings.

    Args:
        steps: Steps per second of all processes together, by (model, edges) and number of processes.
        start: Wall seconds from the start of a process to its first step, one process alone.
        starts: The same of all the others, started at once, until the last was ready.
        processes: The most processes measured.
    """

    steps: Mapping[tuple[str, str], Mapping[int, float]]
    start: float
    starts: float
    processes: int

    def gain(self, setting: tuple[str, str]) -> float:
        """How many times as many steps as one process the best number of processes does."""
        found = self.steps[setting]
        return max(found.values()) / found[1] if found else 1.0


def pack(
    files: Mapping[tuple[str, str], Path],
    device: str,
    results: Results,
    processes: Sequence[int],
    *,
    engine: str,
    seconds: float,
) -> Packing:
    """Measure 1, 2, ... trainings at once in each setting.

    Args:
        files: Graphs by (model, edges).
        device: "cuda" or "cpu".
        results: Gets steps per second by the number of processes.
        processes: How many at once, ascending from 1.
        engine: "eager" or "compiled".
        seconds: How long each number runs.
    """
    os.environ.update(ONE_THREAD)
    steps: dict[tuple[str, str], dict[int, float]] = {}
    with _multi_process_service(device) as sharing, ExitStack() as stack:

        def begin(number: int) -> Worker:
            worker = Worker(f"process {number}", _serve, files, device, engine, time.time())
            return stack.enter_context(worker)

        workers = [begin(0)]
        start = workers[0].receive()
        began = time.perf_counter()
        workers += [begin(number) for number in range(1, processes[-1])]
        for worker in workers[1:]:
            worker.receive()
        starts = time.perf_counter() - began
        for setting in files:
            steps[setting] = _throughput(workers, setting, processes, seconds)
            case = f"{', '.join(setting)}, {sharing}"
            for number, found in steps[setting].items():
                claim = Claim("GPU: trainings at once", case, "", quantity="throughput")
                results.add(claim, {OURS: [found]}, size=number, sized_by="processes")
    return Packing(steps, start, starts, processes[-1])


def _throughput(
    workers: Sequence[Worker], setting: tuple[str, str], processes: Sequence[int], seconds: float
) -> dict[int, float]:
    """Steps per second of 1, 2, ... workers together, as far as the memory suffices."""
    warm = _run(workers, setting, 0.0)
    ready = [worker for worker, found in zip(workers, warm, strict=True) if found is not None]
    together = {n: _run(ready[:n], setting, seconds) for n in processes if n <= len(ready)}
    return {n: sum(found) for n, found in together.items() if None not in found}


def _run(workers: Sequence[Worker], setting: tuple[str, str], seconds: float) -> list[float | None]:
    """Steps per second of each of some workers at once; None if its memory ran out."""
    for worker in workers:
        worker.send((setting, seconds))
    return [worker.receive() for worker in workers]


@contextmanager
def _multi_process_service(device: str) -> Iterator[str]:
    """Start NVIDIA's service that lets kernels of several processes run at once, where it can be started."""
    if device != "cuda" or not shutil.which(_CONTROL):
        yield "time slicing"
        return
    with tempfile.TemporaryDirectory() as folder:
        places = {f"CUDA_MPS_{name}_DIRECTORY": folder for name in ("PIPE", "LOG")}
        os.environ.update(places)
        started = subprocess.run([_CONTROL, "-d"], capture_output=True).returncode == 0
        if not started:
            for name in places:
                del os.environ[name]
        try:
            yield "MPS" if started else "time slicing"
        finally:
            if started:
                subprocess.run([_CONTROL], input=b"quit\n", capture_output=True, timeout=60)
                for name in places:
                    del os.environ[name]


def _serve(
    pipe: Connection, files: Mapping[tuple[str, str], Path], device: str, engine: str, started: float
) -> None:
    """Do steps of a setting for the requested seconds; report when the first step is done."""
    import torch
    from gpu_steps import OurTraining, synchronize

    place, current, steps = torch.device(device), None, None

    def run(setting: tuple[str, str], seconds: float) -> float:
        nonlocal current, steps
        if setting != current:
            steps = None
            torch.cuda.empty_cache()
            current, steps = setting, OurTraining(files[setting], *setting, place, engine=engine).steps
            next(steps)
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            done += sum(1 for _ in islice(steps, 5))
            synchronize(place)  # else the host would count steps that the device has yet to do
        return done / (time.perf_counter() - began)

    try:
        run(next(iter(files)), 0.0)
        synchronize(place)
        pipe.send(time.time() - started)
        while True:
            asked = pipe.recv()
            try:
                pipe.send(run(*asked))
            except torch.OutOfMemoryError:
                current = steps = None
                pipe.send(None)
    except EOFError:
        return
    except Exception:
        pipe.send(traceback.format_exc())
