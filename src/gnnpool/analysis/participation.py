"""How many of a crystal's atoms take part in a prediction."""

import numpy as np


def participation(contributions: np.ndarray, *, resolution: float) -> float:
    r"""Share of the atoms that take part: 1 if all contribute alike, 1/N if one of N does alone.

    .. math:: p = \frac{\big(\sum_i |c_i|\big)^2}{N \sum_i c_i^2}

    Args:
        contributions: One for each atom, in any unit, ``[N]``.
        resolution: In the same unit; contributions none of which is larger count as none.

    Returns:
        p; missing for fewer than two atoms, if a contribution is missing, or if all are below the
        resolution.

    Source:
        The participation ratio of Bell and Dean, Discuss. Faraday Soc. 50, 55 (1970), of absolute
        contributions instead of squared amplitudes.
    """
    size = np.abs(np.asarray(contributions, dtype=float))
    if len(size) < 2 or not np.isfinite(size).all() or size.max() <= resolution:
        return np.nan
    size = size / size.max()
    return float(size.sum() ** 2 / (len(size) * np.square(size).sum()))
