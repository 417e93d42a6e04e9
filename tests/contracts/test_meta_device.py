"""Every network takes a training step on torch's `meta` device, which has shapes and no numbers.

There, an operation on tensors of two devices fails, and so does whatever needs a number on the host: `item`,
`tolist`, a mask as an index, a branch on a value. On a GPU, the first would fail or copy in every step, and
the second would wait for the device.
"""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gnnpool import plugins
from gnnpool.network import build_network
from gnnpool.training.averaging import MovingAverage
from gnnpool.training.step import accumulate_gradients

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config/config.yaml").read_text())
ENCODERS = {model["encoder"]: model for model in CONFIG["models"].values()}
POOLINGS = dict.fromkeys(plugins.names("gnnpool.pooling")) | CONFIG["poolings"]
SMALL = {"channels": 16, "pre_layers": 1, "layers": 1, "heads": 4, "radial": 8, "gaussians": 8}
META = torch.device("meta")
# The number of elements in each crystal determines the size of a tensor: each step waits once for the device.
WAITS = {"fraction_attention": "_unique2"}


class OnMeta(TorchDispatchMode):
    """Refuses operations that touch a tensor of another device."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves((args, kwargs, result)):
            if isinstance(leaf, torch.Tensor) and leaf.device != META:
                raise AssertionError(f"{func}: tensor of shape {tuple(leaf.shape)} on {leaf.device}")
        return result


@pytest.fixture
def batch(crystal_batches):
    """All crystals under an edge scheme in float32, and their targets."""
    tensors = {name: x.to(META) for name, x in vars(crystal_batches).items() if isinstance(x, torch.Tensor)}
    single = {name: x.float() if x.is_floating_point() else x for name, x in tensors.items()}
    graphs = replace(crystal_batches, **single)
    return graphs, torch.empty(graphs.num_graphs, device=META)


@pytest.fixture
def step(batch):
    """A function that takes a training step of an encoder with a pooling."""

    def take(encoder, pooling):
        model = ENCODERS[encoder]
        options = {key: SMALL.get(key, value) for key, value in model["options"].items()}
        entry = {**model, "options": options, "head": {**model["head"], "channels": 16}}
        network = build_network(model=entry, pooling=pooling, pooling_entry=POOLINGS[pooling], cutoff=5.0)
        network.to(META).train()
        average = MovingAverage(network, time_constant=5.0, steps_per_epoch=2)
        # `meta` lacks the fused step that a training takes.
        optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
        with OnMeta():
            errors = accumulate_gradients(network, [batch], size=len(batch[1]))
            torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
            average.update()
        optimizer.step()
        return errors

    return take


@pytest.mark.parametrize("pooling", sorted(POOLINGS.keys() - WAITS))
@pytest.mark.parametrize("encoder", sorted(ENCODERS))
def test_a_training_step_stays_on_its_device_and_needs_no_number_from_it(encoder, pooling, step):
    assert step(encoder, pooling).shape == (2,)


@pytest.mark.parametrize("pooling", WAITS)
def test_poolings_that_wait_for_the_device_are_known(pooling, step):
    with pytest.raises(NotImplementedError, match=WAITS[pooling]):
        step("cgcnn", pooling)


@pytest.mark.parametrize("slip", [lambda x: x[torch.tensor([0])], lambda x: x[:1].cpu(), lambda x: x[x > 0]])
def test_a_tensor_of_another_device_and_a_number_on_the_host_are_noticed(slip):
    with pytest.raises((AssertionError, NotImplementedError)), OnMeta():
        slip(torch.ones(3, device=META))
