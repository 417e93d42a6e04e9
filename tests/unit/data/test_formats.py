import logging

import numpy as np
import pytest
from pymatgen.io.cif import CifWriter
from pymatgen.io.vasp import Poscar

from gnnpool.data.formats import FORMS, raw_structure
from gnnpool.data.validate import validate
from gnnpool.errors import DataError


def extended_xyz(structure):
    lattice = " ".join(map(repr, structure.lattice.matrix.ravel().tolist()))
    lines = [f"{site.specie.symbol} 0.5 {' '.join(map(repr, site.coords.tolist()))}" for site in structure]
    head = f'Lattice="{lattice}" Properties=species:S:1:charge:R:1:pos:R:3 pbc="T T T" name="some salt"'
    return "\n".join([str(len(structure)), head, *lines, ""])


@pytest.fixture
def write(ase_json):
    """The text of a structure in a form."""
    return {
        "cif": lambda structure: str(CifWriter(structure, significant_figures=10)),
        "poscar": lambda structure: Poscar(structure).get_str(significant_figures=12),
        "json": lambda structure: structure.to_json(),
        "ase": ase_json,
        "xyz": extended_xyz,
    }


@pytest.mark.parametrize("form", ["cif", "poscar", "json", "ase", "xyz"])
def test_a_structure_survives_every_form(form, crystals, write, same_crystal):
    for id_, structure, target in crystals[:9]:
        structure = structure.get_sorted_structure()  # as readers of CIF and POSCAR tell it
        text = write[form](structure)
        found = raw_structure(text, "json" if form == "ase" else form, id=id_, target=target)
        assert same_crystal(found, structure), found
        assert (found.id, found.target) == (id_, target)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ["", "no crystal", "{}", "[1, 2]", "1\n\nNa 0 0 0\n", 7, b"\xff\xfe"])
def test_an_unreadable_text_is_a_bad_row_that_tells_the_form(form, text, salt):
    row = raw_structure(text, form, id="broken", target=1.0)
    rows = [salt(), row]
    with pytest.raises(DataError, match=r"some row 2 \(broken\): lattice is") as refused:
        validate(rows, dataset="some", on_bad_row="error")
    if row.lattice is not None:
        assert f"unreadable {form}" in str(refused.value)
    kept, bad = validate(rows, dataset="some", on_bad_row="skip")
    assert kept.ids == ["salt-1"]
    assert {fault.id for fault in bad} == {"broken"}


def test_a_missing_structure_is_a_bad_row():
    with pytest.raises(DataError, match=r"some row 1 \(gone\): lattice is None"):
        validate([raw_structure(None, "cif", id="gone", target=1.0)], dataset="some", on_bad_row="error")


def test_a_site_with_two_species_is_refused(crystals):
    _, structure, _ = crystals[0]
    disordered = structure.copy()
    disordered[0] = {"Li": 0.5, "Na": 0.5}
    row = raw_structure(disordered.to_json(), "json", id="alloy", target=1.0)
    with pytest.raises(DataError, match=r"on site 0, expected one element with occupancy 1"):
        validate([row], dataset="some", on_bad_row="error")


def test_doubts_of_a_parser_are_logged_and_no_error(caplog):
    text = """data_copper
        _cell_length_a 3
        _cell_length_b 3
        _cell_length_c 3
        _cell_angle_alpha 90
        _cell_angle_beta 90
        _cell_angle_gamma 90
        loop_
        _atom_site_label
        _atom_site_fract_x
        _atom_site_fract_y
        _atom_site_fract_z
        Cu 0.3333 0.0 0.0
    """
    text = "\n".join(line.strip() for line in text.splitlines())
    with caplog.at_level(logging.INFO, "gnnpool"):
        row = raw_structure(text, "cif", id="doubtful", target=1.0)
    assert row.species == [{"Cu": 1}]
    assert any("doubtful" in message for message in caplog.messages)


def test_ase_rows_that_are_plain_lists_are_read():
    row = {"cell": [[3, 0, 0], [0, 3, 0], [0, 0, 3]], "numbers": [29], "positions": [[0, 0, 0]]}
    found = raw_structure({"1": row, "ids": [1], "nextid": 2}, "json", id="copper", target=1.0)
    assert found.species == [{29: 1.0}]
    assert np.allclose(found.lattice, 3 * np.eye(3))


def test_xyz_with_a_line_too_few_is_refused(crystals):
    text = extended_xyz(crystals[0][1])
    row = raw_structure("\n".join(text.splitlines()[:-1]), "xyz", id="short", target=1.0)
    assert "unreadable xyz" in row.lattice
    assert "atoms, found" in row.lattice


CIF = """data_salt
_cell_length_a 4
_cell_length_b 4
_cell_length_c 4
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_type_symbol
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na Na1 0 0 0 1
Cl Cl1 0.5 0.5 0.5 1
"""


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Na Na1", "? Na1", "atoms without a known symbol or occupancy: Na1"),
        ("Na Na1", ". Na1", "atoms without a known symbol or occupancy: Na1"),
        ("0 0 0 1", "0 0 0 0", "atoms without a known symbol or occupancy: Na1"),
        ("0 0 0 1", "0 0 0 -1", "atoms without a known symbol or occupancy: Na1"),
        ("Na Na1", "Wat Na1", "hydrogen atoms without a position"),
        ("_length_a 4", "_length_a -4", "expected lengths above zero, found [-4.0, 4.0, 4.0]"),
        ("Cl Cl1 0.5 0.5 0.5 1\n", CIF.replace("data_salt", "data_again"), "expected one crystal, found 2"),
    ],
)
def test_nothing_of_a_cif_is_left_out_or_made_up(old, new, reason):
    """Pymatgen passes over such atoms and crystals with a warning, or without one."""
    good = raw_structure(CIF, "cif", id="salt", target=1.0)
    assert good.species == [{"Na": 1}, {"Cl": 1}]
    assert CIF.count(old) == 1
    row = raw_structure(CIF.replace(old, new), "cif", id="salt", target=1.0)
    assert row.lattice == f"unreadable cif (ValueError: {reason})"


def test_atoms_that_symmetry_makes_are_there():
    text = CIF.replace("loop_", "_symmetry_Int_Tables_number 225\nloop_")
    assert raw_structure(text, "cif", id="salt", target=1.0).species == [{"Na": 1}] * 4 + [{"Cl": 1}] * 4


def test_elements_of_a_poscar_that_tells_none_are_not_made_up():
    """Pymatgen would take hydrogen and helium."""
    old = "NaCl\n1.0\n4 0 0\n0 4 0\n0 0 4\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n"
    row = raw_structure(old, "poscar", id="salt", target=1.0)
    assert "Elements in POSCAR cannot be determined" in row.lattice
    named = old.replace("0 0 0\n0.5", "0 0 0 Na\n0.5").replace("0.5\n", "0.5 Cl\n")
    assert raw_structure(named, "poscar", id="salt", target=1.0).species == [{"Na": 1}, {"Cl": 1}]
