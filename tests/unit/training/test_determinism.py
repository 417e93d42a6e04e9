import warnings

import pytest
import torch

from gnnpool.training.determinism import noted_operations
from gnnpool.training.seeding import prepare_torch


def test_operations_without_a_deterministic_form_are_named_once():
    warning = (
        "{} does not have a deterministic implementation, but you set 'torch.use_deterministic_algorithms'"
    )
    with noted_operations() as names:
        for name in ("cumsum_cuda_kernel", "put_", "put_"):
            warnings.warn(warning.format(name))
    assert names == {"cumsum_cuda_kernel", "put_"}


def test_other_warnings_are_shown_as_usual():
    with pytest.warns(UserWarning, match="something else"), noted_operations() as names:
        warnings.warn("something else")
    assert not names


@pytest.mark.parametrize("tf32", [True, False])
def test_a_gpu_rounds_factors_only_if_it_is_asked_to(monkeypatch, tf32):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "use_deterministic_algorithms", lambda *_, **__: None)
    before = torch.backends.cuda.matmul.fp32_precision
    try:
        prepare_torch(init_seed=0, threads=1, deterministic=True, tf32=tf32)
        assert torch.backends.cuda.matmul.fp32_precision == ("tf32" if tf32 else "ieee")
    finally:
        torch.backends.cuda.matmul.fp32_precision = before
