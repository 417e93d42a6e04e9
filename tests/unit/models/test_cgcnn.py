import pytest
import torch

from gnnpool.graphs.features import FoldedGaussians
from gnnpool.models.cgcnn import CGCNN
from gnnpool.network import build_network

OPTIONS = {"channels": 8, "pre_layers": 3, "layers": 2, "gaussians": 50, "gaussian_width": 0.2}


@pytest.fixture
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def gaussians(length, cutoff=8.0):
    centers = torch.linspace(0, 1, 50, dtype=length.dtype)
    return torch.exp(-0.5 * ((length[:, None] / cutoff - centers) / 0.2) ** 2)


def test_folded_gaussians_span_the_gaussians_on_the_whole_range():
    basis = FoldedGaussians(50, width=0.2, cutoff=8.0)
    length = torch.linspace(0, 8, 999)
    spanned = basis(length) @ basis.fold(torch.eye(50))
    assert basis.degrees.numel() < 25
    torch.testing.assert_close(spanned, gaussians(length), atol=1e-6, rtol=0)


def test_gaussians_too_narrow_to_be_folded_are_refused():
    with pytest.raises(ValueError, match="too narrow"):
        FoldedGaussians(10, width=0.001, cutoff=8.0)


def test_a_convolution_equals_the_one_of_torch_geometric(double):
    from torch_geometric.nn import CGConv

    torch.manual_seed(0)
    model = CGCNN(cutoff=8.0, **OPTIONS)
    n, e = 12, 90
    source = torch.randint(n - 1, (e,))  # the last node has no edge
    target = torch.randint(n - 1, (e,)).sort().values
    length, x = torch.rand(e) * 8, torch.randn(n, 8, requires_grad=True)

    reference = CGConv(8, 50, aggr="mean")
    gates = model.convolutions[0].gates
    with torch.no_grad():
        for rows, linear in ((slice(0, 8), reference.lin_f), (slice(8, 16), reference.lin_s)):
            linear.weight.copy_(gates.weight[rows])
            linear.bias.copy_(gates.bias[rows])
    expected = reference(x, torch.stack([source, target]), gaussians(length))
    (expected_grad,) = torch.autograd.grad(expected.square().sum(), x)

    share = torch.bincount(target, minlength=n).clamp(min=1).reciprocal()[:, None]
    shell = torch.arange(e)
    found = model.convolutions[0](x, source, target, shell, model.basis(length), model.basis.fold, share)
    (found_grad,) = torch.autograd.grad(found.square().sum(), x)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(found_grad, expected_grad, atol=1e-5, rtol=1e-5)


def test_the_species_lookup_equals_a_linear_layer_on_one_hot_vectors():
    torch.manual_seed(0)
    model = CGCNN(cutoff=8.0, **{**OPTIONS, "layers": 0})
    species = torch.tensor([0, 7, 99])
    none = torch.zeros(0, dtype=torch.int64)
    found = model.embed(species, none, none, none, torch.zeros(0), None)
    expected = torch.nn.functional.one_hot(species, 100).float()
    for layer in model.pre:
        expected = torch.relu(layer(expected))
    torch.testing.assert_close(found, expected)


def test_the_widths_of_the_framework_give_its_number_of_parameters():
    model = {
        "encoder": "cgcnn",
        "options": {**OPTIONS, "channels": 100, "layers": 4},
        "head": {"layers": 3, "channels": 150, "activation": "relu"},
    }
    network = build_network(model=model, pooling="mean", pooling_entry=None, cutoff=8.0)
    assert sum(p.numel() for p in network.parameters()) == 292_501
