"""The peer: the same networks in plain torch-geometric, written as its users write them.

One Data object for each graph with its features stored, DataLoader, CGConv, attention as MessagePassing,
aggregations from torch_geometric.nn.aggr. Weights are copied from gnnpool's networks, and what both
compute is compared before anything is measured.
"""

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.nn import CGConv, MessagePassing, aggr, global_mean_pool
from torch_geometric.utils import scatter

from gnnpool.graphs.file import GraphSet
from gnnpool.network import Network
from gnnpool.pooling.base import Pooling

_ELEMENTS = 100
_ACTIVATIONS = {"relu": nn.ReLU, "silu": nn.SiLU}


def as_data(graphs: GraphSet, model: Mapping, *, cutoff: float) -> list[Data]:
    """One object for each graph: species one-hot, and Gaussians or lengths and vectors of its edges."""
    vectors = torch.from_numpy(graphs.edge_vectors())
    found = []
    for number in range(len(graphs)):
        nodes = slice(graphs.node_ptr[number], graphs.node_ptr[number + 1])
        edges = slice(graphs.edge_ptr[number], graphs.edge_ptr[number + 1])
        species = torch.from_numpy(graphs.numbers[nodes].astype(np.int64)) - 1
        index = np.stack([graphs.source[edges], graphs.target[edges]]).astype(np.int64)
        length = torch.from_numpy(graphs.length[edges])
        if model["encoder"] == "cgcnn":
            features = {"edge_attr": gaussians(length, model["options"], cutoff=cutoff)}
        else:
            features = {"z": species, "edge_weight": length, "edge_vec": vectors[edges]}
        found.append(
            Data(
                x=F.one_hot(species, _ELEMENTS).float(),
                edge_index=torch.from_numpy(index),
                y=torch.tensor([graphs.targets[number]], dtype=torch.float32),
                **features,
            )
        )
    return found


def gaussians(length: Tensor, options: Mapping, *, cutoff: float) -> Tensor:
    """Gaussians of edge lengths ``[E]``, ``[E, K]``."""
    centers = torch.linspace(0, 1, options["gaussians"])
    return torch.exp(-0.5 * ((length.unsqueeze(1) / cutoff - centers) / options["gaussian_width"]) ** 2)


class PlainNetwork(nn.Module):
    """Encoder, mean over the nodes and head.

    Args:
        model: Entry of the configuration.
        cutoff: Å, of the edges.
    """

    def __init__(self, model: Mapping, *, cutoff: float) -> None:
        super().__init__()
        kind = PlainCGCNN if model["encoder"] == "cgcnn" else PlainTorchMD
        self.encoder = kind(cutoff=cutoff, **model["options"])
        head = model["head"]
        widths = [model["options"]["channels"]] + [head["channels"]] * head["layers"]
        layers = [(nn.Linear(a, b), _ACTIVATIONS[head["activation"]]()) for a, b in pairwise(widths)]
        self.head = nn.Sequential(*(part for layer in layers for part in layer), nn.Linear(widths[-1], 1))

    def forward(self, data: Data) -> Tensor:
        return self.head(global_mean_pool(self.encoder(data), data.batch)).squeeze(1)

    def copy(self, network: Network) -> "PlainNetwork":
        """Take the weights of one of gnnpool's networks."""
        self.encoder.copy(network.encoder)
        ours = [*network.head.layers.parameters(), *network.head.last.parameters()]
        with torch.no_grad():
            for mine, theirs in zip(self.head.parameters(), ours, strict=True):
                mine.copy_(theirs)
        return self


class PlainCGCNN(nn.Module):
    """Crystal graph convolutions from torch-geometric's own layer."""

    def __init__(
        self, *, cutoff: float, channels: int, pre_layers: int, layers: int, gaussians: int, **_: object
    ) -> None:
        super().__init__()
        widths = [_ELEMENTS] + [channels] * pre_layers
        self.pre = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.convolutions = nn.ModuleList(CGConv(channels, gaussians, aggr="mean") for _ in range(layers))
        self.norms = nn.ModuleList(nn.BatchNorm1d(channels) for _ in range(layers))

    def forward(self, data: Data) -> Tensor:
        x = data.x
        for layer in self.pre:
            x = F.relu(layer(x))
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = norm(convolution(x, data.edge_index, data.edge_attr))
        return x

    def copy(self, encoder: nn.Module) -> None:
        """Take the weights of gnnpool's encoder, whose two gates are stacked."""
        self.pre.load_state_dict(encoder.pre.state_dict())
        self.norms.load_state_dict(encoder.norms.state_dict())
        for convolution, ours in zip(self.convolutions, encoder.convolutions, strict=True):
            gates = {name: value.chunk(2) for name, value in ours.gates.state_dict().items()}
            for place, linear in enumerate((convolution.lin_f, convolution.lin_s)):
                linear.load_state_dict({name: value[place] for name, value in gates.items()})


class PlainTorchMD(nn.Module):
    """The equivariant transformer as published, messages by MessagePassing."""

    def __init__(
        self, *, cutoff: float, channels: int, pre_layers: int, layers: int, heads: int, radial: int
    ) -> None:
        super().__init__()
        self.cutoff = cutoff
        widths = [_ELEMENTS] + [channels] * pre_layers
        self.pre = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.radial = nn.ParameterDict({"means": torch.zeros(radial), "betas": torch.zeros(radial)})
        self.neighborhood = _Neighborhood(channels, radial)
        self.attention = nn.ModuleList(_Attention(channels, heads, radial) for _ in range(layers))
        self.norm = nn.LayerNorm(channels)

    def forward(self, data: Data) -> Tensor:
        x, length = data.x, data.edge_weight
        for layer in self.pre:
            x = F.silu(layer(x))
        inside = (length < self.cutoff).to(x.dtype)
        envelope = 0.5 * (torch.cos(length * math.pi / self.cutoff) + 1) * inside
        near = torch.exp(-5 / self.cutoff * length).unsqueeze(1) - self.radial["means"]
        radial = envelope.unsqueeze(1) * torch.exp(-self.radial["betas"] * near.square())
        direction = data.edge_vec / length.unsqueeze(1)
        x = self.neighborhood(x, data.z, data.edge_index, envelope, radial)
        vectors = x.new_zeros(len(x), 3, x.shape[1])
        for layer in self.attention:
            dx, dv = layer(x, vectors, data.edge_index, envelope, radial, direction)
            x, vectors = x + dx, vectors + dv
        return self.norm(x)

    def copy(self, encoder: nn.Module) -> None:
        """Take the weights of gnnpool's encoder; the name "update" is taken in MessagePassing."""
        weights = encoder.state_dict().items()
        self.load_state_dict({name.replace(".update.", ".output."): value for name, value in weights})


class _Neighborhood(MessagePassing):
    def __init__(self, channels: int, radial: int) -> None:
        super().__init__(aggr="add")
        self.species = nn.Embedding(_ELEMENTS, channels)
        self.filter = nn.Linear(radial, channels)
        self.combine = nn.Linear(2 * channels, channels)

    def forward(self, x: Tensor, z: Tensor, edge_index: Tensor, envelope: Tensor, radial: Tensor) -> Tensor:
        other = edge_index[0] != edge_index[1]
        if not other.all():
            edge_index, envelope, radial = edge_index[:, other], envelope[other], radial[other]
        weight = self.filter(radial) * envelope.unsqueeze(1)
        return self.combine(
            torch.cat([x, self.propagate(edge_index, x=self.species(z), weight=weight)], dim=1)
        )

    def message(self, x_j: Tensor, weight: Tensor) -> Tensor:
        return x_j * weight


class _Attention(MessagePassing):
    def __init__(self, channels: int, heads: int, radial: int) -> None:
        super().__init__(aggr="add", node_dim=0)
        self.channels, self.heads = channels, heads
        self.norm = nn.LayerNorm(channels)
        self.query = nn.Linear(channels, channels)
        self.key = nn.Linear(channels, channels)
        self.key_filter = nn.Linear(radial, channels)
        self.value = nn.Linear(channels, 3 * channels)
        self.value_filter = nn.Linear(radial, 3 * channels)
        self.mix = nn.Linear(channels, 3 * channels, bias=False)
        self.output = nn.Linear(channels, 3 * channels)

    def forward(
        self, x: Tensor, v: Tensor, edge_index: Tensor, envelope: Tensor, radial: Tensor, direction: Tensor
    ) -> tuple[Tensor, Tensor]:
        x = self.norm(x)
        heads = (-1, self.heads, self.channels // self.heads)
        a, b, c = self.mix(v).split(self.channels, dim=2)
        y, w = self.propagate(
            edge_index,
            query=self.query(x).view(heads),
            key=self.key(x).view(heads),
            value=self.value(x),
            v=v,
            key_filter=F.silu(self.key_filter(radial)).view(heads),
            value_filter=F.silu(self.value_filter(radial)),
            envelope=envelope,
            direction=direction,
        )
        o, m, g = self.output(y).split(self.channels, dim=1)
        return o + m * (a * b).sum(1), w + c * g.unsqueeze(1)

    def message(
        self,
        query_i: Tensor,
        key_j: Tensor,
        value_j: Tensor,
        v_j: Tensor,
        key_filter: Tensor,
        value_filter: Tensor,
        envelope: Tensor,
        direction: Tensor,
    ) -> tuple[Tensor, Tensor]:
        attention = F.silu((query_i * key_j * key_filter).sum(2)) * envelope.unsqueeze(1)
        scalar, push, transport = (value_j * value_filter).split(self.channels, dim=1)
        scalar = (scalar.view_as(query_i) * attention.unsqueeze(2)).flatten(1)
        vector = v_j * transport.unsqueeze(1) + push.unsqueeze(1) * direction.unsqueeze(2)
        return scalar, vector

    def aggregate(self, inputs: tuple[Tensor, Tensor], index: Tensor, dim_size: int) -> tuple[Tensor, Tensor]:
        scalar, vector = (scatter(x, index, dim=0, dim_size=dim_size, reduce="sum") for x in inputs)
        return scalar, vector


def readout(name: str, pooling: Pooling) -> aggr.Aggregation:
    """Torch-geometric's aggregation with the weights of one of gnnpool's poolings."""
    channels = pooling.in_channels
    if name == "mamm":
        return aggr.MultiAggregation(["mean", "sum", "max", "min"])
    if name == "set2set":
        reference = aggr.Set2Set(channels, processing_steps=pooling.steps)
        reference.lstm.load_state_dict({f"{k}_l0": v for k, v in pooling.lstm.state_dict().items()})
        return reference
    if name == "gmt":
        reference = aggr.GraphMultisetTransformer(channels, k=pooling.pma1.seed.shape[1], heads=4)
    else:
        reference = aggr.SetTransformerAggregation(channels, heads=4)
    # Its self-attention blocks each wrap a single block.
    ours = pooling.state_dict()
    reference.load_state_dict(
        {
            key: ours[key.replace(".mab.", ".") if key.startswith(("encoders", "decoders")) else key]
            for key in reference.state_dict()
        }
    )
    return reference
