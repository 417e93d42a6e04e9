"""What a trial will need, estimated from the counts of its graphs.

Profiles use these numbers where something is limited: memory and time of a Slurm job, trials on a GPU
at once. An estimate that was too low is corrected by the next attempt, which asks for more and goes on
from the checkpoint. profiles/README.md derives the formulas and says what was measured.
"""

import json
import math

# Of an edge in a batch, times channels and layers of the model.
BYTES_PER_EDGE = 100
SECONDS_PER_EDGE = {"cpu": 1e-7, "cuda": 1e-9}
# Of a batch, however small.
SECONDS_PER_STEP = 0.02
SECONDS_TO_START = 240  # and to stop: longer than the signal comes before a time limit
# MB; of a process with torch, with the GPU's libraries where there is one.
MEMORY_TO_START = {"cpu": 1000, "cuda": 4000}
# MB of the GPU's memory.
GPU_SHARE = 10_000

DEVICE = "cpu" if config["device"] == "cpu" else "cuda"


def graph_counts(input):
    """graphs, nodes and edges of a graph file; FileNotFoundError, which Snakemake knows, if it is not there yet."""
    size = Path(input.graphs).stat().st_size / 1e6
    manifest = json.loads(Path(input.graphs).with_suffix(".json").read_text())
    return {**manifest["counts"], "megabytes": size}


def width(wildcards):
    """Channels times layers of a model; a middling guess for one that has none."""
    options = config["models"][wildcards.model].get("options", {})
    return options.get("channels", 128) * options.get("layers", 4)


def batch_megabytes(wildcards, input):
    """What the edges of one batch hold until the backward pass, MB."""
    counts = graph_counts(input)
    edges = config["training"]["batch_size"] * counts["edges"] / counts["graphs"]
    return edges * BYTES_PER_EDGE * width(wildcards) / 1e6


def trial_megabytes(wildcards, input, attempt):
    """Memory of the machine, MB."""
    graphs = 3 * graph_counts(input)["megabytes"]
    batch = batch_megabytes(wildcards, input) if DEVICE == "cpu" else 0
    return math.ceil(attempt * (MEMORY_TO_START[DEVICE] + graphs + batch))


def trial_minutes(wildcards, input, attempt):
    """Time, minutes."""
    counts, training = graph_counts(input), config["training"]
    steps = math.ceil(counts["graphs"] / training["batch_size"]) * SECONDS_PER_STEP
    edges = counts["edges"] * SECONDS_PER_EDGE[DEVICE] * width(wildcards)
    seconds = SECONDS_TO_START + training["epochs"] * (steps + edges)
    return math.ceil(attempt * seconds / 60)


def trial_gpu_shares(wildcards, input, attempt):
    """Shares of a GPU's memory, of GPU_SHARE each; Snakemake cuts off what is more than the profile has."""
    return attempt * math.ceil(batch_megabytes(wildcards, input) / GPU_SHARE)
