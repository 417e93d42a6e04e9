"""From the structures of a dataset to its graphs with one edge scheme, and a manifest."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from gnnpool import plugins, stages
from gnnpool.artifacts import file_sha256, write_json
from gnnpool.data.structure import StructureSet, ids_sha256, read_structures
from gnnpool.errors import DataError
from gnnpool.graphs import mdl, ocp
from gnnpool.graphs.file import GraphSet, write_graphs
from gnnpool.graphs.neighbors import Cells, Edges

SCHEMES = {"mdl": mdl.assign_edges, "ocp": ocp.assign_edges}
# Atoms whose edges are sorted together: about ten thousand edges, which fit into the processor's cache.
_BLOCK = 256
_logger = logging.getLogger(__name__)


def build_graphs(
    *, structures: str | Path, scheme: Mapping, output: str | Path, manifest: str | Path
) -> None:
    """Assign edges to every structure of a dataset, and write graphs and manifest.

    Args:
        structures: Parquet file of structures.
        scheme: Entry of the configuration: scheme, cutoff (Å), max_neighbors, max_offsets; a label
            is ignored.
        output: File of graphs to write.
        manifest: JSON file to write: counts of nodes and edges, and of special cases.

    Raises:
        DataError: If atoms coincide, or lie so far apart that an image number exceeds one byte.
        ConfigError: If the scheme is unknown.
    """
    start = time.perf_counter()
    crystals = read_structures(structures)
    scheme = {name: value for name, value in scheme.items() if name != "label"}
    edges, degree = assign_all(crystals, scheme)
    metadata = {
        **{name: crystals.metadata[name] for name in ("dataset", "target", "unit")},
        "edges": json.dumps(scheme, sort_keys=True),
        "structures_sha256": file_sha256(structures),
        "ids_sha256": ids_sha256(crystals.ids),
        "stage_version": str(stages.GRAPHS),
    }
    graphs = _pack(crystals, edges, degree, metadata)
    write_graphs(output, graphs)
    write_json(manifest, _manifest(graphs, degree, edges.capped))
    seconds = time.perf_counter() - start
    _logger.info("%d graphs with %d edges in %.1f s", len(graphs), len(graphs.source), seconds)


def graph_set(crystals: StructureSet, scheme: Mapping) -> GraphSet:
    """Assign edges to structures in memory.

    Args:
        crystals: The structures; their metadata holds at least dataset, for messages.
        scheme: Name of the scheme as "scheme", and its options.

    Returns:
        The graphs, in the order of the structures, with their metadata.

    Raises:
        DataError: If a structure is refused, with its id.
        ConfigError: If the scheme is unknown.
    """
    return _pack(crystals, *assign_all(crystals, scheme), crystals.metadata)


def assign_all(crystals: StructureSet, scheme: Mapping) -> tuple[Edges, np.ndarray]:
    """The edges of all structures, in their order.

    Args:
        crystals: The structures.
        scheme: Name of the scheme as "scheme", and its options.

    Returns:
        The edges in a compact form, with atoms numbered inside each structure, and the number of edges
        to each atom, int64 ``[N]``.

    Raises:
        DataError: If a structure is refused, with its id.
        ConfigError: If the scheme is unknown.
    """
    options = dict(scheme)
    name = options.pop("scheme")
    plugins.require(name, SCHEMES, what="edge scheme")
    cells = Cells(crystals.positions, crystals.lattices, crystals.node_ptr)
    starts = np.searchsorted(cells.ptr[:-1], np.arange(0, cells.ptr[-1], _BLOCK))
    blocks = []
    for start, stop in pairwise(np.unique([*starts, len(cells)]).tolist()):
        try:
            blocks.append(_assign(cells.part(start, stop), SCHEMES[name], options))
        except DataError:
            _blame(crystals, cells, range(start, stop), SCHEMES[name], options)
            raise
    edges, degrees = zip(*blocks, strict=True)
    columns = ("target", "source", "shift", "length")
    joined = {column: np.concatenate([getattr(one, column) for one in edges]) for column in columns}
    return Edges(**joined, capped=sum(one.capped for one in edges)), np.concatenate(degrees)


def _assign(cells: Cells, scheme: Callable[..., Edges], options: Mapping) -> tuple[Edges, np.ndarray]:
    """Edges of some cells as stored, and the number of edges to each atom."""
    edges = scheme(cells, **options)
    edge_ptr = edges.ptr(cells.ptr[-1])
    first = np.repeat(cells.ptr[:-1], np.diff(edge_ptr[cells.ptr]))
    # A dataset may have a hundred million edges: nine bytes for each instead of twenty-seven.
    small = np.min_scalar_type(cells.sizes.max() - 1)
    stored = Edges(
        target=(edges.target - first).astype(small),
        source=(edges.source - first).astype(small),
        shift=edges.shift,
        length=edges.length.astype(np.float32),
        capped=edges.capped,
    )
    return stored, np.diff(edge_ptr)


def _blame(
    crystals: StructureSet, cells: Cells, block: range, scheme: Callable[..., Edges], options: Mapping
) -> None:
    """Name the structure for which a block was refused."""
    for number in block:
        try:
            _assign(cells.part(number, number + 1), scheme, options)
        except DataError as error:
            name = f"{crystals.metadata['dataset']} structure {crystals.ids[number]}"
            raise DataError(f"{name}: {error}") from error


def _pack(crystals: StructureSet, edges: Edges, degree: np.ndarray, metadata: dict[str, str]) -> GraphSet:
    return GraphSet(
        numbers=crystals.numbers,
        positions=crystals.positions,
        lattices=crystals.lattices,
        node_ptr=crystals.node_ptr,
        edge_ptr=np.concatenate([[0], np.cumsum(degree, dtype=np.int64)])[crystals.node_ptr],
        source=edges.source,
        target=edges.target,
        shift=edges.shift,
        length=edges.length,
        targets=crystals.targets,
        metadata=metadata,
    )


def _manifest(graphs: GraphSet, degree: np.ndarray, capped: int) -> dict:
    counts = np.diff(graphs.edge_ptr)
    return {
        **graphs.metadata,
        "edges": json.loads(graphs.metadata["edges"]),
        "stage_version": stages.GRAPHS,
        "counts": {
            "graphs": len(graphs),
            "nodes": len(graphs.numbers),
            "edges": len(graphs.source),
            "isolated_atoms": int(np.count_nonzero(degree == 0)),
            "graphs_without_edges": int(np.count_nonzero(counts == 0)),
            "atoms_capped_by_max_neighbors": capped,
        },
        "edges_per_graph": {"mean": float(counts.mean()), "max": int(counts.max())},
    }
