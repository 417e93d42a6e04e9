"""The network: encoder, pooling and head; no other module imports all three."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gnnpool import plugins
from gnnpool.graphs.batch import GraphBatch
from gnnpool.heads import Head, build_head
from gnnpool.models.base import Encoder
from gnnpool.pooling.base import Pooling
from gnnpool.pooling.build import build_pooling


@dataclass(frozen=True)
class Prediction:
    """Output of a network for a batch.

    Args:
        value: Predicted target of each graph, target unit, ``[G]``.
        aux_loss: Sum of the auxiliary losses of each graph, ``[G]``, or None.
    """

    value: Tensor
    aux_loss: Tensor | None


class Network(nn.Module):
    """Graph -> node embeddings -> pooled vector -> one number.

    Args:
        encoder: Graph to node embeddings.
        pooling: Node embeddings to one vector for each graph.
        head: Pooled vector to one number.
    """

    def __init__(self, encoder: Encoder, pooling: Pooling, head: Head) -> None:
        super().__init__()
        self.encoder = encoder
        self.pooling = pooling
        self.head = head
        self.register_buffer("shift", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))

    @property
    def num_parameters(self) -> int:
        """Number of trainable parameters."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)

    @property
    def separable(self) -> bool:
        """Whether training on a graph is independent of the other graphs of its batch."""
        normalizes = any(isinstance(module, nn.BatchNorm1d) for module in self.modules())
        return self.encoder.separable and not normalizes

    def forward(self, graphs: GraphBatch) -> Prediction:
        """Predict the target of each of the G graphs of a batch; see :class:`Prediction`."""
        return self.read_out(self.encoder(graphs), graphs)

    def read_out(self, x: Tensor, graphs: GraphBatch) -> Prediction:
        """Predict from node embeddings ``[N, F]``, or ``[N, L F]`` if the pooling needs all layers."""
        pooled = self.pooling(x, graphs)
        value, reconstruction = self.head(pooled.x)
        losses = [loss for loss in (pooled.aux_loss, reconstruction) if loss is not None]
        return Prediction(self.shift + self.scale * value, sum(losses) if losses else None)


def build_network(*, model: Mapping, pooling: str, pooling_entry: Mapping | None, cutoff: float) -> Network:
    """Build the network of a trial, drawing its weights from torch's global generator.

    The encoder is built first, so that trials that differ only in their pooling start from the same
    encoder.

    Args:
        model: Entry of the configuration: encoder, options, head.
        pooling: Name of the pooling.
        pooling_entry: Its entry of the configuration, if it has one.
        cutoff: Å, of the edges.

    Returns:
        The network.

    Raises:
        ConfigError: If encoder or pooling are unknown or do not fit each other.
    """
    kind = plugins.load("gnnpool.models", model["encoder"], Encoder, group="gnnpool.models")
    encoder = kind(cutoff=cutoff, **model["options"])
    pool = build_pooling(pooling, pooling_entry, encoder.out_channels, layers=encoder.layers)
    encoder.all_layers = pool.needs_layers
    head = build_head(
        model["head"], pooling_entry or {}, pooled=pool.out_channels, operator=encoder.out_channels
    )
    return Network(encoder, pool, head)
