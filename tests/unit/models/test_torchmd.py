import math

import numpy as np
import pytest
import torch

from gnnpool.errors import ConfigError
from gnnpool.heads import build_head
from gnnpool.models.torchmd import TorchMD

OPTIONS = {"channels": 12, "pre_layers": 3, "layers": 3, "heads": 3, "radial": 7}
CUTOFF = 5.9  # reaches the face diagonals, where the cutoff function is nearly zero

# Positions and lattice of a distorted CsCl cell, Å; no two images are equally far.
POSITIONS = np.array([[0.0, 0.1, 0.0], [2.0, 2.2, 1.9]])
LATTICE = np.array([[4.12, 0.0, 0.0], [0.1, 4.2, 0.0], [0.0, 0.3, 4.05]])


def graph(scheme):
    """Species, source, target, length and vector; the last node is an atom without neighbors."""
    translations = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3), axis=-1).reshape(-1, 3)
    rows = []
    for i in range(2):
        for j in range(2):
            vectors = POSITIONS[j] + translations @ LATTICE - POSITIONS[i]
            inside = [v for v in vectors if 0 < np.linalg.norm(v) <= CUTOFF]
            if scheme == "mdl":
                inside = [min(inside, key=np.linalg.norm)] if i != j else []
            rows += [(j, i, v) for v in inside]
    source, target, vector = (np.array(column) for column in zip(*rows, strict=True))
    length = np.linalg.norm(vector, axis=1)
    return tuple(torch.from_numpy(a) for a in (np.array([54, 16, 53]), source, target, length, vector))


def embed(network, species, source, target, length, vector):
    """Embeddings; each edge is a shell of its own."""
    return network.embed(species, source, target, torch.arange(len(source)), length, vector)


def model(**changes):
    """A network in float64 whose parameters are all off their starting values."""
    torch.manual_seed(0)
    network = TorchMD(cutoff=CUTOFF, **OPTIONS | changes).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network


def silu(x):
    return x / (1 + np.exp(-x))


def layer_norm(x, weight, bias):
    return (x - x.mean()) / np.sqrt(x.var() + 1e-5) * weight + bias


def embed_by_the_equations(weights, graph, *, channels, pre_layers, layers, heads, **_):
    """The published network, one node, edge and head at a time, nothing left out."""
    w = {name: value.numpy() for name, value in weights.items()}
    species, source, target, length, vector = (a.numpy() for a in graph)
    nodes, edges, width = range(len(species)), range(len(source)), channels // heads

    def linear(name, x):
        return w[f"{name}.weight"] @ x + w.get(f"{name}.bias", 0)

    envelope = [0.5 * (math.cos(math.pi * d / CUTOFF) + 1) for d in length]
    means, betas = w["radial.means"], w["radial.betas"]
    radial = [envelope[e] * np.exp(-betas * (math.exp(-5 / CUTOFF * length[e]) - means) ** 2) for e in edges]
    x = []
    for i in nodes:
        h = np.eye(100)[species[i]]
        for k in range(pre_layers):
            h = silu(linear(f"pre.{k}", h))
        x.append(h)
    around = [np.zeros(channels) for _ in nodes]
    for e in edges:
        if source[e] != target[e]:
            neighbor = w["neighborhood.species.weight"][species[source[e]]]
            around[target[e]] += neighbor * linear("neighborhood.filter", radial[e]) * envelope[e]
    x = [linear("neighborhood.combine", np.concatenate([x[i], around[i]])) for i in nodes]

    v = [np.zeros((3, channels)) for _ in nodes]
    for k in range(layers):
        layer = f"attention.{k}"
        h = [layer_norm(x[i], w[f"{layer}.norm.weight"], w[f"{layer}.norm.bias"]) for i in nodes]
        y = [np.zeros(channels) for _ in nodes]
        u = [np.zeros((3, channels)) for _ in nodes]
        for e in edges:
            i, j = target[e], source[e]
            query, key = linear(f"{layer}.query", h[i]), linear(f"{layer}.key", h[j])
            key_strength = silu(linear(f"{layer}.key_filter", radial[e]))
            value = linear(f"{layer}.value", h[j]) * silu(linear(f"{layer}.value_filter", radial[e]))
            scalar, push, transport = value.reshape(3, channels)
            for head in range(heads):
                own = slice(head * width, (head + 1) * width)
                attention = silu(np.sum(query[own] * key[own] * key_strength[own])) * envelope[e]
                y[i][own] += attention * scalar[own]
            u[i] += v[j] * transport + np.outer(vector[e] / length[e], push)
        for i in nodes:
            o, m, g = linear(f"{layer}.update", y[i]).reshape(3, channels)
            a, b, c = (v[i] @ block.T for block in w[f"{layer}.mix.weight"].reshape(3, channels, channels))
            x[i] = x[i] + o + m * np.sum(a * b, axis=0)
            v[i] = v[i] + u[i] + g * c
    return np.stack([layer_norm(h, w["norm.weight"], w["norm.bias"]) for h in x])


@pytest.mark.parametrize("scheme", ["mdl", "ocp"])
@pytest.mark.parametrize("layers", [1, 2, 4])
def test_embeddings_agree_with_the_equations_edge_by_edge(scheme, layers):
    options = OPTIONS | {"layers": layers}
    network = model(**options)
    found = embed(network, *graph(scheme)).detach().numpy()
    expected = embed_by_the_equations(network.state_dict(), graph(scheme), **options)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_the_example_has_parallel_edges_own_images_and_a_lone_atom():
    species, source, target, *_ = graph("ocp")
    assert (source == target).sum() > 2
    assert ((source == 0) & (target == 1)).sum() > 2
    assert target.max() < len(species) - 1
    assert len(graph("mdl")[1]) == 2


def test_vectors_turn_with_the_crystal_and_enter_the_embedding():
    species, source, target, length, vector = graph("ocp")
    network = model()
    # Every direction the same: lengths and edges stay, angles do not.
    aligned = torch.zeros_like(vector)
    aligned[:, 0] = length
    change = embed(network, species, source, target, length, aligned) - embed(network, *graph("ocp"))
    assert change[:2].abs().max() > 1e-3
    assert change[2].abs().max() == 0


def test_own_images_are_no_neighbors_in_the_neighbor_embedding_alone():
    network = model()
    species = torch.tensor([28])
    own = torch.zeros(6, dtype=torch.int64)
    vector = 3.0 * torch.cat([torch.eye(3), -torch.eye(3)]).double()
    none = own[:0], own[:0], vector[:0, 0], vector[:0]
    with_images = (species, own, own, vector.norm(dim=1), vector)
    assert not torch.allclose(embed(network, *with_images), embed(network, species, *none))
    no_layers = model(layers=0)
    assert torch.equal(embed(no_layers, *with_images), embed(no_layers, species, *none))


def test_the_tables_of_species_have_one_hundred_elements():
    network = model()
    last = torch.tensor([99])
    none = last[:0], last[:0], torch.zeros(0).double(), torch.zeros(0, 3).double()
    assert embed(network, last, *none).isfinite().all()
    with pytest.raises(IndexError):
        embed(network, last + 1, *none)


def test_radial_functions_start_as_published():
    radial = TorchMD(cutoff=8.0, **OPTIONS | {"radial": 50}).radial
    assert radial.means[0].item() == pytest.approx(math.exp(-8))
    assert radial.means[-1].item() == 1
    assert radial.betas.tolist() == pytest.approx([625.4] * 50, abs=0.05)
    # The function whose mean is exp(-5 d / r) is one there.
    length = -8 / 5 * radial.means.log()[25:, None]
    torch.testing.assert_close(radial(length)[:, 25:].diagonal(), torch.ones(25), atol=1e-5, rtol=0)


def test_attention_layers_start_with_xavier_weights_and_zero_biases():
    network = TorchMD(cutoff=8.0, **OPTIONS | {"channels": 96})
    linears = {n: m for n, m in network.named_modules() if isinstance(m, torch.nn.Linear) and "pre" not in n}
    assert len(linears) == 2 + 7 * OPTIONS["layers"]
    for linear in linears.values():
        bound = math.sqrt(6 / (linear.in_features + linear.out_features))
        assert 0.95 * bound < linear.weight.abs().max().item() <= bound
        assert linear.bias is None or not linear.bias.any()


def test_the_number_of_parameters_follows_from_the_published_network():
    wide = {"channels": 256, "pre_layers": 3, "layers": 4, "heads": 8, "radial": 50}
    encoder = TorchMD(cutoff=8.0, **wide)
    head = build_head({"layers": 3, "channels": 64, "activation": "silu"}, {}, pooled=256, operator=256)
    h, k = 256, 50
    pre = (100 * h + h) + 2 * (h * h + h)
    neighborhood = 100 * h + (k * h + h) + (2 * h * h + h)
    layer = 2 * h + 2 * (h * h + h) + 2 * (3 * h * h + 3 * h) + 3 * h * h + 4 * (k * h + h)
    after = (h * 64 + 64) + 2 * (64 * 64 + 64) + (64 + 1)
    expected = pre + 2 * k + neighborhood + 4 * layer + 2 * h + after
    found = sum(p.numel() for part in (encoder, head) for p in part.parameters())
    assert found == expected == 3_455_589
    # With an embedding of the species before the linear layers, these have h inputs instead of 100.
    assert expected + h * h == 3_521_125


def test_heads_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(ConfigError, match="100 channels, found 8"):
        TorchMD(cutoff=8.0, **OPTIONS | {"channels": 100, "heads": 8})
