"""Errors in the unit of the target."""

import numpy as np


def mae(target: np.ndarray, prediction: np.ndarray) -> float:
    r"""Mean absolute error, :math:`\frac{1}{S} \sum_i |\hat y_i - y_i|`, in the unit of the target.

    Args:
        target: y, ``[S]``.
        prediction: :math:`\hat y`, ``[S]``.
    """
    return float(np.abs(prediction - target).mean())


def rmse(target: np.ndarray, prediction: np.ndarray) -> float:
    r"""Root of the mean squared error, :math:`\sqrt{\frac{1}{S} \sum_i (\hat y_i - y_i)^2}`, target unit.

    Args:
        target: y, ``[S]``.
        prediction: :math:`\hat y`, ``[S]``.
    """
    return float(np.sqrt(np.square(prediction - target).mean()))
