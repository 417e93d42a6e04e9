"""The moving average of a network over the steps of its training."""

import copy
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gnnpool.network import Network


class MovingAverage:
    r"""Exponential moving average of all weights and of the statistics of batch normalization.

    .. math:: a_{t+1} = d_t a_t + (1 - d_t) w_{t+1}, \quad d_t = \min(e^{-1 / (\tau S)}, (1 + t) / (10 + t))

    t counts the optimizer steps from 0, w are the weights after a step, S is the number of steps in an
    epoch. The second term of the minimum is a warm-up: early in a training the time constant is about
    a ninth of the steps so far, so that even a short training forgets the initial weights.

    Args:
        network: The network that is trained, still with its initial weights, from which the average starts.
        time_constant: tau, epochs.
        steps_per_epoch: S.
    """

    def __init__(self, network: Network, *, time_constant: float, steps_per_epoch: int) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False)
        for module in self.network.modules():
            if isinstance(module, nn.RNNBase):
                module.flatten_parameters()  # cuDNN needs one block of memory, which a copy is not
        self._trained = network
        self._parameters = list(zip(self.network.parameters(), network.parameters(), strict=True))
        self._decay = math.exp(-1 / (time_constant * steps_per_epoch))
        self._steps = 0

    @torch.no_grad()
    def update(self) -> None:
        """Update the average with the weights after an optimizer step, without waiting for the device."""
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        averages, values = zip(*self._parameters, *self._buffers(floating=True), strict=True)
        torch._foreach_lerp_(averages, values, 1 - decay)
        self._steps += 1

    @torch.no_grad()
    def copy_counters(self) -> None:
        """Copy the buffers that are not floating-point numbers, which have no average."""
        for average, value in self._buffers(floating=False):
            average.copy_(value)

    def state_dict(self) -> dict:
        """Average and number of steps; tensors are shared, not copied."""
        return {"network": self.network.state_dict(), "steps": self._steps}

    def load_state_dict(self, state: dict) -> None:
        """Restore a state of :meth:`state_dict`."""
        self.network.load_state_dict(state["network"])
        self._steps = state["steps"]

    def _buffers(self, *, floating: bool) -> list[tuple[Tensor, Tensor]]:
        """Buffers of the average beside those of the trained network.

        They are listed each time because a module may replace its buffers.
        """
        pairs = zip(self.network.buffers(), self._trained.buffers(), strict=True)
        return [pair for pair in pairs if pair[0].is_floating_point() == floating]


def smooth(errors: Sequence[float], time_constant: float) -> float:
    """Exponential smoothing of a series.

    Args:
        errors: One for each epoch, at least one.
        time_constant: Epochs; 0 smooths nothing.

    Returns:
        The smoothed value at the last epoch.
    """
    if not time_constant:
        return errors[-1]
    smoothed, kept = errors[0], math.exp(-1 / time_constant)
    for error in errors[1:]:
        smoothed = kept * smoothed + (1 - kept) * error
    return smoothed
