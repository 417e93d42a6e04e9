import ase.build
import ase.io
import pytest
from ase.calculators.singlepoint import SinglePointCalculator

from gnnpool.data.sources.extxyz import read
from gnnpool.data.validate import validate
from gnnpool.errors import DataError


@pytest.fixture
def write(tmp_path):
    """Four salts as ASE writes them, with the energy of the calculator; lines may be changed."""

    def _write(change=lambda lines: lines):
        images = []
        for number in range(4):
            salt = ase.build.bulk("NaCl", "rocksalt", a=5.6 + number / 10)
            salt.info = {"name": f"salt {number}", "gap": 5.0 + number, "relaxed": True, "note": 'a "b" = c'}
            salt.calc = SinglePointCalculator(salt, energy=-float(number), forces=salt.positions * 0)
            images.append(salt)
        path = tmp_path / "salts.xyz"
        ase.io.write(path, images, format="extxyz")
        path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
        return path

    return _write


@pytest.mark.parametrize(("target", "first"), [("energy", 0.0), ("gap", 5.0)])
def test_every_structure_is_read_with_a_key_of_its_second_line(target, first, write):
    rows = read(write(), target=target, id="name")
    assert [row.id for row in rows] == ["salt 0", "salt 1", "salt 2", "salt 3"]
    assert [abs(row.target) for row in rows] == [first, first + 1, first + 2, first + 3]
    kept, _ = validate(rows, dataset="salts", on_bad_row="error")
    assert kept.lattices[3][0] == pytest.approx([0, 2.95, 2.95])
    assert kept.numbers.tolist() == [11, 17] * 4


def test_without_names_a_structure_is_named_by_its_number(write):
    assert [row.id for row in read(write(), target="energy")] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda lines: lines[:-1],
            r"row 4 \(4\): lattice is unreadable xyz .*expected 2 atoms, found 1 lines",
        ),
        (lambda lines: [*lines[:2], "Na 0 0", *lines[3:]], "row 1 .*positions is .*finite numbers of shape"),
        (
            lambda lines: [lines[0], lines[1] + ' odd="', *lines[2:]],
            r"row 1 \(1\): lattice is unreadable xyz",
        ),
        (
            lambda lines: [line.replace("energy=-2.0", "energy=low") for line in lines],
            "row 3 .*target is 'low'",
        ),
        (lambda lines: [line.replace("energy=-2.0", "") for line in lines], "row 3 .*target is None"),
    ],
)
def test_a_structure_that_cannot_be_used_is_one_invalid_row(change, fault, write):
    rows = read(write(change), target="energy")
    with pytest.raises(DataError, match=f"salts {fault}"):
        validate(rows, dataset="salts", on_bad_row="error")
    kept, _ = validate(rows, dataset="salts", on_bad_row="skip")
    assert len(kept) == 3


def test_lines_after_a_wrong_number_of_atoms_are_refused_with_their_number(write):
    with pytest.raises(DataError, match=r"salts\.xyz: line 4: expected the number of atoms .*, found 'Cl  "):
        read(write(lambda lines: ["1", *lines[1:]]), target="energy")


@pytest.mark.parametrize("options", [{"target": "efermi"}, {"target": "gap", "id": "efermi"}])
def test_a_key_that_no_structure_has_is_refused_with_those_that_exist(options, write):
    with pytest.raises(
        DataError,
        match=r"the key 'efermi', found none among 4, which have the keys Lattice, Prop.* energy, gap, na",
    ):
        read(write(), **options)
