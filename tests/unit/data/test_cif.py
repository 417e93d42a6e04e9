"""A crystal is read right from a CIF, or is a bad row that says what contradicts what."""

import warnings
from collections import Counter

import gemmi
import numpy as np
import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure
from pymatgen.io.cif import CifWriter

from gnnpool.data.cif import SAME_ATOM, TWO_ATOMS, read_cif
from gnnpool.data.formats import raw_structure
from gnnpool.data.validate import validate
from gnnpool.errors import DataError

CUBE = (4, 4, 4, 90, 90, 90)
HEXAGONAL = (4.2, 4.2, 14, 90, 90, 120)
RHOMBOHEDRAL = (5, 5, 5, 60.5, 60.5, 60.5)
MONOCLINIC = (4, 5, 6, 90, 100, 90)
SALT = ("Na1 Na 0 0 0", "Cl1 Cl 0.5 0.5 0.5")
TAGS = ("label", "type_symbol", "fract_x", "fract_y", "fract_z")


def cif(*head, cell=CUBE, atoms=SALT, tags=TAGS, operations=()):
    """A CIF of some lines, a cell, operations and atoms."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_x", *head, *(f"_cell_{name} {value}" for name, value in zip(names, cell, strict=True))]
    if operations:
        lines += ["loop_", "_symmetry_equiv_pos_as_xyz", *(f"'{operation}'" for operation in operations)]
    return "\n".join([*lines, "loop_", *(f"_atom_site_{tag}" for tag in tags), *atoms, ""])


def counts(text):
    return dict(Counter(name for site in read_cif(text)["species"] for name in site))


def name(symbol):
    return f"_symmetry_space_group_name_H-M '{symbol}'"


def refusal(text):
    """What the list of bad rows says of a CIF."""
    with pytest.raises(DataError) as refused:
        validate([raw_structure(text, "cif", id="x", target=1.0)], dataset="some", on_bad_row="skip")
    return str(refused.value)


def test_atoms_stand_in_the_order_of_the_file():
    assert read_cif(cif())["species"] == [{"Na": 1.0}, {"Cl": 1.0}]
    np.testing.assert_allclose(read_cif(cif())["lattice"], 4 * np.eye(3), atol=1e-9)


# ---- Symmetry


@pytest.mark.parametrize(
    ("symbol", "cell", "atom", "expected"),
    [
        ("P 21/c", MONOCLINIC, "Ca1 Ca 0.1 0.2 0.3", 4),
        ("P21/c", MONOCLINIC, "Ca1 Ca 0.1 0.2 0.3", 4),
        ("P2_1/c", MONOCLINIC, "Ca1 Ca 0.1 0.2 0.3", 4),
        ("P 2(1)/c", MONOCLINIC, "Ca1 Ca 0.1 0.2 0.3", 4),
        ("P 21/b", (4, 5, 6, 90, 90, 100), "Ca1 Ca 0.1 0.2 0.3", 4),
        ("P -1", (4, 5, 6, 90, 90, 100), "Ca1 Ca 0.1 0.2 0.3", 2),
        ("P 21/n", MONOCLINIC, "Ca1 Ca 0.1 0.2 0.3", 4),
        ("P21", MONOCLINIC, "Ca1 Ca 0.1 0.2 0.3", 2),
        ("C2/m", MONOCLINIC, "Ca1 Ca 0.1 0.2 0.3", 8),
        ("C 2/c", MONOCLINIC, "Ca1 Ca 0.1 0.2 0.3", 8),
        ("F m 3 m", CUBE, "Ca1 Ca 0 0 0", 4),
        ("Fm-3m", CUBE, "Ca1 Ca 0 0 0", 4),
        ("P m -3 m (221)", CUBE, "Ca1 Ca 0.5 0 0", 3),
        ("R -3 m H", HEXAGONAL, "Ca1 Ca 0 0 0", 3),
        ("R -3 m :H", HEXAGONAL, "Ca1 Ca 0 0 0", 3),
        ("R -3 m", HEXAGONAL, "Ca1 Ca 0 0 0", 3),
        ("R -3 m", RHOMBOHEDRAL, "Ca1 Ca 0 0 0", 1),
        ("R -3 m R", RHOMBOHEDRAL, "Ca1 Ca 0 0 0", 1),
        ("F d -3 m :1", CUBE, "C1 C 0 0 0", 8),
        ("F d -3 m S", CUBE, "C1 C 0 0 0", 8),
        ("F d -3 m :2", (8, 8, 8, 90, 90, 90), "C1 C 0 0 0", 16),
        ("F d -3 m Z", (8, 8, 8, 90, 90, 90), "C1 C 0 0 0", 16),
        ("P 1", CUBE, "C1 C 0 0 0", 1),
        ("?", CUBE, "C1 C 0 0 0", 1),
    ],
)
def test_the_group_that_a_symbol_names_is_applied(symbol, cell, atom, expected):
    assert sum(counts(cif(name(symbol), cell=cell, atoms=[atom])).values()) == expected


@pytest.mark.parametrize(
    "head",
    [
        "_symmetry_Int_Tables_number 225",
        "_space_group_IT_number 225",
        "_space_group.IT_number 225",
        "_space_group_name_H-M_alt 'F m -3 m'",
        "_space_group.name_H-M_alt 'F m -3 m'",
        "_symmetry_space_group_name_Hall '-F 4 2 3'",
        "_SYMMETRY_SPACE_GROUP_NAME_H-M 'F m -3 m'",
    ],
)
def test_a_group_is_applied_by_whatever_tag_names_it(head):
    assert counts(cif(head)) == {"Na": 4, "Cl": 4}


def test_every_setting_has_as_many_atoms_as_operations():
    """A general position of each of the 564 settings that have a symbol, by that symbol alone."""
    cells = {
        "triclinic": (50, 52, 54, 80, 85, 95),
        "orthorhombic": (50, 52, 54, 90, 90, 90),
        "tetragonal": (50, 50, 54, 90, 90, 90),
        "trigonal": (50, 50, 54, 90, 90, 120),
        "hexagonal": (50, 50, 54, 90, 90, 120),
        "cubic": (50, 50, 50, 90, 90, 90),
    }
    unique = {"a": (50, 52, 54, 100, 90, 90), "b": (50, 52, 54, 90, 100, 90), "c": (50, 52, 54, 90, 90, 100)}
    wrong = []
    for group in gemmi.spacegroup_table():
        cell = cells.get(group.crystal_system_str()) or unique[group.monoclinic_unique_axis()]
        if group.ext == "R":
            cell = (50, 50, 50, 70, 70, 70)
        text = cif(name(group.xhm()), cell=cell, atoms=["Ca1 Ca 0.13 0.24 0.391"])
        if counts(text) != {"Ca": len(list(group.operations()))}:
            wrong.append(group.xhm())
    assert wrong == []


@pytest.mark.parametrize(
    "loop",
    [
        "_space_group_symop.id\n_space_group_symop.operation_xyz\n1 x,y,z\n2 -x,-y,-z",
        "_space_group_symop_operation_xyz\n'x, y, z'\n'-X, -Y, -Z'",
        "_symmetry_equiv_pos_as_xyz_\nx,y,z\n-x,-y,-z",
        "_space_group_symop_magn_operation.xyz\nx,y,z,+1\n-x,-y,-z,-1",
        "_space_group_symop_magn_centering.xyz\nx,y,z,+1\n"
        "loop_\n_space_group_symop_magn_operation.xyz\nx,y,z,+1\n-x,-y,-z,-1",
    ],
)
def test_operations_are_applied_by_whatever_tag_lists_them(loop):
    text = cif("loop_", *loop.splitlines(), atoms=["Pb1 Pb 0.06 0.25 0.03", "Ga1 Ga 0.35 0.05 0.71"])
    assert counts(text) == {"Pb": 2, "Ga": 2}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (cif(name("F m 3 q")), "space group F m 3 q is unknown; list its operations"),
        (
            cif(name("F m -3 m"), operations=["x,y,z"]),
            "the list of operations contradicts space group F m -3 m",
        ),
        (
            cif(name("F m -3 m"), "_symmetry_Int_Tables_number 1"),
            "space group F m -3 m contradicts space group 1",
        ),
        (
            cif(name("R -3 m H"), cell=RHOMBOHEDRAL),
            "the cell does not have the symmetry of space group R -3 m H",
        ),
        (
            cif(name("F m -3 m"), cell=(4, 4, 5, 90, 90, 90)),
            "the cell does not have the symmetry of space group F",
        ),
        (cif(operations=["x,y,z", "y,z,x"]), "the list of operations has 2 of the 3 that it generates"),
        (cif(name("F d -3 m"), atoms=["C1 C 0 0 0"]), "two origins and the file names none"),
        (
            cif("loop_", "_space_group_symop_ssg_operation_algebraic", "x1,x2,x3,x4"),
            "expected a periodic crystal, found a modulated structure",
        ),
    ],
)
def test_a_symmetry_that_cannot_be_applied_makes_the_row_invalid(text, reason):
    assert reason in refusal(text)


def test_the_formula_decides_between_two_origins():
    head = [name("F d -3 m"), "_chemical_formula_sum C", "_cell_formula_units_Z 8"]
    assert counts(cif(*head, atoms=["C1 C 0 0 0"])) == {"C": 8}
    assert counts(cif(*head, atoms=["C1 C 0.125 0.125 0.125"])) == {"C": 8}


# ---- Special positions

THREEFOLD = ("x,y,z", "-y,x-y,z", "-x+y,-x,z")


@pytest.mark.parametrize("digits", ["0.33 0.67", "0.333 0.667", "0.3333 0.6667", "0.333333 0.666667"])
def test_images_of_a_rounded_special_position_are_one_atom_at_its_exact_place(digits):
    text = cif(
        cell=(13, 13, 5, 90, 90, 120), operations=THREEFOLD, atoms=[f"Si1 Si {digits} 0", "O1 O 0 0 0.5"]
    )
    assert counts(text) == {"Si": 1, "O": 1}
    np.testing.assert_allclose(read_cif(text)["fractional"][0], [1 / 3, 2 / 3, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("apart", "atoms"),
    [(0.0, 1), (0.9 * SAME_ATOM, 1), (1.01 * TWO_ATOMS, 2), (0.5 * (SAME_ATOM + TWO_ATOMS), 0)],
)
def test_images_between_one_atom_and_two_are_refused(apart, atoms):
    text = cif(operations=["x,y,z", "-x,y,z"], atoms=[f"Si1 Si {apart / 8} 0 0"])
    if atoms:
        assert counts(text) == {"Si": atoms}
    else:
        assert "images of Si1 are 0.5 Å apart, expected one atom" in refusal(text)


def test_images_in_a_ring_of_which_only_neighbors_are_near_are_refused():
    """Six images 0.3 Å from their neighbors and 0.6 Å from their opposites are no one atom."""
    sixfold = ["x,y,z", "x-y,x,z", "-y,x-y,z", "-x,-y,z", "-x+y,-x,z", "y,-x+y,z"]
    text = cif(cell=(10, 10, 10, 90, 90, 120), operations=sixfold, atoms=["O1 O 0.03 0 0"])
    assert "images of O1 are 0.3 Å apart" in refusal(text)


# ---- Elements, occupancies and formulas


@pytest.mark.parametrize(
    ("symbol", "element"),
    [("Na", "Na"), ("Na1+", "Na"), ("Na+", "Na"), ("Na+1", "Na"), ("O2-", "O"), ("D", "D"), ("Md", "Md")],
)
def test_the_charge_of_a_symbol_is_dropped(symbol, element):
    assert counts(cif(atoms=[f"a {symbol} 0 0 0"])) == {element: 1}


@pytest.mark.parametrize(
    "symbol", ["VAC", "RE", "Va", "Wat", "Xx", "X", "CL", "na", "?", ".", "M1", "OH", "Cval"]
)
def test_a_symbol_that_is_no_element_makes_the_row_invalid(symbol):
    message = refusal(cif(atoms=[f"x {symbol} 0 0 0", "Br1 Br 0.5 0.5 0.5"]))
    assert "expected an element" in message
    assert "on site 0" in message


@pytest.mark.parametrize("label", ["HO1", "CA1", "OW1", "CL1", "Wat1", "1", "RE"])
def test_a_label_in_which_no_element_is_certain_makes_the_row_invalid(label):
    tags = [tag for tag in TAGS if tag != "type_symbol"]
    assert "expected an element" in refusal(cif(tags=tags, atoms=[f"{label} 0 0 0"]))


@pytest.mark.parametrize(("label", "element"), [("Na1", "Na"), ("O", "O"), ("C12A", "C"), ("Si_1", "Si")])
def test_a_label_names_the_element_where_no_symbol_does(label, element):
    tags = [tag for tag in TAGS if tag != "type_symbol"]
    assert counts(cif(tags=tags, atoms=[f"{label} 0 0 0"])) == {element: 1}


def test_capitals_are_an_element_that_the_formula_names():
    assert counts(cif("_chemical_formula_sum 'Cl Na'", atoms=["A NA 0 0 0", "B CL 0.5 0.5 0.5"])) == {
        "Na": 1,
        "Cl": 1,
    }


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (["_chemical_formula_sum 'Na2 Cl'"], "the formula Cl1 Na2 contradicts the atoms"),
        (["_chemical_formula_sum 'Na Cl O'"], "contradicts the atoms that were read: Cl1 Na1"),
        (
            ["_chemical_formula_sum 'Na Cl'", "_cell_formula_units_Z 4"],
            "the formula Cl1 Na1 (Z = 4) contradicts",
        ),
        (["_chemical_formula_sum 'Na0.9 Cl'"], "the formula Cl1 Na0.9"),
        (["_chemical_formula_sum 'Cl Na'", "_cell_formula_units_Z 4", name("P m -3 m")], "read: Cl1 Na1"),
    ],
)
def test_a_formula_that_contradicts_the_atoms_makes_the_row_invalid(head, message):
    assert message in refusal(cif(*head))


@pytest.mark.parametrize(
    "head",
    [
        ["_chemical_formula_sum 'Cl1 Na1'"],
        ["_chemical_formula_sum 'Na Cl'", "_cell_formula_units_Z 4", name("F m -3 m")],
        ["_chemical_formula_sum 'Na4 Cl4'", "_cell_formula_units_Z 4", name("F m -3 m")],
        ["_chemical_formula_sum 'Na2 Cl2'"],
        ["_chemical_formula_sum 'Na0.5 Cl0.501'"],
        ["_chemical_formula_sum ?", "_cell_formula_units_Z 4"],
        ["_chemical_formula_sum '2(Na Cl)'"],
    ],
)
def test_a_formula_that_agrees_or_is_unreadable_changes_nothing(head):
    assert set(counts(cif(*head))) == {"Na", "Cl"}


def test_the_formula_of_a_peroxide_is_read_as_pymatgen_writes_it():
    """Pymatgen counts two units of Rb2O2 in Rb4 O4."""
    structure = Structure(8 * np.eye(3), ["Rb"] * 4 + ["O"] * 4, np.arange(24).reshape(8, 3) * 5 % 8 / 8)
    assert counts(str(CifWriter(structure))) == {"Rb": 4, "O": 4}


def test_deuterium_is_hydrogen_to_a_formula():
    text = cif("_chemical_formula_sum 'D2 O'", atoms=["H1 H 0 0 0", "D1 D 0.5 0 0", "O1 O 0 0.5 0"])
    assert counts(text) == {"H": 1, "D": 1, "O": 1}


def test_attached_hydrogens_without_a_position_make_the_row_invalid():
    atoms = ["Mg1 Mg2+ 0 0 0 0", "O1 O2- 0.3 0.3 0.3 2"]
    text = cif(tags=[*TAGS, "attached_hydrogens"], atoms=atoms)
    assert "found attached hydrogens without one" in refusal(text)
    assert counts(text.replace("0.3 2", "0.3 0")) == {"Mg": 1, "O": 1}


def test_species_that_share_a_site_are_one_site():
    tags = [*TAGS, "occupancy"]
    iron = ["Fe1 Fe2+ 0 0 0 0.5", "Fe2 Fe3+ 0 0 0 0.5"]
    assert read_cif(cif(tags=tags, atoms=iron))["species"] == [{"Fe": 1.0}]
    message = refusal(cif(tags=tags, atoms=["Fe1 Fe 0 0 0 0.5", "Ni1 Ni 0 0 0 0.5"]))
    assert "species is {'Fe': 0.5, 'Ni': 0.5} on site 0, expected one element with occupancy 1" in message
    for share in ("0", "0.5", "-1", "2"):
        assert "expected one element with occupancy 1" in refusal(
            cif(tags=tags, atoms=[f"Fe1 Fe 0 0 0 {share}"])
        )


# ---- Blocks and text


def test_blocks_without_atoms_are_ignored():
    empty = cif(atoms=["? ? ? ? ?"]).replace("data_x", "data_y")
    assert counts(cif() + empty) == counts(empty + cif()) == {"Na": 1, "Cl": 1}
    assert counts("data_global\n_publ_author_name 'A. B.'\n" + cif()) == {"Na": 1, "Cl": 1}
    assert "expected one crystal, found 0" in refusal(empty)
    assert "expected one crystal, found 2" in refusal(cif() + cif().replace("data_x", "data_y"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("author", ["'Müller, J.'", "Müller", "ü"])
def test_an_author_in_any_encoding_is_ignored(encoding, author):
    row = raw_structure(cif(f"_publ_author_name {author}").encode(encoding), "cif", id="x", target=1.0)
    assert row.species == [{"Na": 1.0}, {"Cl": 1.0}]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "_cell_length_a 4",
            "_cell_length_a -4",
            "expected lengths above 0 and angles between 0 and 180",
        ),
        ("_cell_length_a 4", "", "expected one _cell_length_a, found none"),
        ("_cell_length_a 4", "_cell_length_a 1_0", "expected a number for _cell_length_a, found '1_0'"),
        (
            "_cell_angle_beta 90",
            "_cell_angle_beta 190",
            "expected lengths above 0 and angles between 0 and 180",
        ),
        ("0.5 0.5 0.5", "0.5 0.5 ?", "expected a number for a coordinate of Cl1, found '?'"),
        ("0.5 0.5 0.5", "0.5 0.5", "Wrong number of values in loop"),
        ("_cell_length_a 4", "_cell_length_a 4\n_cell_length_a 5", "duplicate tag"),
    ],
)
def test_a_value_that_is_missing_or_wrong_is_named(old, new, reason):
    assert reason in refusal(cif().replace(old, new))


def test_uncertainties_are_dropped():
    assert read_cif(cif(cell=("4.00(2)", 4, 4, 90, 90, "90.0(1)")))["lattice"][0][0] == pytest.approx(4)


# ---- As pymatgen


@pytest.mark.parametrize("symprec", [None, 1e-3])
def test_good_files_are_read_as_pymatgen_reads_them(symprec, crystals):
    for _, structure, _ in crystals[:12]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = str(CifWriter(structure, symprec=symprec, significant_figures=10))
        found = read_cif(text)
        symbols = [next(iter(site)) for site in found["species"]]
        again = Structure(found["lattice"], symbols, found["fractional"])
        assert again.composition == structure.composition
        assert StructureMatcher(primitive_cell=False, attempt_supercell=False).fit(again, structure)
