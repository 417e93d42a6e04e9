"""The gradients of a batch, computed in parts if the batch is too large for one."""

from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from gnnpool.graphs.batch import GraphBatch
from gnnpool.network import Network, Prediction
from gnnpool.training.batches import Batch, DeviceGraphs

# Nodes and edges in a part. They bound the memory: TorchMD with 128 channels keeps 13 kB for each until the
# backward pass, 40 kB if it is not compiled. A CPU is no faster with larger parts; a GPU needs them.
_PART = {"cpu": 2**13, "cuda": 2**16}


def evaluation_limit(graphs: DeviceGraphs) -> int:
    """Nodes and edges in one part of an evaluation; see :meth:`DeviceGraphs.divide`."""
    return _PART[graphs.device.type]


def training_limit(network: Network, graphs: DeviceGraphs) -> int | None:
    """Nodes and edges in one part of a batch; None if the graphs of a batch must stay together."""
    return _PART[graphs.device.type] if network.separable else None


def accumulate_gradients(
    forward: Callable[[GraphBatch], Prediction], parts: Iterable[Batch], size: int
) -> Tensor:
    """Add the gradients of a batch's mean loss to those of the parameters.

    The loss is a mean over graphs, so its gradient is the sum of the gradients of the parts. Only one part
    at a time holds memory for its backward pass.

    Args:
        forward: From graphs to prediction.
        parts: The graphs of the batch and their targets, in one part or several.
        size: Graphs in all parts together.

    Returns:
        Mean absolute error and loss of the batch, ``[2]``.
    """
    sums = []
    for graphs, target in parts:
        prediction = forward(graphs)
        error = F.l1_loss(prediction.value, target, reduction="sum") / size
        loss = error if prediction.aux_loss is None else error + prediction.aux_loss.sum() / size
        loss.backward()
        sums.append(torch.stack([error.detach(), loss.detach()]))
    return torch.stack(sums).sum(0)
