"""Two ways to run the same encoder: step by step, or compiled into fused loops."""

import copy
import shutil
from collections.abc import Callable

import torch
from torch import Tensor

from gnnpool.graphs.batch import GraphBatch
from gnnpool.network import Network, Prediction

# Compiling takes seconds and saves a fraction of each step, so it pays only for many steps.
_WORTHWHILE_STEPS = 1000


def choose_engine(wanted: str, *, steps: int, device: torch.device) -> str:
    """Decide how to run a training.

    Args:
        wanted: "eager", "compiled" or "auto".
        steps: Training steps of the trial.
        device: Where it runs.

    Returns:
        "eager" or "compiled". Auto compiles if the trial is long enough and a compiler is installed.
    """
    if wanted != "auto":
        return wanted
    compiler = device.type == "cuda" or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    return "compiled" if compiler and steps >= _WORTHWHILE_STEPS else "eager"


def make_forward(network: Network, engine: str, *, sample: GraphBatch) -> Callable[[GraphBatch], Prediction]:
    """Make the forward pass used in training steps.

    Only the encoder is compiled: it costs most and is the same for every pooling, so trials share the
    compiled code. Shapes are dynamic. Compilation happens here, on the same batch each time, so a resumed
    trial runs the same code as an uninterrupted one.

    Args:
        network: The network, in training mode.
        engine: "eager" or "compiled".
        sample: A batch to compile on.

    Returns:
        A function from batch to prediction.
    """
    if engine == "eager":
        return network
    embed = torch.compile(network.encoder.embed, dynamic=True)

    def forward(graphs: GraphBatch) -> Prediction:
        # torch.compile would specialize on sizes 0 and 1.
        if min(graphs.num_nodes, len(graphs.source), len(graphs.shell_length)) < 2:  # type: ignore[arg-type]
            return network(graphs)
        x: Tensor = embed(
            graphs.species,  # type: ignore[arg-type]
            graphs.source,
            graphs.target,
            graphs.shell,
            graphs.shell_length,  # type: ignore[arg-type]
            graphs.edge_vector,
        )
        return network.read_out(x, graphs)

    state = copy.deepcopy(network.state_dict())
    forward(sample).value.sum().backward()
    network.zero_grad(set_to_none=True)
    network.load_state_dict(state)  # undo the update of batch normalization by the sample
    return forward
