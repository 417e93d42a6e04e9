"""Measure all claims about a GPU, in less than ten minutes.

Milliseconds of a training step with its batch for both models and both edge schemes, compiled, eager and
in plain torch-geometric; memory; what several trials at once achieve together; and from these the hours of
the paper's whole grid. Times are wall times between synchronisations.

    python benchmarks/gpu.py                    on generated crystals, which needs pymatgen
    python benchmarks/gpu.py --graphs FOLDER    on files FOLDER/{dataset}/{edges}.safetensors, written by
                                                benchmarks/crystals.py or by the workflow

Of packages, torch, numpy, safetensors, pyarrow and pyyaml suffice; without torch-geometric there is no peer.
"""

import tempfile
from importlib.util import find_spec
from pathlib import Path

import torch
from crystals import config, write_graphs
from gpu_packing import pack
from gpu_projection import Cost, project
from gpu_steps import OurTraining, PeerTraining, in_order, seconds_of_a_step
from ours import deviation
from protocol import OURS, PEER, Claim, Results, arguments

MODELS = {"cgcnn": "CGCNN", "torchmd": "TorchMD"}
# Of CGCNN with few edges, before any GPU had run it.
EXPECTED = "expected before measuring: 2 ms eager, 1.1 ms compiled, 9.6 ms torch-geometric"
PROCESSES = (1, 2, 4, 8, 16)
ROUNDS, SECONDS = 5, 0.4  # of one competitor in one round


def main() -> None:
    """Measure all of it."""
    given = arguments(
        __doc__,
        graphs={"help": "folder of graph files, instead of generated crystals", "type": Path},
        device={"help": "cuda, or cpu to try the command", "choices": ["cuda", "cpu"], "default": "cuda"},
    )
    if given.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit(
            "torch finds no usable CUDA device on this machine, so nothing was measured; "
            "`python benchmarks/gpu.py --device cpu --quick` shows that the command works"
        )
    name = torch.cuda.get_device_name() if given.device == "cuda" else ""
    results = Results("gpu", given, accelerator=name)
    with tempfile.TemporaryDirectory() as folder:
        if not given.graphs:
            write_graphs(Path(folder), **({"names": ["perovskites"], "count": 2} if given.quick else {}))
        files = graph_files(given.graphs or Path(folder))
        measured = {key: measure_step(key, path, given, results) for key, path in files.items()}
        extras = measure_poolings(next(iter(files.items())), given, results)
        torch.cuda.empty_cache()  # for the processes that come now
        packing = pack(
            {key[1:]: path for key, path in files.items() if key[0] == min(files)[0]},
            given.device,
            results,
            PROCESSES[:2] if given.quick else PROCESSES,
            engine="eager" if given.quick else "compiled",
            seconds=0.1 if given.quick else 3.0,
        )
    project(measured, extras, packing, results)
    results.write()


def graph_files(folder: Path) -> dict[tuple[str, str, str], Path]:
    """Files by dataset, model and edges.

    Raises:
        SystemExit: If the folder has none.
    """
    found = {
        (path.parent.name, model, path.stem): path
        for path in sorted(folder.glob("*/*.safetensors"))
        for model in MODELS
        if path.stem in config()["edges"]
    }
    if not found:
        raise SystemExit(f"--graphs {folder}: expected files such as {folder}/perovskites/mdl.safetensors")
    return found


def measure_step(key: tuple[str, str, str], path: Path, given: object, results: Results) -> Cost:
    """Add time and memory of a step by competitor; gives what gnnpool's best form costs."""
    dataset, model, edges = key
    device, deterministic = torch.device(given.device), config()["training"]["deterministic"]
    torch.compiler.reset()
    engine = "eager" if given.quick else "compiled"
    ours = OurTraining(path, model, edges, device, engine=engine)
    eager = OurTraining(path, model, edges, device, engine="eager")
    competitors = {
        OURS: in_order(ours.steps, deterministic),
        f"{OURS}, eager": in_order(eager.steps, deterministic),
        f"{OURS}, order of sums free": in_order(ours.steps, False),
    }
    case, reference = f"{MODELS[model]}, {dataset}, {edges}", eager
    if find_spec("torch_geometric"):
        reference = PeerTraining(path, model, edges, device)
        competitors[PEER] = in_order(reference.steps, False)
    found = max(deviation(one.first(), reference.first(), what=case) for one in (ours, eager))
    memory: dict[str, list[float]] = {}
    for name, steps in list(competitors.items()):
        try:
            memory[name] = [peak_memory(steps, device)]
        except torch.OutOfMemoryError:
            print(f"{case}: the memory does not suffice for {name}", flush=True)
            del competitors[name], steps
            torch.cuda.empty_cache()
    counts = {name: how_many(steps, device, given.quick) for name, steps in competitors.items()}
    costs: dict[str, list[float]] = {name: [] for name in competitors}
    for _ in range(1 if given.quick else ROUNDS):
        for name, steps in competitors.items():
            costs[name].append(seconds_of_a_step(steps, counts[name], device))
    peer = PEER if PEER in costs else ""
    note = EXPECTED if (model, edges) == ("cgcnn", "mdl") else ""
    claim = Claim("GPU: training step and its batch", case, peer, quantity="wall time", note=note)
    results.add(claim, costs, deviation=found)
    if device.type == "cuda":
        results.add(Claim("GPU: memory of a training step", case, peer, quantity="peak memory"), memory)
    predictions = seconds_of_a_step((ours.predict() for _ in range(3)), 3, device) / len(ours.graphs)
    results.add(Claim("GPU: predicting for a graph", case, "", quantity="wall time"), {OURS: [predictions]})
    return Cost(sorted(costs[OURS])[len(costs[OURS]) // 2], predictions)


def measure_poolings(
    file: tuple[tuple[str, str, str], Path], given: object, results: Results
) -> dict[str, float]:
    """Seconds that each pooling adds to a step of mean pooling, both eager."""
    (dataset, model, edges), path = file
    device = torch.device(given.device)
    found = {}
    for pooling in dict.fromkeys(name for block in config()["blocks"] for name in block["poolings"]):
        steps = OurTraining(path, model, edges, device, engine="eager", pooling=pooling).steps
        count = how_many(steps, device, given.quick)
        costs = [seconds_of_a_step(steps, count, device) for _ in range(1 if given.quick else 3)]
        found[pooling] = min(costs)
        case = f"{pooling}, {MODELS[model]}, {dataset}, {edges}, eager"
        results.add(Claim("GPU: training step by pooling", case, "", quantity="wall time"), {OURS: costs})
    return {pooling: max(0.0, seconds - found["mean"]) for pooling, seconds in found.items()}


def how_many(steps: object, device: torch.device, quick: bool) -> int:
    """Steps that fill one round."""
    if quick:
        return 1
    seconds_of_a_step(steps, 2, device)
    return max(3, round(SECONDS / seconds_of_a_step(steps, 5, device)))


def peak_memory(steps: object, device: torch.device) -> float:
    """Maximum memory of torch on the device in a few steps, MiB; 0 if torch does not count it."""
    if device.type != "cuda":
        return 0.0
    next(steps)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    seconds_of_a_step(steps, 3, device)
    return (torch.cuda.max_memory_allocated(device) - before) / 2**20


if __name__ == "__main__":
    main()
