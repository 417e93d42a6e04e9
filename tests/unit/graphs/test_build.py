import json

import numpy as np
import pytest

from gnnpool import stages
from gnnpool.artifacts import file_sha256
from gnnpool.data.structure import StructureSet, ids_sha256, write_structures
from gnnpool.errors import ConfigError, DataError
from gnnpool.graphs.build import build_graphs
from gnnpool.graphs.file import read_graphs

OCP = {"scheme": "ocp", "cutoff": 6.0, "max_neighbors": 250, "max_offsets": None, "label": "OCP"}
MDL = {**OCP, "scheme": "mdl", "label": "MDL"}


def together(*crystals):
    """Structures of (positions, lattice) pairs, with made-up elements and targets."""
    sizes = [len(positions) for positions, _ in crystals]
    positions = np.concatenate([positions for positions, _ in crystals])
    return StructureSet(
        ids=[f"crystal-{n}" for n in range(len(crystals))],
        lattices=np.stack([lattice for _, lattice in crystals]),
        numbers=(np.arange(len(positions)) % 80 + 1).astype(np.uint8),
        fractional=np.concatenate([p @ np.linalg.inv(lattice) for p, lattice in crystals]),
        positions=positions,
        node_ptr=np.cumsum([0, *sizes], dtype=np.int64),
        targets=np.arange(len(crystals), dtype=np.float64),
        metadata={
            "dataset": "crystals",
            "target": "energy",
            "unit": "eV",
            "raw_sha256": "",
            "stage_version": str(stages.GRAPHS),
        },
    )


@pytest.fixture
def build(tmp_path):
    """Write structures, build their graphs, and return graphs, manifest and the structures' path."""

    def _build(structures, scheme):
        paths = [tmp_path / name for name in ("structures.parquet", "graphs.safetensors", "graphs.json")]
        write_structures(paths[0], structures)
        build_graphs(structures=paths[0], scheme=scheme, output=paths[1], manifest=paths[2])
        return read_graphs(paths[1]), json.loads(paths[2].read_text()), paths[0]

    return _build


def test_graphs_hold_the_structures_and_say_where_they_come_from(build, rocksalt, quartz):
    structures = together(rocksalt, quartz)
    graphs, _, path = build(structures, OCP)
    for name in ("numbers", "positions", "lattices", "node_ptr", "targets"):
        np.testing.assert_array_equal(getattr(graphs, name), getattr(structures, name))
    assert graphs.metadata["structures_sha256"] == file_sha256(path)
    assert graphs.metadata["ids_sha256"] == ids_sha256(structures.ids)
    assert json.loads(graphs.metadata["edges"]) == {k: v for k, v in OCP.items() if k != "label"}
    assert (graphs.metadata["dataset"], graphs.metadata["unit"]) == ("crystals", "eV")


@pytest.mark.parametrize("scheme", [MDL, OCP])
def test_stored_shifts_and_positions_give_the_stored_lengths(build, crystal, slab, scheme):
    graphs, _, _ = build(together(slab, crystal), scheme)
    lengths = np.linalg.norm(graphs.edge_vectors(), axis=1)
    np.testing.assert_allclose(lengths, graphs.length, atol=1e-5)


def test_edges_are_stored_in_few_bytes(build, rocksalt, simple_cubic):
    graphs, _, _ = build(together(rocksalt), OCP)
    assert (graphs.source.dtype, graphs.target.dtype, graphs.shift.dtype) == (np.uint8, np.uint8, np.int8)
    row = np.array([[3.0 * n, 0, 0] for n in range(300)])
    long, _, _ = build(together(simple_cubic(3.0), (row, np.diag([900.0, 3.0, 3.0]))), OCP)
    assert long.source.dtype == np.uint16
    assert long.source.max() == 299
    assert long.length.dtype == np.float32


def test_the_manifest_counts(build, rocksalt, copper, simple_cubic):
    far_pair = (np.array([[0.0] * 3, [2.0, 0, 0], [15.0, 15, 15]]), 30 * np.eye(3))
    structures = together(rocksalt, copper, simple_cubic(9.0), far_pair)
    graphs, manifest, _ = build(structures, {**OCP, "cutoff": 3.0, "max_neighbors": 10})
    # six neighbors for each of eight atoms, ten of copper's twelve, none, and one pair
    assert np.diff(graphs.edge_ptr).tolist() == [48, 10, 0, 2]
    assert manifest["counts"] == {
        "graphs": 4,
        "nodes": 13,
        "edges": 60,
        "isolated_atoms": 2,
        "graphs_without_edges": 1,
        "atoms_capped_by_max_neighbors": 1,
    }
    assert manifest["edges_per_graph"] == {"mean": 15.0, "max": 48}


def test_a_cell_of_one_atom_is_a_node_without_edges_in_mdl(build, copper):
    graphs, manifest, _ = build(together(copper), MDL)
    assert (len(graphs), len(graphs.numbers), len(graphs.source)) == (1, 1, 0)
    assert manifest["counts"]["graphs_without_edges"] == 1


def test_coincident_atoms_are_reported_with_dataset_and_id(build, rocksalt, quartz):
    positions, lattice = rocksalt
    twice = (np.concatenate([positions, positions[:1]]), lattice)
    with pytest.raises(DataError, match=r"crystals structure crystal-1: atoms .* coincide"):
        build(together(quartz, twice), OCP)


def test_atoms_too_far_outside_the_cell_are_refused(build, rocksalt):
    positions, lattice = rocksalt
    positions[0] += 130 * lattice[0]
    with pytest.raises(DataError, match=r"crystal-0: expected image numbers up to 127, found 13\d"):
        build(together((positions, lattice)), OCP)


def test_an_unknown_scheme_is_refused_and_the_nearest_offered(build, rocksalt):
    with pytest.raises(ConfigError, match="did you mean mdl"):
        build(together(rocksalt), {**OCP, "scheme": "mdll"})
