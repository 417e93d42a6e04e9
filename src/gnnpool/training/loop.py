"""Epochs, validation, and the choice of an epoch by each reading."""

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
from gnnpool.training.allocation import keep_freed_memory
from gnnpool.training.averaging import MovingAverage, smooth
from gnnpool.training.batches import Batch, DeviceGraphs, cut
from gnnpool.training.checkpoint import Checkpoints
from gnnpool.training.engine import make_forward
from gnnpool.training.metrics import mae
from gnnpool.training.schedule import Schedule
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
    averaged: bool = True,
) -> Progress:
    """Train a network and keep the weights that each reading chooses.

    The raw reading takes the epoch with the lowest validation error. The averaged one takes the moving
    average of the weights, which does not change the training.

    Args:
        network: On the device of the graphs; left with the weights of the last epoch.
        graphs: All graphs.
        parts: Indices of the graphs of "train" and "val".
        settings: How to train.
        order_seed: For the order of the training graphs in each epoch.
        engine: "eager" or "compiled".
        checkpoints: From which the training resumes, and where it is saved.
        clock: Time spent; that of earlier attempts is added.
        averaged: Whether there is an averaged reading; False only in benchmarks that measure its cost.

    Returns:
        History and chosen weights.

    Raises:
        DivergedError: If the loss of a batch or a validation error is not finite.
        InterruptedTraining: If a signal asked to stop; the training is saved.
    """
    average = None
    if averaged:
        steps = len(cut(parts["train"], settings.batch_size))
        time_constant = settings.averaging.time_constant
        average = MovingAverage(network, time_constant=time_constant, steps_per_epoch=steps)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    state = TrainingState(
        network,
        average,
        optimizer,
        schedule=Schedule(optimizer, settings),
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
    """Train for one epoch, validate, and add the results to the progress."""
    started = time.perf_counter()
    progress, epoch = state.progress, state.progress.epoch + 1
    learning_rate = state.optimizer.param_groups[0]["lr"]
    order = train[torch.randperm(len(train), generator=state.generator).numpy()]
    train_mae = _pass_over(forward, state, graphs, cut(order, settings.batch_size), settings, checkpoints)
    errors = {"train_mae": train_mae, "val_mae": _validate(state.network, validation, epoch)}
    state.schedule.step(errors)
    progress.choices["raw"].consider(epoch, errors["val_mae"], state.network)
    if state.average:
        errors["averaged_val_mae"] = _read_average(state, validation, epoch, settings)
    progress.epoch = epoch
    seconds = time.perf_counter() - started
    progress.history.append({"epoch": epoch, **errors, "learning_rate": learning_rate, "seconds": seconds})
    written = " ".join(f"{name} {error:.6g}" for name, error in errors.items())
    logger.info("epoch %d %s lr %.3g", epoch, written, learning_rate)


def _read_average(state: TrainingState, validation: list[Batch], epoch: int, settings: Training) -> float:
    """Let the averaged reading consider the epoch; return its validation error, target unit."""
    average, averaging, device = state.average, settings.averaging, validation[0][1].device
    average.copy_counters()  # type: ignore[union-attr]
    # A module that draws random numbers in evaluation mode must not change the training.
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        error = _validate(average.network, validation, epoch, what="averaged weights")  # type: ignore[union-attr]
    before = [entry["averaged_val_mae"] for entry in state.progress.history]
    if averaging.select == "best" or epoch == settings.epochs:
        criterion = smooth([*before, error], averaging.smoothing) if averaging.select == "best" else error
        state.progress.choices["averaged"].consider(epoch, criterion, average.network)  # type: ignore[union-attr]
    return error


def _validate(network: Network, validation: list[Batch], epoch: int, *, what: str = "weights") -> float:
    """Mean absolute error of the validation structures, target unit."""
    error = mae(*predict(network, validation))
    if not math.isfinite(error):
        raise DivergedError(
            f"epoch {epoch}: the validation error of the {what} is {error}, expected a finite number"
        )
    return error


def _pass_over(
    forward: Callable[[GraphBatch], Prediction],
    state: TrainingState,
    graphs: DeviceGraphs,
    batches: list[np.ndarray],
    settings: Training,
    checkpoints: Checkpoints,
) -> float:
    """Train on each batch once; return the mean absolute error of these steps, target unit."""
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
        if state.average:
            state.average.update()
    # The only wait for the device in an epoch.
    error, loss = torch.stack(errors, dim=1).double().cpu().numpy()
    if not np.isfinite(loss).all():
        first = int(np.flatnonzero(~np.isfinite(loss))[0])
        raise DivergedError(
            f"epoch {state.progress.epoch + 1}, batch {first + 1} of {len(batches)}: the training loss is "
            f"{loss[first]}, expected a finite number; lower training.learning_rate "
            f"(now {optimizer.param_groups[0]['lr']:g})"
        )
    return float(np.average(error, weights=[len(index) for index in batches]))
