"""The laws of poolings, checked in a moment on four small graphs."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from gnnpool.errors import ConfigError
from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling.base import Pooled, Pooling

_SIZES = (3, 1, 4, 2)
_TOLERANCE = 1e-6


def pooled_channels(pooling: Pooling, *, what: str) -> int:
    """Width of the pooled vector, found by pooling the small graphs once.

    Args:
        pooling: Any pooling; weights without a shape get theirs.
        what: Pooling and operator, for messages.

    Raises:
        ConfigError: If it fails on them, or does not give one vector for each.
    """
    mode = pooling.training
    with torch.no_grad():
        pooled = _try(
            pooling.eval(), _nodes(pooling.in_channels, torch.get_default_dtype()), _SIZES, what=what
        )
    pooling.train(mode)
    return pooled.x.shape[1]


def small_graphs(dtype: torch.dtype) -> GraphBatch:
    """The four small graphs as one batch, with edge lengths of a floating type."""
    return _chains(_SIZES, dtype, turned=False)


def check_laws(pooling: Pooling, *, what: str) -> None:
    """Refuse a pooling that breaks a law which the benchmark rests on.

    The copy that is checked computes in float64 and evaluation mode. An auxiliary loss that is one
    number for a whole batch is lawful if it is the mean over the graphs alone.

    Args:
        pooling: Any pooling. If it is declared as dependent on order, that law is skipped.
        what: Pooling and operator, for messages.

    Raises:
        ConfigError: If the result has another shape than announced, is not finite for a graph of one node,
            or depends on which graphs share the batch, or on the order of the nodes inside a graph.
    """
    pooling = copy.deepcopy(pooling).double().eval()
    x = _nodes(pooling.in_channels, torch.float64)
    order = torch.cat([part.flip(0) for part in torch.arange(len(x)).split(_SIZES)])
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        together = _try(pooling, x, _SIZES, what=what)
        alone = [_try(pooling, part, [len(part)], what=what) for part in x.split(_SIZES)]
        turned = _try(pooling, x[order], _SIZES, turned=True, what=what)
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
        _require_equal(turned, together, f"{what}: {fault}")


def _try(pooling: Pooling, x: Tensor, sizes: Sequence[int], *, turned: bool = False, what: str) -> Pooled:
    try:
        pooled = pooling(x, _chains(sizes, x.dtype, turned=turned))
    except Exception as error:
        raise ConfigError(f"{what}: fails on small graphs: {type(error).__name__}: {error}") from error
    if not isinstance(pooled, Pooled) or not isinstance(pooled.x, Tensor):
        found = type(pooled.x if isinstance(pooled, Pooled) else pooled).__name__
        raise ConfigError(f"{what}: expected Pooled(x, aux_loss) with a tensor x, got {found}")
    if pooled.x.dim() != 2 or len(pooled.x) != len(sizes):
        raise ConfigError(
            f"{what}: expected one vector for each of {len(sizes)} graphs, got {list(pooled.x.shape)}"
        )
    loss = pooled.aux_loss
    if loss is not None and not (isinstance(loss, Tensor) and loss.shape == (len(sizes),)):
        found = list(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
        raise ConfigError(f"{what}: expected one auxiliary loss for each of {len(sizes)} graphs, got {found}")
    return pooled


def _nodes(channels: int, dtype: torch.dtype) -> Tensor:
    """Fixed node embeddings of the small graphs, all distinct, between -1 and 1, ``[N, F]``."""
    return torch.sin(1.7 * torch.arange(1, sum(_SIZES) * channels + 1, dtype=dtype)).view(-1, channels)


def _chains(sizes: Sequence[int], dtype: torch.dtype, *, turned: bool) -> GraphBatch:
    """Chains of nodes with a chord at one end; turned ones are numbered from the other end."""
    pairs, first = [], 0
    for size in sizes:
        bonds = [(i, i + 1) for i in range(size - 1)] + ([(0, 2)] if size > 2 else [])
        for bond in bonds:
            a, b = (first + (size - 1 - i if turned else i) for i in bond)
            pairs += [(a, b), (b, a)]
        first += size
    target, source = torch.tensor(sorted(pairs), dtype=torch.int64).view(-1, 2).t()
    count = torch.tensor(sizes)
    return GraphBatch(
        species=torch.zeros(first, dtype=torch.int64),
        source=source,
        target=target,
        shell=torch.zeros(len(pairs), dtype=torch.int64),
        shell_length=torch.ones(1, dtype=dtype),
        edge_vector=torch.ones(len(pairs), 3, dtype=dtype),
        batch=torch.repeat_interleave(torch.arange(len(sizes)), count),
        sizes=count,
        num_graphs=len(sizes),
        max_nodes=max(sizes),
    )


def _require_equal(found: Pooled, expected: Pooled, fault: str) -> None:
    pairs = [(found.x, expected.x)]
    if found.aux_loss is not None and expected.aux_loss is not None:
        pairs.append((found.aux_loss.mean(), expected.aux_loss.mean()))
    for a, b in pairs:
        difference = (a - b).abs().max().item() / (1 + b.abs().max().item())
        if not difference <= _TOLERANCE:
            raise ConfigError(f"{fault} (relative difference {difference:.1g})")
