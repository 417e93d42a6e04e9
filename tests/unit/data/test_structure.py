import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from gnnpool.artifacts import write_table
from gnnpool.data.structure import StructureSet, ids_sha256, read_structures, write_structures
from gnnpool.errors import ArtifactError


@pytest.fixture
def structures():
    """NaCl, one copper atom, and a skewed cell of three."""
    lattices = np.array([5.64 * np.eye(3), 3.6 * np.eye(3), [[4.0, 0, 0], [1.1, 4.2, 0], [-0.7, 0.3, 5.1]]])
    node_ptr = np.array([0, 2, 3, 6])
    fractional = np.linspace(-0.3, 0.9, 18).reshape(6, 3)
    return StructureSet(
        ids=["salt", "copper", "skewed"],
        lattices=lattices,
        numbers=np.array([11, 17, 29, 1, 8, 92], dtype=np.uint8),
        fractional=fractional,
        positions=np.concatenate(
            [fractional[:2] @ lattices[0], fractional[2:3] @ lattices[1], fractional[3:] @ lattices[2]]
        ),
        node_ptr=node_ptr,
        targets=np.array([-1.5, 0.25, 1 / 3]),
        metadata={
            "dataset": "some",
            "target": "energy",
            "unit": "eV/atom",
            "raw_sha256": "ab",
            "stage_version": "1",
        },
    )


def test_structures_come_back_as_they_were_written(structures, tmp_path):
    path = tmp_path / "structures.parquet"
    write_structures(path, structures)
    back = read_structures(path)
    assert back.ids == structures.ids
    assert back.metadata == structures.metadata
    for name in ("lattices", "numbers", "fractional", "positions", "node_ptr", "targets"):
        written, read = getattr(structures, name), getattr(back, name)
        np.testing.assert_array_equal(read, written)
        assert read.dtype == written.dtype


def test_the_file_has_one_row_for_each_structure_and_names_its_units(structures, tmp_path):
    path = tmp_path / "structures.parquet"
    write_structures(path, structures)
    table = pq.ParquetFile(path).read()
    assert table.num_rows == 3
    assert table["numbers"].to_pylist() == [[11, 17], [29], [1, 8, 92]]
    units = json.loads(table.schema.metadata[b"units"])
    assert units == {"lattice": "Å", "fractional": "1", "positions": "Å", "target": "eV/atom"}


def test_another_table_is_not_taken_for_structures(structures, tmp_path):
    path = tmp_path / "structures.parquet"
    write_structures(path, structures)
    write_table(path, pq.ParquetFile(path).read().drop_columns(["positions"]))
    with pytest.raises(ArtifactError, match=r"structures\.parquet: expected columns .* found"):
        read_structures(path)


def test_the_digest_of_names_depends_on_their_order_and_limits():
    assert ids_sha256(["a", "b"]) == ids_sha256(("a", "b"))
    assert len({ids_sha256(ids) for ids in (["a", "b"], ["b", "a"], ["ab"], ["a\nb"], ["a", "", "b"])}) == 5
