"""Both engines compute the same: gradients of a step, and predictions after a short training.

The encoders of the configuration, narrow and of few layers, with every pooling and both edge schemes.
Compiled code serves all of them: a pooling, an edge scheme or another batch compiles nothing anew.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from gnnpool import plugins
from gnnpool.config import read_config
from gnnpool.network import build_network
from gnnpool.training.engine import make_forward
from gnnpool.training.step import accumulate_gradients

FOLDER = Path(__file__).parents[2] / "config"
CONFIG = yaml.safe_load((FOLDER / "config.yaml").read_text())
MODELS = read_config([FOLDER / "config.yaml", FOLDER / "principle.yaml"])["models"]
POOLINGS = dict.fromkeys(plugins.names("gnnpool.pooling")) | CONFIG["poolings"]
ENCODERS = {model["encoder"]: model["options"] for model in MODELS.values()}
SMALL = {"channels": 20, "heads": 4, "pre_layers": 1, "layers": 2, "radial": 8}
CUTOFF = 5.0
# Of the gradient of all parameters as one vector, relative to its length. Entry by entry, float32 says
# nothing of sums that cancel but for rounding, as that of a bias before a normalisation does: there both
# engines are as far from float64 as from each other. In float64 each parameter is held to it by itself.
GRADIENT = 1e-4
GRADIENTS = 1e-9
# Of predictions after training in float32, relative to their spread.
PREDICTIONS = 1e-2
# The lowest spread that counts. After ten epochs without edges it is 3e-4, and rounding alone is 7 % of that.
SPREAD = {"no_edges": 1e-2}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("g++"), reason="needs a compiler"),
    pytest.mark.parametrize("scheme", ["mdl", "ocp"]),
    pytest.mark.parametrize("encoder", plugins.names("gnnpool.models")),
]


@pytest.fixture(scope="session")
def batches(crystals, graphs_of):
    """Two batches of rattled crystals under an edge scheme, with targets. No two atoms are alike."""
    rattled = [crystal.rattled() for crystal in crystals.values()]

    def make(scheme, dtype):
        made = []
        for chosen in (rattled[:4], rattled[2:]):
            graphs = graphs_of(chosen, scheme, CUTOFF)
            vectors = graphs.edge_vector.to(dtype)
            graphs = replace(graphs, shell_length=graphs.shell_length.to(dtype), edge_vector=vectors)
            made.append((graphs, torch.linspace(-1, 2, len(chosen), dtype=dtype)))
        return made

    return make


def build(encoder, pooling, dtype):
    torch.manual_seed(3)
    options = {key: SMALL.get(key, value) for key, value in ENCODERS[encoder].items()}
    head = {"layers": 2, "channels": 20, "activation": "silu"}
    network = build_network(
        model={"encoder": encoder, "options": options, "head": head},
        pooling=pooling,
        pooling_entry=POOLINGS[pooling],
        cutoff=CUTOFF,
    )
    return network.to(dtype).train()


def gradients(network, forward, batch):
    network.zero_grad(set_to_none=True)
    accumulate_gradients(forward, [batch], size=len(batch[1]))
    return {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}


def of_one_vector(found, expected):
    """Length of the difference of two gradients, relative to that of the second."""
    assert found.keys() == expected.keys()
    difference = torch.cat([(found[name] - gradient).flatten() for name, gradient in expected.items()])
    return float(difference.norm() / torch.cat([gradient.flatten() for gradient in expected.values()]).norm())


def of_each_parameter(found, expected):
    """Largest difference of any entry, relative to the largest of its parameter.

    Parameters whose gradient is zero but for rounding count as a thousandth of the largest.
    """
    assert found.keys() == expected.keys()
    least = 1e-3 * max(float(gradient.abs().max()) for gradient in expected.values())
    return max(
        float((found[name] - gradient).abs().max()) / max(float(gradient.abs().max()), least)
        for name, gradient in expected.items()
    )


@pytest.mark.parametrize(
    ("dtype", "deviation", "tolerance"),
    [(torch.float32, of_one_vector, GRADIENT), (torch.float64, of_each_parameter, GRADIENTS)],
    ids=["float32", "float64"],
)
def test_gradients_of_a_step_agree_for_every_pooling(encoder, scheme, dtype, deviation, tolerance, batches):
    for pooling in POOLINGS:
        network = build(encoder, pooling, dtype)
        first, second = batches(scheme, dtype)
        forward = make_forward(network, "compiled", sample=first[0])
        for batch in (first, second):
            found = deviation(gradients(network, forward, batch), gradients(network, network, batch))
            assert found <= tolerance, f"{pooling}: gradients differ by {found:.1g}"


def test_predictions_after_a_short_training_agree_for_every_pooling(encoder, scheme, batches):
    made = batches(scheme, torch.float32)
    for pooling in POOLINGS:
        eager, compiled = (trained(encoder, pooling, made, engine) for engine in ("eager", "compiled"))
        found = float((compiled - eager).abs().max() / eager.std().clamp(min=SPREAD.get(encoder, 0.0)))
        assert found <= PREDICTIONS, f"{pooling}: predictions differ by {found:.1g} of their spread"


def trained(encoder, pooling, made, engine):
    """Predictions for the second batch after ten epochs on both."""
    network = build(encoder, pooling, torch.float32)
    forward = make_forward(network, engine, sample=made[0][0])
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    for _ in range(10):
        for batch in made:
            optimizer.zero_grad(set_to_none=True)
            accumulate_gradients(forward, [batch], size=len(batch[1]))
            torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
            optimizer.step()
    with torch.inference_mode():
        return network.eval()(made[1][0]).value
