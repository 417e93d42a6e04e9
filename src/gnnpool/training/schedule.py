"""The learning rate from epoch to epoch."""

from collections.abc import Mapping

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau

from gnnpool.training.settings import Training


class Schedule:
    r"""Sets the learning rate of an optimizer after each epoch.

    "plateau" multiplies it by a factor when the watched error has not improved for some epochs. "cosine"
    lowers it over all epochs, from :math:`\eta_0` at the start to the lowest rate :math:`\eta_1`:

    .. math:: \eta_t = \eta_1 + \tfrac{1}{2} (\eta_0 - \eta_1) \big(1 + \cos(\pi t / T)\big)

    Args:
        optimizer: With the initial learning rate.
        settings: Kind of the schedule, and T, the number of epochs.

    Source:
        torch.optim.lr_scheduler.ReduceLROnPlateau and CosineAnnealingLR (Loshchilov and Hutter, ICLR 2017).
    """

    def __init__(self, optimizer: torch.optim.Optimizer, settings: Training) -> None:
        chosen = settings.scheduler
        self._watched = f"{chosen.metric}_mae"
        self._schedule: CosineAnnealingLR | ReduceLROnPlateau
        if chosen.kind == "cosine":
            self._schedule = CosineAnnealingLR(
                optimizer, T_max=settings.epochs, eta_min=chosen.min_learning_rate
            )
        else:
            self._schedule = ReduceLROnPlateau(
                optimizer,
                factor=chosen.factor,
                patience=chosen.patience,
                threshold=chosen.threshold,
                min_lr=chosen.min_learning_rate,
            )

    def step(self, errors: Mapping[str, float]) -> None:
        """Set the learning rate of the next epoch.

        Args:
            errors: train_mae and val_mae of the epoch, target unit.
        """
        if isinstance(self._schedule, ReduceLROnPlateau):
            self._schedule.step(errors[self._watched])
        else:
            self._schedule.step()

    def state_dict(self) -> dict:
        """All values that the learning rates of the next epochs depend on."""
        return self._schedule.state_dict()

    def load_state_dict(self, state: dict) -> None:
        """Restore a state of :meth:`state_dict`."""
        self._schedule.load_state_dict(state)
