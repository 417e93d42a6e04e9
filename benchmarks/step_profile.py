"""Where the time of a CGCNN training step on mdl edges goes: shares by PyTorch's profiler, as a table.

Not part of `make bench`, as the profiler itself costs time: read shares, not times.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from crystals import OPTION, graphs_of, inputs
from protocol import OURS, PEER, arguments, machine
from steps import our_step, peer_step
from turns import ONE_THREAD, Task

STEPS = 10
# Parts of a step, and words in the names of their operators; the first part that fits counts. Compiled
# kernels do what an eager step does in the three parts after them.
PARTS = {
    "matrix products": ("aten::mm", "aten::addmm", "aten::bmm", "mkl"),
    "compiled kernels": ("cpp_fused",),
    "gates": ("softplus", "sigmoid", "aten::mul", "aten::add", "aten::clamp", "relu", "threshold"),
    "gather and scatter": ("index", "scatter", "gather", "aten::cat"),
    "normalisation": ("norm",),
    "optimizer": ("Optimizer", "adam", "_foreach"),
}
REST = "calls, copies and the rest"
# So that compiled kernels are in the profile by their names.
NAMED = {"TORCHINDUCTOR_CPP_ENABLE_KERNEL_PROFILE": "1"}


def main() -> None:
    """Profile a step of each competitor on every input, each in a process of its own."""
    given = arguments(__doc__, **OPTION)
    os.environ.update(ONE_THREAD | NAMED)
    size, engine = (4, "eager") if given.quick else (100, "compiled")
    print(f"| {machine()['cpu_capability']} | {' | '.join([*PARTS, REST])} |\n|{' --- |' * (len(PARTS) + 2)}")
    for case, structures in inputs(given.structures, size).items():
        graphs = graphs_of(structures, "mdl")
        competitors = {
            OURS: partial(our_step, graphs, "cgcnn", "mdl", engine, size),
            f"{OURS}, eager": partial(our_step, graphs, "cgcnn", "mdl", "eager", size),
            PEER: partial(peer_step, graphs, "cgcnn", "mdl", size, keep_memory=True),
        }
        for name, make in competitors.items():
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                found = process.submit(shares, make).result()
            cells = (f"{100 * share:.0f} %" for share in found.values())
            print(f"| {name}, {case} | {' | '.join(cells)} |", flush=True)


def shares(make: Callable[[], Task]) -> Mapping[str, float]:
    """Share of each part in the time of a step; they add up to 1."""
    from torch.profiler import ProfilerActivity, profile

    step = make().call
    for _ in range(3):
        step()
    with profile(activities=[ProfilerActivity.CPU]) as measured:
        for _ in range(STEPS):
            step()
    found = dict.fromkeys([*PARTS, REST], 0.0)
    for event in measured.key_averages():
        part = next((p for p, words in PARTS.items() if any(word in event.key for word in words)), REST)
        found[part] += event.self_cpu_time_total
    whole = sum(found.values())
    return {part: time / whole for part, time in found.items()}


if __name__ == "__main__":
    main()
