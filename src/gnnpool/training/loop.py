"""Epochs, validation, and the choice of the best epoch."""

import copy
import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

import numpy as np
import torch

from gnnpool.errors import DivergedError
from gnnpool.graphs.batch import GraphBatch
from gnnpool.network import Network, Prediction
from gnnpool.training.batches import Batch, DeviceGraphs, cut
from gnnpool.training.checkpoint import Checkpoints
from gnnpool.training.engine import make_forward
from gnnpool.training.allocation import keep_freed_memory
from gnnpool.training.metrics import mae
from gnnpool.training.settings import Training
from gnnpool.training.state import Clock, Progress, TrainingState
from gnnpool.training.step import accumulate_gradients, evaluation_limit, training_limit

logger = logging.getLogger("gnnpool.training")


def train(
    network: Network,
    graphs: DeviceGraphs,
    parts: Mapping[str, np.ndarray],
    settings: Training,
    *,
    order_seed: int,
    engine: str,
    checkpoints: Checkpoints,
    clock: Clock,
) -> Progress:
    """Train a network and keep the weights of the epoch with the least validation error.

    Args:
        network: On the device of the graphs; left with the weights of the last epoch.
        graphs: All graphs.
        parts: Indices of the graphs of "train" and "val".
        settings: How to train.
        order_seed: For the order of the training graphs in each epoch.
        engine: "eager" or "compiled".
        checkpoints: From which the training goes on, and where it is saved.
        clock: Time spent; that of earlier attempts is added.

    Returns:
        History and best weights.

    Raises:
        DivergedError: If the loss of a batch or a validation error is not finite.
        InterruptedTraining: If a signal asked to stop; the training is saved.
    """
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    state = TrainingState(
        network,
        optimizer,
        scheduler=_plateau(optimizer, settings),
        generator=torch.Generator().manual_seed(order_seed),
        clock=clock,
    )
    validation = list(graphs.batches(graphs.divide(parts["val"], evaluation_limit(graphs))))
    network.train()
    sample, _ = graphs.batch(parts["train"][: settings.batch_size])
    forward = make_forward(network, engine, sample=sample)
    checkpoints.resume(state)
    keep_freed_memory()

    for epoch in range(state.progress.epoch + 1, settings.epochs + 1):
        checkpoints.begin_epoch(state)
        _train_epoch(forward, state, graphs, parts["train"], validation, settings, checkpoints)
        checkpoints.end_epoch(state, last=epoch == settings.epochs)
    return state.progress


def predict(network: Network, batches: Iterable[Batch]) -> tuple[np.ndarray, np.ndarray]:
    """Predict in evaluation mode, and go back to training mode.

    Args:
        network: The network.
        batches: Batches and their targets.

    Returns:
        Targets and predictions, float64, in the order of the batches.
    """
    network.eval()
    with torch.inference_mode():
        pairs = [torch.stack([target, network(batch).value]) for batch, target in batches]
        targets, values = torch.cat(pairs, dim=1).double().cpu().numpy()
    network.train()
    return targets, values


def _train_epoch(
    forward: Callable[[GraphBatch], Prediction],
    state: TrainingState,
    graphs: DeviceGraphs,
    train: np.ndarray,
    validation: list[Batch],
    settings: Training,
    checkpoints: Checkpoints,
) -> None:
    """One epoch with its validation, told to the scheduler and kept in the progress."""
    started = time.perf_counter()
    progress, epoch = state.progress, state.progress.epoch + 1
    learning_rate = state.optimizer.param_groups[0]["lr"]
    order = train[torch.randperm(len(train), generator=state.generator).numpy()]
    train_mae = _pass_over(forward, state, graphs, cut(order, settings.batch_size), settings, checkpoints)
    val_mae = mae(*predict(state.network, validation))
    if not math.isfinite(val_mae):
        raise DivergedError(f"epoch {epoch}: the validation error is {val_mae}, expected a finite number")
    state.scheduler.step(val_mae if settings.scheduler.metric == "val" else train_mae)
    if val_mae < progress.best_error:
        progress.best_epoch, progress.best_error = epoch, val_mae
        progress.best_state = copy.deepcopy(state.network.state_dict())
    progress.epoch = epoch
    progress.history.append(
        {
            "epoch": epoch,
            "train_mae": train_mae,
            "val_mae": val_mae,
            "learning_rate": learning_rate,
            "seconds": time.perf_counter() - started,
        }
    )
    logger.info("epoch %d train_mae %.6g val_mae %.6g lr %.3g", epoch, train_mae, val_mae, learning_rate)


def _pass_over(
    forward: Callable[[GraphBatch], Prediction],
    state: TrainingState,
    graphs: DeviceGraphs,
    batches: list[np.ndarray],
    settings: Training,
    checkpoints: Checkpoints,
) -> float:
    """One pass over the training graphs; the mean absolute error while training, target unit."""
    network, optimizer = state.network, state.optimizer
    limit = training_limit(network, graphs)
    divided = [graphs.divide(index, limit) for index in batches]
    stream = graphs.batches(part for parts in divided for part in parts)
    errors = []
    for index, parts in zip(batches, divided, strict=True):
        checkpoints.between_batches()
        optimizer.zero_grad(set_to_none=True)
        errors.append(accumulate_gradients(forward, islice(stream, len(parts)), size=len(index)))
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.gradient_clip)
        optimizer.step()
    # The only moment of an epoch at which the device is asked for numbers.
    error, loss = torch.stack(errors, dim=1).double().cpu().numpy()
    if not np.isfinite(loss).all():
        first = int(np.flatnonzero(~np.isfinite(loss))[0])
        raise DivergedError(
            f"epoch {state.progress.epoch + 1}, batch {first + 1} of {len(batches)}: the training loss is "
            f"{loss[first]}, expected a finite number; lower training.learning_rate "
            f"(now {optimizer.param_groups[0]['lr']:g})"
        )
    return float(np.average(error, weights=[len(index) for index in batches]))


def _plateau(
    optimizer: torch.optim.Optimizer, settings: Training
) -> torch.optim.lr_scheduler.ReduceLROnPlateau:
    plateau = settings.scheduler
    return torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer,
        factor=plateau.factor,
        patience=plateau.patience,
        threshold=plateau.threshold,
        min_lr=plateau.min_learning_rate,
    )
