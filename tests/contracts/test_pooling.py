"""Laws of every operator, found by the listing of their folder, and of every pooling of the configuration."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import gnnpool.pooling
from gnnpool import plugins
from gnnpool.errors import DataError
from gnnpool.graphs.file import GraphSet
from gnnpool.pooling.base import Pooling
from gnnpool.pooling.build import build_pooling
from gnnpool.training.batches import DeviceGraphs

OPERATORS = plugins.names("gnnpool.pooling")
CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config/config.yaml").read_text())
ENTRIES = dict.fromkeys(OPERATORS) | CONFIG["poolings"]
CHANNELS = 20
FEW = settings(max_examples=10, deadline=None, derandomize=True, database=None)
TOLERANCE = {"rtol": 1e-10, "atol": 1e-10}  # in float64, of vectors of order one to ten

each_pooling = pytest.mark.parametrize("name", sorted(ENTRIES))
each_operator = pytest.mark.parametrize("name", OPERATORS)
each_scheme = pytest.mark.parametrize("scheme", ["mdl", "ocp"])


@pytest.fixture(scope="session")
def cells(crystals):
    """The crystals, and a cell of twelve atoms."""
    return crystals | {"doubled rutile": crystals["rutile"].doubled()}


def build(name, *, dtype=torch.float64, seed=0):
    torch.manual_seed(seed)
    return build_pooling(name, ENTRIES[name], CHANNELS).to(dtype)


def nodes(count, *, seed, dtype=torch.float64):
    """Made up node embeddings; a crystal has the same ones wherever it stands in a batch."""
    return torch.randn(count, CHANNELS, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def together(cells, chosen, graphs_of, scheme, *, dtype=torch.float64):
    """Node embeddings and graphs of some crystals."""
    x = [nodes(len(cells[c].numbers), seed=list(cells).index(c), dtype=dtype) for c in chosen]
    graphs = graphs_of([cells[c] for c in chosen], scheme)
    return torch.cat(x), replace(graphs, shell_length=graphs.shell_length.to(dtype))


def pool(pooling, x, graphs):
    with torch.no_grad():
        return pooling.eval()(x, graphs)


def renumbered(graphs, order):
    """The same graphs, whose node n was node order[n]."""
    place = torch.argsort(order)
    target, edges = place[graphs.target].sort(stable=True)
    return replace(
        graphs,
        species=graphs.species[order],
        source=place[graphs.source][edges],
        target=target,
        shell=graphs.shell[edges],
        edge_vector=graphs.edge_vector[edges],
    )


@each_pooling
@each_scheme
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_graph_gets_a_finite_vector_of_the_announced_width(name, scheme, dtype, cells, graphs_of):
    pooling = build(name, dtype=dtype)
    x, graphs = together(cells, cells, graphs_of, scheme, dtype=dtype)
    pooled = pool(pooling, x, graphs)
    assert pooled.x.shape == (len(cells), pooling.out_channels)
    assert pooled.x.dtype == dtype
    assert pooled.x.isfinite().all()
    assert not torch.equal(pooled.x[0], pooled.x[2])  # graphs of several atoms differ
    if pooled.aux_loss is not None:
        assert pooled.aux_loss.shape == (len(cells),)
        assert pooled.aux_loss.dtype == dtype
        assert pooled.aux_loss.isfinite().all()


@each_pooling
@each_scheme
def test_order_of_the_nodes_inside_a_graph_changes_nothing(name, scheme, cells, graphs_of):
    pooling = build(name)
    if pooling.order_dependent:
        pytest.skip("declared as dependent on the order of the nodes")
    x, graphs = together(cells, cells, graphs_of, scheme)
    expected = pool(pooling, x, graphs)

    @FEW
    @given(st.tuples(*(st.permutations(range(n)) for n in graphs.sizes.tolist())))
    def holds(orders):
        firsts = graphs.ptr.tolist()
        order = torch.tensor([first + i for first, own in zip(firsts, orders, strict=False) for i in own])
        found = pool(pooling, x[order], renumbered(graphs, order))
        torch.testing.assert_close(found.x, expected.x, **TOLERANCE)
        torch.testing.assert_close(found.aux_loss, expected.aux_loss, **TOLERANCE)

    holds()


@each_pooling
@each_scheme
def test_graph_alone_equals_graph_in_any_batch(name, scheme, cells, graphs_of):
    pooling = build(name)
    alone = {c: pool(pooling, *together(cells, [c], graphs_of, scheme)) for c in cells}

    @FEW
    @given(st.lists(st.sampled_from(sorted(cells)), min_size=2, max_size=6))
    def holds(chosen):
        found = pool(pooling, *together(cells, chosen, graphs_of, scheme))
        expected = torch.cat([alone[c].x for c in chosen])
        torch.testing.assert_close(found.x, expected, **TOLERANCE)
        if found.aux_loss is not None:
            losses = torch.cat([alone[c].aux_loss for c in chosen])
            torch.testing.assert_close(found.aux_loss, losses, **TOLERANCE)

    holds()


@each_pooling
@pytest.mark.parametrize("crystal", ["copper", "lone xenon"])
@each_scheme
def test_one_node_can_be_pooled_and_trained_on(name, crystal, scheme, cells, graphs_of):
    pooling = build(name, dtype=torch.float32).train()
    x, graphs = together(cells, [crystal], graphs_of, scheme, dtype=torch.float32)
    x.requires_grad_()
    pooled = pooling(x, graphs)
    loss(pooled).backward()
    assert pooled.x.isfinite().all()
    assert x.grad.isfinite().all()
    assert all(p.grad is None or p.grad.isfinite().all() for p in pooling.parameters())


def loss(pooled):
    """Something to minimise that weighs every channel differently."""
    weights = torch.linspace(0.5, 1.5, pooled.x.shape[1], dtype=pooled.x.dtype)
    total = (pooled.x * weights).sum()
    return total if pooled.aux_loss is None else total + pooled.aux_loss.mean()


@each_pooling
@each_scheme
def test_gradients_reach_every_parameter_and_the_nodes(name, scheme, cells, graphs_of):
    pooling = build(name).train()
    x, graphs = together(cells, cells, graphs_of, scheme)
    x.requires_grad_()
    loss(pooling(x, graphs)).backward()
    gradients = {"x": x.grad} | {key: p.grad for key, p in pooling.named_parameters()}
    for key, gradient in gradients.items():
        assert gradient is not None, key
        assert gradient.isfinite().all(), key
        assert gradient.abs().max() > 1e-12, key
    for part in x.grad.split(graphs.sizes.tolist()):
        assert len(part) == 1 or part.abs().max() > 0  # a lone node has no spread


SUPERCELLS = {"3 x 1 x 1": [[3, 0, 0], [0, 1, 0], [0, 0, 1]], "skew": [[2, 1, 0], [-1, 1, 0], [0, 0, 1]]}


@each_pooling
@pytest.mark.parametrize("matrix", SUPERCELLS.values(), ids=SUPERCELLS)
def test_sees_size_states_whether_a_supercell_has_another_vector(name, matrix, cells, graphs_of):
    pooling = build(name)
    x, graphs = together(cells, cells, graphs_of, "ocp")
    copied = torch.cat([own.repeat(3, 1) for own in x.split(graphs.sizes.tolist())])
    supercells = graphs_of([cell.supercell(matrix) for cell in cells.values()], "ocp")
    assert len(supercells.source) == 3 * len(graphs.source)
    change = (pool(pooling, copied, supercells).x - pool(pooling, x, graphs).x).abs().amax(1)
    if pooling.sees_size:
        assert change.min() > 1e-3
    else:
        assert pooling.sees_size is False
        assert change.max() < 1e-9


@pytest.mark.parametrize("name", ["bond_mean", "cluster_mean"])
def test_mdl_edges_give_a_supercell_another_vector(name, cells, graphs_of):
    pooling = build(name)
    x, graphs = together(cells, ["rutile"], graphs_of, "mdl")
    doubled = graphs_of([cells["rutile"].doubled()], "mdl")
    assert len(doubled.source) > 2 * len(graphs.source)
    change = pool(pooling, x.repeat(2, 1), doubled).x - pool(pooling, x, graphs).x
    assert change.abs().max() > 1e-3


@each_pooling
@each_scheme
def test_batch_vector_and_edges_in_any_order_give_the_result_of_the_network(name, scheme, cells, graphs_of):
    pooling = build(name)
    x, graphs = together(cells, cells, graphs_of, scheme)
    expected = pool(pooling, x, graphs)
    order = torch.randperm(len(graphs.source), generator=torch.Generator().manual_seed(0))
    edges = {"edge_index": graphs.edge_index[:, order], "edge_length": graphs.edge_length[order]}
    species = {"species": graphs.species} if getattr(pooling, "needs_species", False) else {}
    found = pooling(x, graphs.batch, **(edges if pooling.needs_edges else {}), **species)
    if expected.aux_loss is not None:
        torch.testing.assert_close(found.aux_loss, expected.aux_loss, **TOLERANCE)
        found = found.x
    torch.testing.assert_close(found, expected.x, **TOLERANCE)


@each_operator
def test_package_exports_the_class_of_the_file(name):
    kind = plugins.load("gnnpool.pooling", name, Pooling)
    assert getattr(gnnpool.pooling, kind.__name__) is kind


@each_pooling
def test_equal_nodes_give_finite_gradients(name, cells, graphs_of):
    pooling = build(name, dtype=torch.float32)
    _, graphs = together(cells, ["doubled rutile"], graphs_of, "ocp", dtype=torch.float32)
    x = torch.full((12, CHANNELS), 0.3, requires_grad=True)
    loss(pooling(x, graphs)).backward()
    assert x.grad.isfinite().all()
    torch.testing.assert_close(x.grad[6:], x.grad[:6])  # images of the same atoms


@each_pooling
def test_same_seed_gives_the_same_bits(name, cells, graphs_of):
    x, graphs = together(cells, cells, graphs_of, "ocp")
    first, second = (pool(build(name, seed=7), x, graphs) for _ in range(2))
    assert torch.equal(first.x, second.x)


@each_operator
def test_unknown_option_is_refused_by_name(name):
    with pytest.raises(TypeError, match=rf"(?s)pooling '{name}'.*no_such_option.*options:"):
        build_pooling(name, {"options": {"no_such_option": 1}}, CHANNELS)


@each_operator
def test_wrong_node_embeddings_are_refused_with_both_shapes(name, cells, graphs_of):
    x, graphs = together(cells, ["rutile"], graphs_of, "mdl")
    with pytest.raises(ValueError, match=r"expected node embeddings \(6, 20\), got \(5, 20\)"):
        build(name)(x[:5], graphs)


@each_operator
@pytest.mark.parametrize("section", ["Shape:", "Source:", "Args:", ".. math::"])
def test_docstring_has_section(name, section):
    assert section in plugins.load("gnnpool.pooling", name, Pooling).__doc__


def test_graph_without_nodes_is_refused_before_it_is_pooled():
    graphs = GraphSet(
        numbers=np.array([29], dtype=np.uint8),
        positions=np.zeros((1, 3)),
        lattices=np.stack([3.61 * np.eye(3)] * 2),
        node_ptr=np.array([0, 1, 1]),
        edge_ptr=np.array([0, 0, 0]),
        source=np.array([], dtype=np.uint8),
        target=np.array([], dtype=np.uint8),
        shift=np.zeros((0, 3), dtype=np.int8),
        length=np.array([], dtype=np.float32),
        targets=np.zeros(2),
        metadata={"dataset": "copper"},
    )
    with pytest.raises(DataError, match="dataset copper: graph 1 has no node"):
        DeviceGraphs(graphs, device=torch.device("cpu"), vectors=False)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@each_pooling
def test_gpu_repeats_its_bits_and_agrees_with_the_cpu(name, cells, graphs_of):
    pooling = build(name)
    x, graphs = together(cells, cells, graphs_of, "ocp")
    expected = pool(pooling, x, graphs)
    pooling.cuda()
    tensors = {k: v.cuda() for k, v in vars(graphs).items() if k in GRAPH_TENSORS}
    graphs = replace(graphs, **tensors)
    torch.use_deterministic_algorithms(True)
    try:
        runs = []
        for _ in range(3):
            leaf = x.cuda().requires_grad_()
            pooled = pooling(leaf, graphs)
            pooled.x.square().sum().backward()
            runs.append((pooled.x.detach(), leaf.grad))
    finally:
        torch.use_deterministic_algorithms(False)
    torch.testing.assert_close(runs[0][0].cpu(), expected.x, **TOLERANCE)
    for value, gradient in runs[1:]:
        assert torch.equal(value, runs[0][0])
        assert torch.equal(gradient, runs[0][1])


GRAPH_TENSORS = ("species", "source", "target", "shell", "shell_length", "edge_vector", "batch", "sizes")
