import sqlite3

import ase
import ase.db
import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator

from gnnpool.data.sources import c2db
from gnnpool.data.sources.ase_db import read
from gnnpool.data.validate import validate
from gnnpool.errors import DataError


@pytest.fixture
def database(tmp_path, crystals, write_ase_database):
    """Six rows, of which four have a work function."""
    rows = [
        (f"{number:032x}", structure, {"workfunction": 4.0 + number} if number % 3 else {"gap": 1.0})
        for number, (_, structure, _) in enumerate(crystals[:6])
    ]
    return write_ase_database(tmp_path / "c2db.db", rows)


def test_rows_with_a_work_function_are_the_dataset(database, crystals, same_crystal):
    rows = c2db.read(database)
    assert [row.target for row in rows] == [5.0, 6.0, 8.0, 9.0]
    assert [row.id for row in rows] == [f"{number:032x}" for number in (1, 2, 4, 5)]
    for row, number in zip(rows, (1, 2, 4, 5), strict=True):
        assert same_crystal(row, crystals[number][1])
    structures, bad = validate(rows, dataset="2d", on_bad_row="error")
    assert (len(structures), bad) == (4, [])


def test_a_row_is_named_by_its_uid_if_it_has_one(tmp_path, crystals, write_ase_database):
    rows = [("a" * 32, crystals[0][1], {"workfunction": 4.2, "uid": "NaCl-1"})]
    assert [row.id for row in c2db.read(write_ase_database(tmp_path / "c2db.db", rows))] == ["NaCl-1"]


def test_a_uid_in_digits_is_a_name(tmp_path, crystals, write_ase_database):
    rows = [("a" * 32, crystals[0][1], {"workfunction": 4.2, "uid": 17})]
    assert [row.id for row in c2db.read(write_ase_database(tmp_path / "c2db.db", rows))] == ["17"]


def test_another_key_may_be_the_target(database):
    assert [row.target for row in read(database, key="gap")] == [1.0, 1.0]


@pytest.mark.parametrize("ending", ["db", "json"])
def test_a_result_of_the_calculator_may_be_the_target(ending, tmp_path, crystals, same_crystal):
    path = tmp_path / f"mine.{ending}"
    database = ase.db.connect(path)
    for number, (_, structure, _) in enumerate(crystals[:4]):
        atoms = ase.Atoms(structure.atomic_numbers, structure.cart_coords, cell=structure.lattice.matrix)
        if number:
            atoms.calc = SinglePointCalculator(atoms, energy=-float(number), free_energy=-2.0 * number)
        database.write(atoms, gap=1.0)
    rows = read(path, key="energy")
    assert [row.target for row in rows] == [-1.0, -2.0, -3.0]
    assert all(same_crystal(row, one) for row, (_, one, _) in zip(rows, crystals[1:4], strict=True))
    assert [row.target for row in read(path, key="free_energy")] == [-2.0, -4.0, -6.0]
    with pytest.raises(DataError, match="none among 4 rows, which have the keys energy, free_energy, gap"):
        read(path, key="efermi")


@pytest.mark.parametrize("ending", ["db", "json"])
def test_a_key_of_data_is_the_target_only_if_no_row_has_it_as_a_pair(ending, tmp_path, crystals):
    path = tmp_path / f"mine.{ending}"
    database = ase.db.connect(path)
    for number, (_, structure, _) in enumerate(crystals[:3]):
        atoms = ase.Atoms(structure.atomic_numbers, structure.cart_coords, cell=structure.lattice.matrix)
        pairs = {"gap": 1.0} if number else {}
        database.write(atoms, **pairs, data={"gap": 2.0, "efermi": 3.0 + number, "bands": np.zeros(3)})
    assert [row.target for row in read(path, key="efermi")] == [3.0, 4.0, 5.0]
    assert [row.target for row in read(path, key="gap")] == [1.0, 1.0]
    with pytest.raises(DataError, match="none among 3 rows, which have the keys bands, efermi, gap"):
        read(path, key="energy")
    with pytest.raises(DataError, match=r"row 1 \(.*\): target is \[0\.0, 0\.0, 0\.0\], expected a finite"):
        validate(read(path, key="bands"), dataset="mine", on_bad_row="skip")


def test_the_file_is_only_read(database):
    before = database.read_bytes()
    database.chmod(0o444)
    c2db.read(database)
    assert database.read_bytes() == before
    assert [path.name for path in database.parent.iterdir()] == ["c2db.db"]


def test_no_row_with_the_key_is_reported(database):
    with pytest.raises(DataError, match=r"c2db\.db: expected rows with the key 'efermi', found none among 6"):
        read(database, key="efermi")


@pytest.mark.parametrize("value", [None, "4.2", float("nan"), True])
def test_a_work_function_that_is_no_number_makes_the_row_invalid(
    value, tmp_path, crystals, write_ase_database
):
    rows = [("a" * 32, crystals[0][1], {"workfunction": value})]
    rows = c2db.read(write_ase_database(tmp_path / "c2db.db", rows))
    with pytest.raises(DataError, match=r"2d row 1 \(a+\): target is .*, expected a finite number"):
        validate(rows, dataset="2d", on_bad_row="error")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("positions", b"\x00" * 23),
        ("cell", b"\x00" * 64),
        ("cell", None),
        ("numbers", b"\x01\x02"),
        ("key_value_pairs", "{workfunction"),
        ("key_value_pairs", '["workfunction"]'),
        ("key_value_pairs", "[" * 2_000),
        ("key_value_pairs", None),
    ],
)
def test_a_damaged_row_is_reported_with_its_number(column, value, database):
    connection = sqlite3.connect(database)
    connection.execute(f"UPDATE systems SET {column} = ? WHERE id = 2", (value,))
    connection.commit()
    connection.close()
    with pytest.raises(DataError, match=r"c2db\.db: row 2 is damaged: "):
        c2db.read(database)


@pytest.mark.parametrize(
    "content", [b"", b"<html>sign in</html>" * 100, b"SQLite format 3\x00" + b"\x00" * 999]
)
def test_a_file_that_is_no_ase_database_is_refused(content, tmp_path):
    (tmp_path / "c2db.db").write_bytes(content)
    with pytest.raises(DataError, match=r"c2db\.db: expected an ASE database \(SQLite or JSON\), found: "):
        c2db.read(tmp_path / "c2db.db")


def test_a_missing_file_is_reported_and_not_made(tmp_path):
    with pytest.raises(DataError, match=r"c2db\.db: expected an ASE database"):
        c2db.read(tmp_path / "c2db.db")
    assert list(tmp_path.iterdir()) == []


def test_a_database_written_by_ase_is_read(tmp_path, crystals, same_crystal):
    database = ase.db.connect(tmp_path / "c2db.db")
    for number, (_, structure, _) in enumerate(crystals[:6]):
        atoms = ase.Atoms(
            structure.atomic_numbers,
            structure.cart_coords,
            cell=structure.lattice.matrix,
            pbc=(True, True, False),
        )
        pairs = {"workfunction": 4.0 + number} if number % 2 else {"gap": np.float64(1.0)}
        database.write(atoms, **pairs, data={"bands": np.zeros((2, 3))})
    rows = c2db.read(tmp_path / "c2db.db")
    assert [row.target for row in rows] == [5.0, 7.0, 9.0]
    assert [row.id for row in rows] == [row.unique_id for row in database.select("workfunction")]
    for row, number in zip(rows, (1, 3, 5), strict=True):
        assert same_crystal(row, crystals[number][1])
