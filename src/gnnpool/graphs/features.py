"""Edge lengths as features: Gaussians, folded into few polynomials."""

import numpy as np
import torch
from numpy.polynomial import chebyshev
from torch import Tensor, nn


class FoldedGaussians(nn.Module):
    r"""Gaussians of the edge length, for layers that are linear in them.

    .. math:: g_k(d) = \exp\left(-\tfrac{1}{2} \left(\frac{d/r - c_k}{w}\right)^2\right),
              \quad c_k = \tfrac{k}{K-1}

    Wide Gaussians overlap so much that a few Chebyshev polynomials of the length span them to
    float32 accuracy: g(d) = C T(d). A linear layer W g(d) is therefore (W C) T(d), where W C is a
    small product made once and T has far fewer columns than g. W stays the trained weight.

    Args:
        count: Number K of Gaussians.
        width: w, in units of the cutoff.
        cutoff: r, Å.
        tolerance: Largest error of any Gaussian on [0, r]; too narrow Gaussians are refused.

    Raises:
        ValueError: If no polynomial of degree below 4 K reaches the tolerance.

    Source:
        The Gaussian expansion is that of MatDeepLearn's CGCNN; the folding is ours.
    """

    def __init__(self, count: int, *, width: float, cutoff: float, tolerance: float = 1e-7) -> None:
        super().__init__()
        self.cutoff = cutoff
        centers = np.linspace(0.0, 1.0, count)

        def gaussians(t: np.ndarray) -> np.ndarray:  # t in [-1, 1] -> [T, K]
            return np.exp(-0.5 * (((t[:, None] + 1) / 2 - centers) / width) ** 2)

        probe = np.linspace(-1.0, 1.0, 4001)
        for terms in range(2, 4 * count):
            nodes = chebyshev.chebpts1(terms)
            coefficients = np.linalg.solve(chebyshev.chebvander(nodes, terms - 1), gaussians(nodes)).T
            error = np.abs(chebyshev.chebvander(probe, terms - 1) @ coefficients.T - gaussians(probe)).max()
            if error <= tolerance:
                break
        else:
            raise ValueError(
                f"gaussian_width: {count} Gaussians of width {width} are too narrow to be folded"
            )
        self.register_buffer(
            "coefficients", torch.tensor(coefficients, dtype=torch.get_default_dtype()), False
        )
        self.register_buffer("degrees", torch.arange(terms, dtype=torch.get_default_dtype()), False)

    def forward(self, length: Tensor) -> Tensor:
        """Chebyshev polynomials of the lengths.

        Args:
            length: Å, ``[E]``.

        Returns:
            ``[E, T]``.
        """
        angle = torch.arccos((2 * length / self.cutoff - 1).clamp(-1, 1))
        return torch.cos(angle.unsqueeze(1) * self.degrees)  # type: ignore[operator]

    def fold(self, weight: Tensor) -> Tensor:
        """Turn a weight on the Gaussians ``[O, K]`` into one on the polynomials, transposed, ``[T, O]``.

        In this layout the gradient of the weight, a sum over all edges, is computed fastest.
        """
        return self.coefficients.t() @ weight.t()  # type: ignore[operator]
