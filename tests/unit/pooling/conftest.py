"""Graphs drawn by hand."""

from collections.abc import Callable, Sequence

import pytest
import torch

from gnnpool.graphs.batch import GraphBatch


@pytest.fixture(scope="session")
def batch_of() -> Callable[..., GraphBatch]:
    """A function from (number of nodes, edges as pairs of source and target) of each graph to a batch."""

    def build(*drawn: tuple[int, Sequence[tuple[int, int]]]) -> GraphBatch:
        pairs, first = [], 0
        for size, edges in drawn:
            pairs += sorted((target + first, source + first) for source, target in edges)
            first += size
        target, source = torch.tensor(pairs, dtype=torch.int64).view(-1, 2).t()
        sizes = torch.tensor([size for size, _ in drawn])
        return GraphBatch(
            species=torch.zeros(first, dtype=torch.int64),
            source=source,
            target=target,
            shell=torch.arange(len(pairs)),
            shell_length=torch.ones(len(pairs), dtype=torch.float64),
            edge_vector=None,
            batch=torch.arange(len(drawn)).repeat_interleave(sizes),
            sizes=sizes,
            num_graphs=len(drawn),
            max_nodes=int(sizes.max()),
        )

    return build


@pytest.fixture(scope="session")
def water(batch_of) -> GraphBatch:
    """A graph of three nodes: the first is joined to the two others."""
    return batch_of((3, [(0, 1), (1, 0), (0, 2), (2, 0)]))


@pytest.fixture(scope="session")
def assorted(batch_of) -> GraphBatch:
    """Five graphs: a lone node, a node joined to its own image, a chain, a ring with parallel edges."""
    chain = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)]
    ring = [(i, (i + step) % 7) for i in range(7) for step in (1, 6)]
    parallel = [(2, 3), (2, 3), (3, 2), (3, 2), (5, 5), (5, 5)]
    one_way = [(0, 1), (0, 2), (1, 2)]
    return batch_of((1, []), (4, chain), (7, ring + parallel), (1, [(0, 0), (0, 0)]), (3, one_way))


@pytest.fixture(scope="session")
def nodes() -> Callable[[GraphBatch, int], torch.Tensor]:
    """A function that makes up node embeddings of a batch, float64 ``[N, F]``."""

    def build(graphs: GraphBatch, channels: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(3)
        return torch.randn(graphs.num_nodes, channels, dtype=torch.float64, generator=generator)

    return build
