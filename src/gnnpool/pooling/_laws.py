"""The laws of poolings, checked in milliseconds on four small graphs."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from gnnpool.errors import ConfigError
from gnnpool.graphs.batch import GraphBatch, Nodes
from gnnpool.pooling.base import Pooled, Pooling

_SIZES = (3, 1, 4, 2)
# Graphs of which two copies have no more nodes than the largest one above.
_SMALL = (1, 2)
_TOLERANCE = 1e-6


def pooled_channels(pooling: Pooling, *, what: str) -> int:
    """Width of the pooled vector, found by pooling the small graphs once.

    Args:
        pooling: Any pooling; its lazy modules are initialized.
        what: Pooling and operator, for messages.

    Raises:
        ConfigError: If the pooling fails on them, or does not give one vector for each.
    """
    mode = pooling.training
    x = _embeddings(pooling.in_channels, torch.get_default_dtype())
    with torch.no_grad():
        pooled = _try(pooling.eval(), x, _SIZES, what=what)
    pooling.train(mode)
    return pooled.x.shape[1]


def small_graphs(dtype: torch.dtype) -> GraphBatch:
    """The four small graphs as one batch, with lengths and vectors of a floating type."""
    edges, length = _edges(_SIZES, dtype)
    batch = torch.arange(len(_SIZES)).repeat_interleave(torch.tensor(_SIZES))
    return GraphBatch.from_edges(
        batch,
        edges,
        edge_length=length,
        edge_vector=length.unsqueeze(1).repeat(1, 3),
        species=torch.zeros(len(batch), dtype=torch.int64),
    )


def check_laws(pooling: Pooling, *, what: str) -> None:
    """Refuse a pooling that breaks a law on which the benchmark rests.

    The check uses a copy in float64 and evaluation mode. An auxiliary loss that is one number for a
    whole batch is accepted only if it is the mean over the graphs alone.

    Args:
        pooling: Any pooling. If it is declared as dependent on order, that law is skipped.
        what: Pooling and operator, for messages.

    Raises:
        ConfigError: If the result has another width than ``out_channels``, is not finite for a graph of
            one node, or depends on which graphs share the batch, or on the order of the nodes in a graph.
    """
    pooling = copy.deepcopy(pooling).double().eval()
    x = _embeddings(pooling.in_channels, torch.float64)
    order = torch.cat([part.flip(0) for part in torch.arange(len(x)).split(_SIZES)])
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        together = _try(pooling, x, _SIZES, what=what)
        alone = [_try(pooling, part, [len(part)], what=what) for part in x.split(_SIZES)]
        reversed_ = _try(pooling, x[order], _SIZES, backwards=True, what=what)
    if together.x.shape[1] != pooling.out_channels:
        raise ConfigError(
            f"{what}: expected out_channels of its vectors, {together.x.shape[1]}, got {pooling.out_channels}"
        )
    one = alone[_SIZES.index(1)]
    if not all(value.isfinite().all() for value in (one.x, one.aux_loss) if value is not None):
        raise ConfigError(f"{what}: the result is not finite for a graph of one node")
    losses = [p.aux_loss for p in alone if p.aux_loss is not None]
    apart = Pooled(torch.cat([p.x for p in alone]), torch.cat(losses) if losses else None)
    _require_equal(apart, together, f"{what}: the result depends on which graphs share the batch")
    if not pooling.order_dependent:
        fault = "the result depends on the order of the atoms; order_dependent: true would accept that"
        _require_equal(reversed_, together, f"{what}: {fault}")


def probe_size(pooling: Pooling, *, what: str) -> bool:
    """Whether the vector of two copies of a graph, pooled as one graph, differs from that of the graph.

    Args:
        pooling: Any pooling; a copy in float64 and evaluation mode is measured.
        what: Pooling and operator, for messages.

    Raises:
        ConfigError: If the pooling fails on small graphs.
    """
    pooling = copy.deepcopy(pooling).double().eval()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        for size in _SMALL:
            x = _embeddings(pooling.in_channels, torch.float64)[:size]
            once = _try(pooling, x, [size], what=what).x
            twice = _try(pooling, x.repeat(2, 1), [size], copies=2, what=what).x
            if not _difference(twice, once) <= _TOLERANCE:
                return True
    return False


def _try(
    pooling: Pooling, x: Tensor, sizes: Sequence[int], *, backwards: bool = False, copies: int = 1, what: str
) -> Pooled:
    batch = torch.arange(len(sizes)).repeat_interleave(copies * torch.tensor(sizes))
    try:
        if pooling.needs_edges or _needs_species(pooling):
            edges, length = _edges(sizes, x.dtype, backwards=backwards, copies=copies)
            # Two elements; a node keeps its own when the nodes are reordered.
            species = (x[:, 0] > 0).long()
            pooled = pooling(x, GraphBatch.from_edges(batch, edges, edge_length=length, species=species))
        else:
            pooled = pooling(x, Nodes.from_vector(batch))
    except Exception as error:
        reads_edges = isinstance(error, AttributeError) and not pooling.needs_edges
        hint = "; a pooling that reads edges states needs_edges = True" if reads_edges else ""
        raise ConfigError(f"{what}: fails on small graphs: {type(error).__name__}: {error}{hint}") from error
    _require_shape(pooled, len(sizes), what=what)
    return pooled


def _needs_species(pooling: Pooling) -> bool:
    """Whether the pooling or a part of it reads species."""
    return any(getattr(module, "needs_species", False) for module in pooling.modules())


def _require_shape(pooled: object, graphs: int, *, what: str) -> None:
    if not isinstance(pooled, Pooled) or not isinstance(pooled.x, Tensor):
        found = type(pooled.x if isinstance(pooled, Pooled) else pooled).__name__
        raise ConfigError(f"{what}: expected Pooled(x, aux_loss) with a tensor x, got {found}")
    if pooled.x.dim() != 2 or len(pooled.x) != graphs:
        raise ConfigError(
            f"{what}: expected one vector for each of {graphs} graphs, got {list(pooled.x.shape)}"
        )
    loss = pooled.aux_loss
    if loss is not None and not (isinstance(loss, Tensor) and loss.shape == (graphs,)):
        found = list(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__  # type: ignore[assignment]
        raise ConfigError(f"{what}: expected one auxiliary loss for each of {graphs} graphs, got {found}")


def _embeddings(channels: int, dtype: torch.dtype) -> Tensor:
    """Fixed node embeddings of the small graphs, all distinct, between -1 and 1, ``[N, F]``."""
    return torch.sin(1.7 * torch.arange(1, sum(_SIZES) * channels + 1, dtype=dtype)).view(-1, channels)


def _edges(
    sizes: Sequence[int], dtype: torch.dtype, *, backwards: bool = False, copies: int = 1
) -> tuple[Tensor, Tensor]:
    """Chains with a chord at one end, numbered from either end; copies do not touch. ``[2, E]``, ``[E]``."""
    pairs, first = [], 0
    for size in (size for size in sizes for _ in range(copies)):
        bonds = [(i, i + 1) for i in range(size - 1)] + ([(0, 2)] if size > 2 else [])
        for bond in bonds:
            a, b = (first + (size - 1 - i if backwards else i) for i in bond)
            pairs += [(a, b), (b, a)]
        first += size
    edges = torch.tensor(sorted(pairs), dtype=torch.int64).view(-1, 2).t()
    return edges, torch.ones(edges.shape[1], dtype=dtype)


def _require_equal(found: Pooled, expected: Pooled, fault: str) -> None:
    pairs = [(found.x, expected.x)]
    if found.aux_loss is not None and expected.aux_loss is not None:
        pairs.append((found.aux_loss.mean(), expected.aux_loss.mean()))
    for a, b in pairs:
        difference = _difference(a, b)
        if not difference <= _TOLERANCE:
            raise ConfigError(f"{fault} (relative difference {difference:.1g})")


def _difference(a: Tensor, b: Tensor) -> float:
    """Largest difference, relative to the largest number."""
    return (a - b).abs().max().item() / (1 + b.abs().max().item())
