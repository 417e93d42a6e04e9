"""Any aggregation of torch-geometric as a pooling."""

import inspect
from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch_geometric.nn import MLP, aggr

from gnnpool.graphs.batch import Nodes
from gnnpool.pooling._laws import pooled_channels
from gnnpool.pooling._options import construct
from gnnpool.pooling.base import Pooled, Pooling


class PyGPooling(Pooling):
    """An aggregation of torch-geometric over the nodes of each graph.

    Args:
        in_channels: Channels F of the node embeddings.
        aggregation: From torch_geometric.nn.aggr.
        what: Pooling and aggregation, for messages.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, D])``; D is measured on small graphs.

    Source:
        Fey et al., PyG 2.0: Scalable Learning on Real World Graphs, 2025, and the sources in the
        documentation of the aggregation.
    """

    def __init__(self, in_channels: int, aggregation: aggr.Aggregation, *, what: str) -> None:
        super().__init__(in_channels, out_channels=0)
        self.aggregation = aggregation
        self._takes_size = "max_num_elements" in inspect.signature(aggregation.forward).parameters
        self.out_channels = pooled_channels(self, what=what)

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        size = {"max_num_elements": graphs.max_nodes} if self._takes_size else {}
        return Pooled(self.aggregation(x, graphs.batch, ptr=graphs.ptr, dim_size=graphs.num_graphs, **size))


def build_pyg(name: str, options: Mapping[str, Any], *, in_channels: int, what: str) -> PyGPooling:
    """Build a pooling from an aggregation's name.

    Required channel arguments default to the channels of the node embeddings. An option called ``nn`` or
    ending in ``_nn`` is a list of widths of a multilayer perceptron.

    Args:
        name: Such as "SoftmaxAggregation".
        options: Keyword arguments of its constructor.
        in_channels: Channels F of the node embeddings.
        what: Pooling and aggregation, for messages.

    Returns:
        The pooling.

    Raises:
        TypeError: If an option is unknown or missing.
        ConfigError: If the aggregation fails on small graphs.
    """
    kind = getattr(aggr, name)
    required = [p.name for p in inspect.signature(kind).parameters.values() if p.default is p.empty]
    widths = {key: in_channels for key in ("in_channels", "channels", "out_channels") if key in required}
    given = {key: _network(value) if f"_{key}".endswith("_nn") else value for key, value in options.items()}
    return PyGPooling(in_channels, construct(kind, {**widths, **given}, what=what), what=what)  # type: ignore[dict-item]


def _network(widths: list[int]) -> MLP:
    return MLP([-1, *widths], norm=None)
