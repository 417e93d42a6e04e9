import gzip
import json

import pytest

from gnnpool.data.sources.matbench import read
from gnnpool.data.validate import validate
from gnnpool.errors import DataError

SITE = {"species": [{"element": "Cu", "occu": 1}], "abc": [0, 0, 0]}


def test_rows_are_read_without_oxidation_states_and_in_order(matbench):
    rows = read(matbench())
    assert [row.id for row in rows] == ["mb-1", "mb-2", "mb-3"]
    assert [row.target for row in rows] == [-2.0, 0.5, -1.5]
    assert rows[0].species == [{"Na": 1}, {"Cl": 1}]
    assert rows[0].fractional == [[0, 0, 0], [0.5, 0.5, 0.5]]
    assert rows[0].positions == [[0, 0, 0], [2.82, 2.82, 2.82]]
    assert rows[1].positions is None
    structures, _ = validate(rows, dataset="some", on_bad_row="error")
    assert structures.numbers.tolist() == [11, 17, 29, 55, 17]


def test_rows_that_are_only_counted_get_the_names_of_matbench(matbench):
    """The official files count their rows from 0, and the folds go by name."""
    counted = matbench(index=[0, 1, 2])
    path = counted.rename(counted.with_name("matbench_log_kvrh.json.gz"))
    assert [row.id for row in read(path)] == ["mb-log-kvrh-1", "mb-log-kvrh-2", "mb-log-kvrh-3"]


@pytest.mark.parametrize(
    "structure",
    [
        None,
        "NaCl",
        {},
        {"lattice": None, "sites": None},
        {"lattice": {"matrix": [[3, 0, 0]] * 3}, "sites": [{}]},
    ],
)
def test_a_broken_structure_reaches_validation_as_an_invalid_row(structure, matbench):
    rows = read(matbench(index=["mb-1"], data=[[structure, 1.0]]))
    with pytest.raises(DataError, match=r"some row 1 \(mb-1\)"):
        validate(rows, dataset="some", on_bad_row="error")


def test_a_site_with_two_species_is_refused(matbench):
    site = {"species": [{"element": "Fe", "occu": 0.5}, {"element": "Ni", "occu": 0.5}], "abc": [0, 0, 0]}
    structure = {"lattice": {"matrix": [[3, 0, 0], [0, 3, 0], [0, 0, 3]]}, "sites": [site]}
    rows = read(matbench(index=["mb-1"], data=[[structure, 1.0]]))
    with pytest.raises(DataError, match=r"species is \{'Fe': 0.5, 'Ni': 0.5\} on site 0"):
        validate(rows, dataset="some", on_bad_row="error")


@pytest.mark.parametrize(
    "content",
    [{"index": ["mb-1"]}, {"columns": ["structure"]}, {"index": 3}, {"data": "abc"}, {"columns": None}],
)
def test_rows_that_do_not_match_are_refused(content, matbench):
    with pytest.raises(DataError, match=r"expected (one structure and one target|a list of)"):
        read(matbench(**content))


@pytest.mark.parametrize("row", [[1], 7, None, "ab", {"a": 1}])
def test_a_row_of_another_layout_makes_the_row_invalid(row, matbench):
    good = {"lattice": {"matrix": [[3, 0, 0], [0, 3, 0], [0, 0, 3]]}, "sites": [SITE]}
    rows = read(matbench(index=["mb-1", "mb-2"], data=[[good, 1.0], row]))
    kept, bad = validate(rows, dataset="some", on_bad_row="skip")
    assert kept.ids == ["mb-1"]
    assert {fault.id for fault in bad} == {"mb-2"}


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "task.json.gz"
    path.write_bytes(gzip.compress(b" " * 3_000_000, mtime=0))
    with pytest.raises(DataError, match=r"task\.json\.gz: expected at most 1000000 bytes unpacked"):
        read(path, max_bytes=1_000_000)


# mtime: two processes that collect the tests a second apart have the same names for them.
@pytest.mark.parametrize("content", [b"", b"{}", b"<html>sign in</html>", gzip.compress(b"<html>", mtime=0)])
def test_a_file_that_is_no_gzipped_json_is_refused(content, tmp_path):
    path = tmp_path / "task.json.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"task\.json\.gz: expected"):
        read(path)


def test_a_file_cut_short_is_refused(matbench):
    path = matbench()
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="expected a gzipped file"):
        read(path)


@pytest.mark.parametrize("content", [[1, 2], {"index": [], "data": []}])
def test_json_of_another_layout_is_refused(content, tmp_path):
    path = tmp_path / "task.json.gz"
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    with pytest.raises(DataError, match="expected the keys"):
        read(path)
