"""Poolings made of one operator or of several side by side, as the configuration asks."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from gnnpool import plugins
from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling._laws import check_laws
from gnnpool.pooling._options import construct
from gnnpool.pooling.base import Pooled, Pooling
from gnnpool.pooling_names import GROUP, PACKAGE, OperatorChoice, check_pooling, read_operators


class Concat(Pooling):
    r"""Several operators side by side; auxiliary losses add up.

    .. math:: h_g = [h_g^{(1)}, h_g^{(2)}, \ldots]

    Args:
        parts: Operators on the same node embeddings, in the order of their channels in the result.

    Shape:
        x ``[N, F]`` -> ``Pooled(x=[G, D_1 + D_2 + ...], aux_loss=[G] or None)``.

    Source:
        The combinations of the benchmark paper.
    """

    def __init__(self, parts: Sequence[Pooling]) -> None:
        super().__init__(parts[0].in_channels, out_channels=sum(part.out_channels for part in parts))
        self.parts = nn.ModuleList(parts)

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:
        """See :class:`Pooling`."""
        pooled = [part.pool(x, graphs) for part in self.parts]
        losses = [p.aux_loss for p in pooled if p.aux_loss is not None]
        return Pooled(torch.cat([p.x for p in pooled], 1), sum(losses) if losses else None)


def build_pooling(name: str, entry: Mapping | None, in_channels: int) -> Pooling:
    """Build a pooling, drawing its weights from torch's global generator.

    Operators that are not part of this package are checked against the laws of :class:`Pooling`.

    Args:
        name: Name of the pooling.
        entry: Its entry of the configuration: operators, options, order_dependent. What belongs to
            the head is not looked at. Without operators, the pooling is the operator of its name.
        in_channels: Channels F of the node embeddings.

    Returns:
        The pooling.

    Raises:
        ConfigError: If an operator is unknown, needs a package that is missing, or breaks a law.
        TypeError: If an option is unknown or missing.
        ValueError: If an option has an impossible value.
    """
    check_pooling(name, entry)
    order_dependent = bool((entry or {}).get("order_dependent", False))
    parts = []
    for choice in read_operators(name, entry):
        what = f"pooling {name!r}, {choice.kind} {choice.name!r}"
        part = _build(choice, in_channels, what=what)
        part.order_dependent = part.order_dependent or order_dependent
        if not _is_ours(part):
            check_laws(part, what=what)
        parts.append(part)
    pooling = parts[0] if len(parts) == 1 else Concat(parts)
    pooling.order_dependent = any(part.order_dependent for part in parts)
    return pooling


def _build(choice: OperatorChoice, in_channels: int, *, what: str) -> Pooling:
    # The adapters import packages that take seconds or may be missing.
    if choice.kind == "pyg":
        from gnnpool.pooling._pyg import build_pyg

        return build_pyg(choice.name, choice.options, in_channels=in_channels, what=what)
    if choice.kind == "tgp":
        from gnnpool.pooling._tgp import build_tgp

        return build_tgp(choice.name, choice.options, in_channels=in_channels, what=what)
    kind = plugins.load(PACKAGE, choice.name, Pooling, group=GROUP)
    return construct(kind, {"in_channels": in_channels, **choice.options}, what=what)


def _is_ours(pooling: Pooling) -> bool:
    module = type(pooling).__module__
    return module.startswith(f"{PACKAGE}.") and not module.rpartition(".")[2].startswith("_")
