"""Operators in a model of torch-geometric: its batch vector, its edges, its batches."""

import subprocess
import sys

import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

from gnnpool.graphs.batch import GraphBatch, Nodes
from gnnpool.pooling import (
    CrystalAttentionPooling,
    DenseDiffPooling,
    GMTPooling,
    MemoryPooling,
    Pooled,
)

BATCH = torch.tensor([0, 0, 1, 2, 2, 2])
X = torch.randn(6, 8, generator=torch.Generator().manual_seed(0))
EDGES = torch.tensor([[3, 1, 0, 5], [4, 0, 1, 3]])  # not sorted by target


def test_three_lines_pool_a_batch_of_torch_geometric():
    from gnnpool.pooling import GMTPooling

    pooling = GMTPooling(8)
    assert torch.equal(pooling(X, BATCH), pooling(X, Nodes.from_vector(BATCH)).x)


def test_an_auxiliary_loss_is_returned_beside_the_vectors():
    pooled = MemoryPooling(8)(X, BATCH)
    assert isinstance(pooled, Pooled)
    assert pooled.aux_loss.shape == (3,)


def test_a_batch_of_a_loader_becomes_ours():
    crystals = [
        Data(
            torch.ones(2, 1),
            torch.tensor([[1, 0], [0, 1]]),
            z=torch.tensor([11, 17]),
            edge_length=torch.ones(2),
        ),
        Data(
            torch.ones(1, 1), torch.tensor([[0], [0]]), z=torch.tensor([29]), edge_length=torch.tensor([2.5])
        ),
    ]
    graphs = GraphBatch.from_pyg(next(iter(DataLoader(crystals, batch_size=2))))
    assert graphs.sizes.tolist() == [2, 1]
    assert graphs.species.tolist() == [10, 16, 28]
    assert graphs.edge_index.tolist() == [[1, 0, 2], [0, 1, 2]]
    assert graphs.edge_length.tolist() == [1, 1, 2.5]
    assert GraphBatch.from_pyg(crystals[0]).num_graphs == 1


def test_edges_are_sorted_by_target_together_with_their_lengths():
    length = torch.tensor([1.0, 2.0, 3.0, 4.0])
    graphs = GraphBatch.from_edges(BATCH, EDGES, edge_length=length)
    assert graphs.target.tolist() == [0, 1, 3, 4]
    assert graphs.source.tolist() == [1, 0, 5, 3]
    assert graphs.edge_length.tolist() == [2.0, 3.0, 4.0, 1.0]


@pytest.mark.parametrize(
    ("batch", "options", "message"),
    [
        ([0, 1, 0, 1, 1, 1], {}, r"ascending.*order = batch.argsort\(stable=True\)"),
        ([0, 0, 0, 2, 2, 2], {}, "graph 1 has no node"),
        ([0, 0, 1, 2, 2, 2], {"num_graphs": 4}, "graph 3 has no node"),
        ([0, 0, 1, 2, 2, 2], {"num_graphs": 2}, "graph numbers below num_graphs = 2, got 2"),
        ([-1, 0, 0, 1, 1, 1], {}, "ascending graph numbers from 0"),
        ([0.0, 0, 0, 0, 0, 0], {}, "expected int64"),
        ([], {}, "at least one node"),
        ([0, 0, 0], {}, r"expected node embeddings \(3, 8\), got \(6, 8\)"),
    ],
)
def test_an_unusable_batch_vector_is_refused_with_the_reason(batch, options, message):
    batch = torch.tensor(batch) if batch else torch.zeros(0, dtype=torch.int64)
    with pytest.raises(ValueError, match=message):
        GMTPooling(8)(X, batch, **options)


@pytest.mark.parametrize(
    ("pooling", "edges", "message"),
    [
        (DenseDiffPooling(8), {}, "DenseDiffPooling: needs the edges of the graphs; give edge_index"),
        (
            CrystalAttentionPooling(8),
            {"edge_index": EDGES, "edge_length": torch.ones(4, 1)},
            r"edge_length: expected shape \(4,\), got \(4, 1\)",
        ),
        (CrystalAttentionPooling(8), {"edge_index": EDGES}, "edge lengths are unknown: give edge_length"),
        (
            DenseDiffPooling(8),
            {"edge_index": EDGES.t()},
            r"expected int64 \[2, E\], got torch.int64 \[4, 2\]",
        ),
        (DenseDiffPooling(8), {"edge_index": EDGES + 1}, "expected nodes from 0 to 5, got 1 to 6"),
        (DenseDiffPooling(8), {"edge_index": torch.tensor([[0, 0], [1, 3]])}, "edge 1 joins nodes of two"),
    ],
)
def test_unusable_edges_are_refused_with_the_reason(pooling, edges, message):
    with pytest.raises(ValueError, match=message):
        pooling(X, BATCH, **edges)


def test_an_atomic_number_out_of_range_is_refused():
    data = Data(torch.ones(1, 1), z=torch.tensor([0]), edge_index=torch.zeros(2, 0, dtype=torch.int64))
    with pytest.raises(ValueError, match="atomic numbers from 1 to 100, got 0 to 0"):
        GraphBatch.from_pyg(data)


def test_importing_the_packages_imports_no_torch_and_unknown_names_are_refused():
    code = "import sys, gnnpool.pooling, gnnpool.models; print('torch' in sys.modules, end='')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False"
    with pytest.raises(ImportError, match="NoSuchPooling"):
        from gnnpool.pooling import NoSuchPooling  # noqa: F401
