"""Layers after the pooling: from the pooled vector to one number."""

from collections.abc import Mapping
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

_ACTIVATIONS = {"relu": nn.ReLU, "silu": nn.SiLU}


def constant_widths(pooled: int, *, layers: int, channels: int) -> list[int]:
    """Widths of a head whose first layer has the final width: pooled, channels, channels, ..."""
    return [pooled] + [channels] * layers


def gradual_widths(pooled: int, *, layers: int, step: int) -> list[int]:
    """Widths of a head that narrows by one operator's width in each layer.

    Args:
        pooled: Width D of the pooled vector.
        layers: Number of layers.
        step: Width of one operator, which is also the lowest width.

    Returns:
        max(step, D - n step) for n = 0 .. layers; the paper's example is 300, 200, 100, 100.
    """
    return [pooled] + [max(step, pooled - n * step) for n in range(1, layers + 1)]


class Head(nn.Module):
    r"""Linear layers with activations, one linear layer to a single number, and optionally a decoder.

    The decoder d mirrors the layers e. With it, a graph with pooled vector h has the auxiliary loss

    .. math:: \lambda \frac{1}{D} \sum_k |d(e(h))_k - h_k|

    The decoder's last layer has no activation, since pooled vectors have both signs.

    Args:
        widths: Width of the pooled vector, then of each layer.
        activation: "relu" or "silu".
        decoder_weight: :math:`\lambda`; None for no decoder.
        detach: Whether the pooled vector is a fixed target of the decoder; otherwise shrinking the
            vector lowers the loss.

    Shape:
        ``[G, D]`` -> prediction ``[G]`` and auxiliary loss ``[G]`` or None.

    Source:
        Section 1 of the benchmark paper.
    """

    def __init__(
        self, widths: list[int], *, activation: str, decoder_weight: float | None = None, detach: bool = False
    ) -> None:
        super().__init__()
        self.decoder_weight = decoder_weight
        self.detach = detach
        act = _ACTIVATIONS[activation]
        self.layers = nn.Sequential(*_stack(widths, act))
        self.last = nn.Linear(widths[-1], 1)
        self.decoder = None
        if decoder_weight is not None:
            self.decoder = nn.Sequential(*_stack(widths[::-1], act)[:-1])

    def forward(self, pooled: Tensor) -> tuple[Tensor, Tensor | None]:
        """Predict one number for each graph, and compute the auxiliary loss; shapes as above."""
        encoded = self.layers(pooled)
        prediction = self.last(encoded).squeeze(1)
        if self.decoder is None:
            return prediction, None
        wanted = pooled.detach() if self.detach else pooled
        error = F.l1_loss(self.decoder(encoded), wanted, reduction="none").mean(1)
        return prediction, self.decoder_weight * error  # type: ignore[operator]


def build_head(model: Mapping, pooling: Mapping, *, pooled: int, operator: int) -> Head:
    """Build the head from the model's and the pooling's entries of the configuration.

    Args:
        model: layers, channels and activation.
        pooling: head ("constant" or "gradual") and encoder_decoder (weight, detach), both optional.
        pooled: Width D of the pooled vector.
        operator: Width of one operator: the channels of the node embeddings.

    Returns:
        The head.
    """
    if pooling.get("head", "constant") == "gradual":
        widths = gradual_widths(pooled, layers=model["layers"], step=operator)
    else:
        widths = constant_widths(pooled, layers=model["layers"], channels=model["channels"])
    decoder = pooling.get("encoder_decoder") or {"weight": None, "detach": False}
    return Head(
        widths, activation=model["activation"], decoder_weight=decoder["weight"], detach=decoder["detach"]
    )


def _stack(widths: list[int], activation: type[nn.Module]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b), activation()]
    return layers
