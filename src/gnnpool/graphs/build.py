"""From the structures of a dataset to its graphs under one edge scheme, and an account of them."""

import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gnnpool import plugins, stages
from gnnpool.artifacts import file_sha256, write_json
from gnnpool.data.structure import StructureSet, ids_sha256, read_structures
from gnnpool.errors import DataError
from gnnpool.graphs import mdl, ocp
from gnnpool.graphs.file import GraphSet, write_graphs
from gnnpool.graphs.neighbors import Edges

SCHEMES = {"mdl": mdl.assign_edges, "ocp": ocp.assign_edges}
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
        manifest: JSON file to write: how many nodes and edges there are, and which are special.

    Raises:
        DataError: If atoms coincide, or lie so far apart that an image number exceeds one byte.
        ConfigError: If the scheme is unknown.
    """
    start = time.perf_counter()
    crystals = read_structures(structures)
    scheme = {name: value for name, value in scheme.items() if name != "label"}
    edges = assign_all(crystals, scheme)
    metadata = {
        **{name: crystals.metadata[name] for name in ("dataset", "target", "unit")},
        "edges": json.dumps(scheme, sort_keys=True),
        "structures_sha256": file_sha256(structures),
        "ids_sha256": ids_sha256(crystals.ids),
        "stage_version": str(stages.GRAPHS),
    }
    graphs = _pack(crystals, edges, metadata)
    write_graphs(output, graphs)
    write_json(manifest, _manifest(graphs, edges))
    seconds = time.perf_counter() - start
    _logger.info("%d graphs with %d edges in %.1f s", len(graphs), len(graphs.source), seconds)


def assign_all(crystals: StructureSet, scheme: Mapping) -> list[Edges]:
    """The edges of each structure, in the order of the structures.

    Args:
        crystals: The structures.
        scheme: Name of the scheme as "scheme", and its options.
    """
    options = dict(scheme)
    name = options.pop("scheme")
    plugins.require(name, SCHEMES, what="edge scheme")
    ptr = crystals.node_ptr
    edges = []
    for number, id_ in enumerate(crystals.ids):
        positions = crystals.positions[ptr[number] : ptr[number + 1]]
        try:
            found = SCHEMES[name](positions, crystals.lattices[number], **options)
            edges.append(_compact(found, len(positions)))
        except DataError as error:
            raise DataError(f"{crystals.metadata['dataset']} structure {id_}: {error}") from error
    return edges


def _compact(edges: Edges, nodes: int) -> Edges:
    # A dataset may have a hundred million edges: nine bytes for each instead of forty-eight.
    small = np.min_scalar_type(nodes - 1)
    if len(edges) and np.abs(edges.shift).max() > np.iinfo(np.int8).max:
        raise DataError(
            f"expected image numbers up to 127, found {np.abs(edges.shift).max()}: atoms far outside the cell"
        )
    return Edges(
        target=edges.target.astype(small),
        source=edges.source.astype(small),
        shift=edges.shift.astype(np.int8),
        length=edges.length.astype(np.float32),
        capped=edges.capped,
    )


def _pack(crystals: StructureSet, edges: list[Edges], metadata: dict[str, str]) -> GraphSet:
    return GraphSet(
        numbers=crystals.numbers,
        positions=crystals.positions,
        lattices=crystals.lattices,
        node_ptr=crystals.node_ptr,
        edge_ptr=np.cumsum([0, *map(len, edges)], dtype=np.int64),
        source=np.concatenate([one.source for one in edges]),
        target=np.concatenate([one.target for one in edges]),
        shift=np.concatenate([one.shift for one in edges]),
        length=np.concatenate([one.length for one in edges]),
        targets=crystals.targets,
        metadata=metadata,
    )


def _manifest(graphs: GraphSet, edges: list[Edges]) -> dict:
    counts = np.diff(graphs.edge_ptr)
    first = np.repeat(graphs.node_ptr[:-1], counts)
    reached = np.zeros(len(graphs.numbers), dtype=bool)
    reached[first + graphs.target] = True
    return {
        **graphs.metadata,
        "edges": json.loads(graphs.metadata["edges"]),
        "stage_version": stages.GRAPHS,
        "counts": {
            "graphs": len(graphs),
            "nodes": len(graphs.numbers),
            "edges": len(graphs.source),
            "isolated_atoms": int(np.count_nonzero(~reached)),
            "graphs_without_edges": int(np.count_nonzero(counts == 0)),
            "atoms_capped_by_max_neighbors": sum(one.capped for one in edges),
        },
        "edges_per_graph": {"mean": float(counts.mean()), "max": int(counts.max())},
    }
