"""Resources of a trial, estimated from the counts of its graphs.

Profiles use these numbers as limits: memory and time of a Slurm job, trials at once on a GPU. If an estimate
is too low, the next attempt asks for more and resumes from the checkpoint. profiles/README.md gives the
formulas and the measurements.
"""

import json
import math

# For each edge of a batch, times channels and layers of the model.
BYTES_PER_EDGE = 100
SECONDS_PER_EDGE = {"cpu": 1e-7, "cuda": 1e-9}
# Fixed cost of a step, independent of batch size.
SECONDS_PER_STEP = 0.02
SECONDS_TO_START = (
    240  # start and stop; longer than the time between the signal and the time limit
)
# MB of a process with torch; on a GPU also with its libraries.
MEMORY_TO_START = {"cpu": 1000, "cuda": 4000}
# MB of the GPU's memory.
GPU_SHARE = 10_000

DEVICE = "cpu" if config["device"] == "cpu" else "cuda"


def graph_counts(input):
    """Counts of graphs, nodes and edges of a file. Snakemake handles FileNotFoundError of a file not yet built."""
    size = Path(input.graphs).stat().st_size / 1e6
    manifest = json.loads(Path(input.graphs).with_suffix(".json").read_text())
    return {**manifest["counts"], "megabytes": size}


def width(wildcards):
    """Channels times layers of a model; 128 and 4 for a model without these options."""
    options = config["models"][wildcards.model].get("options", {})
    return options.get("channels", 128) * options.get("layers", 4)


def batch_megabytes(wildcards, input):
    """Memory that the edges of one batch hold until the backward pass, MB."""
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
    """Shares of a GPU's memory, of GPU_SHARE each; Snakemake limits them to those of the profile."""
    return attempt * max(1, math.ceil(batch_megabytes(wildcards, input) / GPU_SHARE))
