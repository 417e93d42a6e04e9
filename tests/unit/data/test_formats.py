import json
import logging
import tracemalloc

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
        structure = structure.get_sorted_structure()  # the order of atoms in CIF and POSCAR
        text = write[form](structure)
        found = raw_structure(text, "json" if form == "ase" else form, id=id_, target=target)
        assert same_crystal(found, structure), found
        assert (found.id, found.target) == (id_, target)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ["", "no crystal", "{}", "[1, 2]", "1\n\nNa 0 0 0\n", 7, b"\xff\xfe"])
def test_an_unreadable_text_makes_the_row_invalid_and_names_the_format(form, text, salt):
    row = raw_structure(text, form, id="broken", target=1.0)
    rows = [salt(), row]
    with pytest.raises(DataError, match=r"some row 2 \(broken\): lattice is") as refused:
        validate(rows, dataset="some", on_bad_row="error")
    if row.lattice is not None:
        assert f"unreadable {form}" in str(refused.value)
    kept, bad = validate(rows, dataset="some", on_bad_row="skip")
    assert kept.ids == ["salt-1"]
    assert {fault.id for fault in bad} == {"broken"}


def test_a_missing_structure_makes_the_row_invalid():
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
    text = "Cu\n1.0\n3 0 0\n0 3 0\n0 0 3\nCu\n1\nSelective dynamics\nDirect\n0.3 0 0 T T T\n"
    with caplog.at_level(logging.INFO, "gnnpool"):
        row = raw_structure(text, "poscar", id="doubtful", target=1.0)
    assert row.species == [{"Cu": 1}]
    assert any("doubtful" in message for message in caplog.messages)


def test_ase_rows_that_are_plain_lists_are_read():
    row = {"cell": [[3, 0, 0], [0, 3, 0], [0, 0, 3]], "numbers": [29], "positions": [[0, 0, 0]]}
    found = raw_structure({"1": row, "ids": [1], "nextid": 2}, "json", id="copper", target=1.0)
    assert found.species == [{29: 1.0}]
    assert np.allclose(found.lattice, 3 * np.eye(3))


SALT = {"lattice": {"matrix": (4 * np.eye(3)).tolist()}, "sites": []}
SALT["sites"] = [
    {"species": [{"element": name, "occu": 1}], "abc": [x] * 3} for name, x in (("Na", 0.0), ("Cl", 0.5))
]
JARVIS = {
    "lattice_mat": (4 * np.eye(3)).tolist(),
    "coords": [[0, 0, 0], [0.5, 0.5, 0.5]],
    "elements": ["Na", "Cl"],
    "cartesian": False,
}
OPTIMADE = {
    "lattice_vectors": (4 * np.eye(3)).tolist(),
    "cartesian_site_positions": [[0, 0, 0], [2, 2, 2]],
    "species_at_sites": ["sodium", "Cl"],
    "species": [
        {"name": "sodium", "chemical_symbols": ["Na"], "concentration": [1.0]},
        {"name": "Cl", "chemical_symbols": ["Cl"], "concentration": [1.0]},
    ],
}


@pytest.mark.parametrize(
    "dictionary",
    [
        SALT,
        {"@class": "ComputedStructureEntry", "energy": -3.0, "structure": SALT},
        JARVIS,
        {"jid": "JVASP-1", "atoms": JARVIS},
        {**JARVIS, "cartesian": True, "coords": [[0, 0, 0], [2, 2, 2]]},
        OPTIMADE,
        {"data": {"id": "1", "attributes": OPTIMADE}},
        {"data": [{"id": "1", "attributes": OPTIMADE}]},
    ],
)
def test_the_dictionaries_of_other_programs_are_read(dictionary):
    rows = [
        raw_structure(form, "json", id="salt", target=1.0) for form in (dictionary, json.dumps(dictionary))
    ]
    for row in rows:
        kept, _ = validate([row], dataset="some", on_bad_row="error")
        assert kept.numbers.tolist() == [11, 17]
        np.testing.assert_allclose(kept.positions, [[0] * 3, [2] * 3], atol=1e-12)


@pytest.mark.parametrize(
    ("dictionary", "reason"),
    [
        ({"composition": {"Na": 1}, "energy": 1}, "found the keys ['composition', 'energy']"),
        ([1, 2], "found list"),
        ({**JARVIS, "elements": "CO"}, "expected a list of elements, found 'CO'"),
        (
            {**OPTIMADE, "species": [{**OPTIMADE["species"][0], "nattached": [3], "attached": ["H"]}]},
            "found atoms attached to sodium",
        ),
        ({"ids": [1, 2], "1": {}, "2": {}}, "expected one crystal, found 2"),
        (
            {"cell": [["4", "0", "0"]] * 3, "numbers": [1], "positions": [[0, 0, 0]]},
            "expected numbers, found",
        ),
    ],
)
def test_another_dictionary_makes_the_row_invalid_that_names_what_is_read(dictionary, reason):
    row = raw_structure(dictionary, "json", id="odd", target=1.0)
    assert reason in row.lattice
    if "keys" in reason:
        for program in ("pymatgen", "ASE", "JARVIS", "OPTIMADE"):
            assert program in row.lattice


def test_an_atomic_number_between_two_elements_makes_the_row_invalid():
    row = {"cell": np.eye(3).tolist(), "numbers": [11.5], "positions": [[0, 0, 0]]}
    with pytest.raises(DataError, match=r"species is 11\.5 on site 0, expected an element"):
        validate([raw_structure(row, "json", id="x", target=1.0)], dataset="some", on_bad_row="error")


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"sites": [], "sites": []}', '{"data": ' * 900 + "1" + "}" * 900],
    ids=["deep", "twice", "deep answer"],
)
def test_odd_json_makes_the_row_invalid(text):
    assert "unreadable json" in raw_structure(text, "json", id="x", target=1.0).lattice


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_the_title_of_an_xyz_is_ignored(encoding):
    text = '1\nLattice="4 0 0 0 4 0 0 0 4" title=Müller\'s Properties=species:S:1:pos:R:3\nNa 0 0 0\n'
    assert raw_structure(text.encode(encoding), "xyz", id="x", target=1.0).species == [{"Na": 1.0}]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("4 0 0 0", "1_0 0 0 0", "expected a number, found '1_0'"),
        ("Na 0 0 0", "Na 1_0 0 0", "expected a number, found '1_0'"),
        ("1\n", "0_1\n", "expected 0_1 atoms, found 1 lines"),
        ("Lattice", "Cell", "expected Lattice in the second line"),
        ("species:S", "kind:S", "expected species in the second line"),
    ],
)
def test_an_xyz_that_lacks_something_names_it(old, new, reason):
    text = '1\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3\nNa 0 0 0\n'
    assert raw_structure(text, "xyz", id="x", target=1.0).species == [{"Na": 1.0}]
    assert reason in raw_structure(text.replace(old, new, 1), "xyz", id="x", target=1.0).lattice


def test_xyz_with_a_line_too_few_is_refused(crystals):
    text = extended_xyz(crystals[0][1])
    row = raw_structure("\n".join(text.splitlines()[:-1]), "xyz", id="short", target=1.0)
    assert "unreadable xyz" in row.lattice
    assert "atoms, found" in row.lattice


def test_elements_of_a_poscar_that_names_none_are_not_invented():
    """Pymatgen would take hydrogen and helium."""
    old = "NaCl\n1.0\n4 0 0\n0 4 0\n0 0 4\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n"
    row = raw_structure(old, "poscar", id="salt", target=1.0)
    assert "Elements in POSCAR cannot be determined" in row.lattice
    named = old.replace("0 0 0\n0.5", "0 0 0 Na\n0.5").replace("0.5\n", "0.5 Cl\n")
    assert raw_structure(named, "poscar", id="salt", target=1.0).species == [{"Na": 1}, {"Cl": 1}]


POSCAR = "title\n1.0\n4 0 0\n0 4 0\n0 0 4\nNa Cl\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n"


@pytest.mark.parametrize("symbol", ["Na", "Na_pv", "Na_sv/f474ac0d", "Na1+"])
def test_the_potential_of_a_poscar_is_dropped(symbol):
    row = raw_structure(POSCAR.replace("Na Cl", f"{symbol} Cl"), "poscar", id="salt", target=1.0)
    assert row.species == [{"Na": 1}, {"Cl": 1}]


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("count", ["40000000", "+40000000"])
def test_a_poscar_that_says_it_has_many_atoms_takes_no_memory_for_them(count, old):
    text = POSCAR.replace("1 1", f"1 {count}").replace("Na Cl\n", "" if old else "Na Cl\n")
    tracemalloc.start()
    row = raw_structure(text, "poscar", id="salt", target=1.0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count in row.lattice
    assert most < 2**20


@pytest.mark.parametrize("symbol", ["VAC", "RE", "HO", "CL", "X", "Wat"])
def test_a_symbol_of_a_poscar_that_is_no_element_makes_the_row_invalid(symbol):
    row = raw_structure(POSCAR.replace("Na Cl", f"{symbol} Cl"), "poscar", id="salt", target=1.0)
    assert f"expected an element, found '{symbol}'" in row.lattice


@pytest.mark.parametrize(
    ("old", "new"), [("4 0 0", "1_0 0 0"), ("0.5 0.5 0.5", "0.5 0.5 0_5"), ("1 1", "1 0_1")]
)
def test_underscores_make_no_number_of_a_poscar(old, new):
    row = raw_structure(POSCAR.replace(old, new, 1), "poscar", id="salt", target=1.0)
    assert "expected a number, found " in row.lattice


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_the_title_of_a_poscar_is_ignored(encoding):
    text = POSCAR.replace("title", "Müller's salt of 1_000 K")
    row = raw_structure(text.encode(encoding), "poscar", id="salt", target=1.0)
    assert row.species == [{"Na": 1}, {"Cl": 1}]
