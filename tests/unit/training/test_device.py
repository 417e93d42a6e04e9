from collections import Counter

import pytest
import torch

from gnnpool.errors import ConfigError
from gnnpool.records import Trial
from gnnpool.training.prepare import choose_device

TRIALS = [Trial.parse(f"salts/cgcnn/mdl/mean/seed-{seed}") for seed in range(100)]


@pytest.fixture
def four_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)


def test_trials_spread_over_all_gpus_and_each_keeps_its_own(four_gpus):
    devices = [choose_device("auto", trial) for trial in TRIALS]
    used = Counter(device.index for device in devices)
    assert set(used) == {0, 1, 2, 3}
    assert min(used.values()) > 10
    assert devices == [choose_device("cuda", trial) for trial in TRIALS]


def test_a_cpu_that_is_asked_for_is_taken_beside_gpus(four_gpus):
    assert choose_device("cpu", TRIALS[0]) == torch.device("cpu")


def test_without_a_gpu_auto_is_the_cpu_and_cuda_an_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto", TRIALS[0]) == torch.device("cpu")
    with pytest.raises(ConfigError, match="'cuda' is configured, but torch finds no usable CUDA device"):
        choose_device("cuda", TRIALS[0])
