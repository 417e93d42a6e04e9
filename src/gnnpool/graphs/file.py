"""The graphs of one dataset under one edge scheme, as flat arrays in one file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gnnpool.artifacts import read_tensors, write_tensors
from gnnpool.errors import ArtifactError

KIND = "gnnpool graphs 1"
# Edge vectors are computed for this many edges at a time, because a dataset may have a hundred million.
_EDGES_AT_ONCE = 2**20


@dataclass(frozen=True)
class GraphSet:
    """S graphs with N nodes and E edges in all.

    Node numbers of edges count from the first node of their own graph. Edges are sorted by target
    inside each graph. Directions are not stored: they follow from positions, lattices and shifts.

    Args:
        numbers: Atomic numbers, uint8 ``[N]``.
        positions: Cartesian, Å, float64 ``[N, 3]``.
        lattices: Rows are vectors, Å, float64 ``[S, 3, 3]``.
        node_ptr: First node of each graph, int64 ``[S + 1]``.
        edge_ptr: First edge of each graph, int64 ``[S + 1]``.
        source: Node where each edge starts, unsigned ``[E]``.
        target: Node where each edge ends, unsigned ``[E]``.
        shift: Lattice translation of the source, int8 ``[E, 3]``.
        length: Å, float32 ``[E]``.
        targets: Quantity to predict, float64 ``[S]``.
        metadata: dataset, target, unit, edges (JSON), structures_sha256, ids_sha256, stage_version.
    """

    numbers: np.ndarray
    positions: np.ndarray
    lattices: np.ndarray
    node_ptr: np.ndarray
    edge_ptr: np.ndarray
    source: np.ndarray
    target: np.ndarray
    shift: np.ndarray
    length: np.ndarray
    targets: np.ndarray
    metadata: dict[str, str]

    def __len__(self) -> int:
        return len(self.targets)

    def edge_vectors(self) -> np.ndarray:
        """Vector from the target to the image of the source, Å, float32 ``[E, 3]``."""
        vectors = np.empty((len(self.length), 3), dtype=np.float32)
        graph = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.edge_ptr))
        for begin in range(0, len(vectors), _EDGES_AT_ONCE):
            part = slice(begin, begin + _EDGES_AT_ONCE)
            first = self.node_ptr[graph[part]]
            source = self.positions[first + self.source[part]]
            target = self.positions[first + self.target[part]]
            translation = np.einsum(
                "ek,ekx->ex", self.shift[part].astype(np.float64), self.lattices[graph[part]]
            )
            vectors[part] = source + translation - target
        return vectors


def write_graphs(path: str | Path, graphs: GraphSet) -> None:
    """Write a graph set as one checksummed safetensors file."""
    arrays = {name: value for name, value in vars(graphs).items() if name != "metadata"}
    write_tensors(path, arrays, metadata={**graphs.metadata, "kind": KIND})


def read_graphs(path: str | Path) -> GraphSet:
    """Read a graph set.

    Args:
        path: File of :func:`write_graphs`.

    Raises:
        ArtifactError: If the file is missing, damaged, or holds something else.
    """
    arrays, metadata = read_tensors(path)
    kind = metadata.pop("kind", "unknown")
    if kind != KIND:
        raise ArtifactError(f"{path}: expected {KIND!r}, found {kind!r}")
    return GraphSet(**arrays, metadata=metadata)
