"""All randomness of a trial from one integer."""

import hashlib

import torch

from gnnpool.records import Trial


def derive_seed(trial: Trial, purpose: str) -> int:
    """Make an independent seed for one purpose out of the trial's seed and initialisation.

    Args:
        trial: Trials that agree in both get the same.
        purpose: Use of the random numbers, such as "initialisation".

    Returns:
        An integer in [0, 2^63).
    """
    again = f"/{trial.init}" if trial.init else ""
    digest = hashlib.sha256(f"{purpose}/{trial.seed}{again}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def prepare_torch(*, init_seed: int, threads: int, deterministic: bool, tf32: bool = False) -> None:
    """Seed torch and fix the settings that change bits or speed between runs.

    Args:
        init_seed: For torch's global generators, from which weights are drawn.
        threads: Threads of one operation. Results depend on it in the last bits.
        deterministic: Whether a GPU must give the same bits each time. A CPU with a fixed number of threads
            always does, so its faster operations stay available.
        tf32: Whether a GPU rounds the factors of matrix products to ten bits of mantissa.
    """
    torch.manual_seed(init_seed)
    torch.set_num_threads(threads)
    # Dead units leave denormal numbers in Adam's averages, which make a CPU many times slower.
    torch.set_flush_denormal(True)
    if torch.cuda.is_available():
        torch.use_deterministic_algorithms(deterministic, warn_only=True)
        torch.backends.cuda.matmul.fp32_precision = "tf32" if tf32 else "ieee"
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
