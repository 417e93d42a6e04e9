"""Errors in the unit of the target."""

import numpy as np


def mae(target: np.ndarray, prediction: np.ndarray) -> float:
    """Mean absolute error, in the unit of the target."""
    return float(np.abs(prediction - target).mean())


def rmse(target: np.ndarray, prediction: np.ndarray) -> float:
    """Root of the mean squared error, in the unit of the target."""
    return float(np.sqrt(np.square(prediction - target).mean()))
