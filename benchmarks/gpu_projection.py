"""From measured steps to the hours of the paper's whole grid."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from crystals import config
from gpu_packing import Packing
from protocol import OURS, Claim, Results

from gnnpool.records import Trial
from gnnpool.training.batches import cut
from gnnpool.trials import plan_trials

AIM = 4  # hours on one GPU


@dataclass(frozen=True)
class Cost:
    """Wall seconds of one training step, and of predicting for one graph."""

    step: float
    prediction: float


def project(
    costs: Mapping[tuple[str, str, str], Cost],
    extras: Mapping[str, float],
    packing: Packing,
    results: Results,
) -> None:
    """Add the hours of all trials, one after the other and packed.

    A dataset of which no graphs were measured costs what the dearest measured one does in its setting.

    Args:
        costs: By (dataset, model, edges), with mean pooling.
        extras: Seconds that a pooling adds to a step, by pooling.
        packing: What trainings at once achieve, and what starting costs.
        results: Gets the hours.
    """
    trials = plan_trials(config()["blocks"], config()["seeds"])
    measured = sorted({dataset for dataset, *_ in costs})
    note = f"{len(trials)} trials; graphs of {', '.join(measured)}; other datasets cost the dearest of these"
    hours = {"one after the other": 0.0, f"up to {packing.processes} at once": 0.0}
    settings: dict[tuple[str, str], float] = {}
    for trial in trials:
        setting = (trial.model, trial.edges)
        training = seconds_of(trial, costs, extras)
        alone = packing.start + training
        packed = packing.starts / max(packing.processes - 1, 1) + training / packing.gain(setting)
        settings[setting] = settings.get(setting, 0.0) + alone / 3600
        for name, seconds in zip(hours, (alone, packed), strict=True):
            hours[name] += seconds / 3600
    for (name, total), limit in zip(hours.items(), (None, AIM), strict=True):
        claim = Claim("GPU: the paper's grid", name, "", at_most=limit, quantity="projected time", note=note)
        results.add(claim, {OURS: [total]})
    for setting, total in settings.items():
        claim = Claim("GPU: the paper's grid, in part", ", ".join(setting), "", quantity="projected time")
        results.add(claim, {OURS: [total]})


def seconds_of(
    trial: Trial, costs: Mapping[tuple[str, str, str], Cost], extras: Mapping[str, float]
) -> float:
    """Seconds of training and validation of a trial, without its start."""
    training, shares = config()["training"], config()["split"]
    structures = config()["datasets"][trial.dataset]["structures"]
    steps = len(cut(np.arange(round(shares["train"] * structures)), training["batch_size"]))
    cost = cost_of(trial, costs)
    epoch = steps * (cost.step + extras[trial.pooling])
    return training["epochs"] * (epoch + shares["val"] * structures * cost.prediction)


def cost_of(trial: Trial, costs: Mapping[tuple[str, str, str], Cost]) -> Cost:
    """The cost measured on the trial's dataset, else the highest in its setting."""
    in_setting = {key[0]: cost for key, cost in costs.items() if key[1:] == (trial.model, trial.edges)}
    return in_setting.get(trial.dataset) or max(in_setting.values(), key=lambda cost: cost.step)
