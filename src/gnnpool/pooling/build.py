"""Poolings built from their entry of the configuration: one operator, or several side by side."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from gnnpool import plugins
from gnnpool.errors import ConfigError
from gnnpool.graphs.batch import Nodes
from gnnpool.pooling._laws import check_laws, probe_size
from gnnpool.pooling._options import construct
from gnnpool.pooling.base import Pooled, Pooling
from gnnpool.pooling_names import GROUP, PACKAGE, OperatorChoice, check_pooling, read_operators


class Concat(Pooling):
    r"""Several operators side by side, followed by a linear map if a width is given.

    .. math:: h_g = W [h_g^{(1)}, h_g^{(2)}, \ldots]

    Auxiliary losses add up. W has no bias: the head's first layer has one.

    Args:
        parts: Operators on the same node embeddings, in the order of their channels in the result.
        width: Channels D' of the result; None for no linear map.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, D_1 + D_2 + ... or D'], aux_loss=[G] or None)``.

    Source:
        The combinations of the benchmark paper; the linear map is ours.
    """

    def __init__(self, parts: Sequence[Pooling], *, width: int | None = None) -> None:
        joined = sum(part.out_channels for part in parts)
        super().__init__(max(part.in_channels for part in parts), out_channels=width or joined)
        self.parts = nn.ModuleList(parts)
        self.linear = None if width is None else nn.Linear(joined, width, bias=False)
        self.sees_size = any(part.sees_size for part in parts)
        self.needs_edges = any(part.needs_edges for part in parts)
        self.needs_layers = any(part.needs_layers for part in parts)
        self.order_dependent = any(part.order_dependent for part in parts)

    def pool(self, x: Tensor, graphs: Nodes) -> Pooled:
        """See :class:`Pooling`."""
        pooled = [part.pool(self._input(x, part), graphs) for part in self.parts]  # type: ignore[arg-type, operator]
        losses = [p.aux_loss for p in pooled if p.aux_loss is not None]
        joined = torch.cat([p.x for p in pooled], 1)
        return Pooled(joined if self.linear is None else self.linear(joined), sum(losses) if losses else None)

    def _input(self, x: Tensor, part: Pooling) -> Tensor:
        """Embeddings after all layers, or the last channels: those after the last layer."""
        return x if part.needs_layers == self.needs_layers else x[:, -part.in_channels :]


def build_pooling(name: str, entry: Mapping | None, in_channels: int, *, layers: int | None = 1) -> Pooling:
    """Build a pooling, drawing its weights from torch's global generator.

    Operators that are not part of this package are checked against the laws of :class:`Pooling`, and
    their ``sees_size`` is measured.

    Args:
        name: Name of the pooling.
        entry: Its entry of the configuration: operators, options, width, order_dependent. Keys of the
            head are ignored. Without operators, the pooling is the operator of its name.
        in_channels: Channels F of the node embeddings.
        layers: Number L of layers whose embeddings the encoder can return; None if only the last layer.

    Returns:
        The pooling.

    Raises:
        ConfigError: If an operator is unknown, needs a missing package or the encoder's layers, or
            breaks a law.
        TypeError: If an option is unknown or missing.
        ValueError: If an option has an impossible value.
    """
    check_pooling(name, entry)
    entry = entry or {}
    parts = []
    for choice in read_operators(name, entry):
        what = f"pooling {name!r}, {choice.kind} {choice.name!r}"
        part = _build(choice, in_channels, layers, what=what)
        part.order_dependent = part.order_dependent or bool(entry.get("order_dependent", False))
        if not _is_ours(part):
            check_laws(part, what=what)
            part.sees_size = probe_size(part, what=what)
        parts.append(part)
    width = entry.get("width")
    return parts[0] if len(parts) == 1 and width is None else Concat(parts, width=width)


def _build(choice: OperatorChoice, in_channels: int, layers: int | None, *, what: str) -> Pooling:
    # The adapters import packages that take seconds or may be missing.
    if choice.kind == "pyg":
        from gnnpool.pooling._pyg import build_pyg

        return build_pyg(choice.name, choice.options, in_channels=in_channels, what=what)
    if choice.kind == "tgp":
        from gnnpool.pooling._tgp import build_tgp

        return build_tgp(choice.name, choice.options, in_channels=in_channels, what=what)
    kind = plugins.load(PACKAGE, choice.name, Pooling, group=GROUP)
    if kind.needs_layers and layers is None:
        raise ConfigError(
            f"{what}: needs the embeddings after each layer, which this encoder does not return"
        )
    width = in_channels * layers if kind.needs_layers else in_channels  # type: ignore[operator]
    return construct(kind, {"in_channels": width, **choice.options}, what=what)


def _is_ours(pooling: Pooling) -> bool:
    module = type(pooling).__module__
    return module.startswith(f"{PACKAGE}.") and not module.rpartition(".")[2].startswith("_")
