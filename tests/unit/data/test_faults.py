"""Whatever can be wrong with a structure, a target or a name, in every kind of file that can say it."""

import csv
import gzip
import json
import logging
import math
import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass, field

import ase.db
import numpy as np
import pyarrow as pa
import pytest
from ase import Atoms
from pymatgen.core import Element

from gnnpool.artifacts import read_json, write_table
from gnnpool.data.structure import read_structures
from gnnpool.errors import DataError

nan, inf = math.nan, math.inf
A, B, C = [4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]
GOOD = {
    "lattice": [A, B, C],
    "species": [{"Na": 1.0}, {"Cl": 1.0}],
    "fractional": [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]],
    "target": -3.9,
}


# ---- One writer for each form of raw file: rows in, the file and the options of its reader out.


def positions(row):
    lattice = GOOD["lattice"] if row["lattice"] is None else row["lattice"]
    with np.errstate(invalid="ignore"):
        return np.array(row["fractional"], dtype=float).reshape(-1, 3) @ np.array(lattice)


def symbols(row):
    return [next(iter(site)) for site in row["species"]]


def numbers(row):
    return [0 if symbol == "X" else Element(symbol).Z for symbol in symbols(row)]


def matbench(folder, rows):
    def dictionary(row):
        sites = [
            {"species": [{"element": name, "occu": share} for name, share in site.items()], "abc": place}
            for site, place in zip(row["species"], row["fractional"], strict=True)
        ]
        for site in sites:
            for one in site["species"]:
                if one["element"].endswith("+"):
                    one |= {"element": one["element"].rstrip("1+"), "oxidation_state": 1}
        return {"lattice": row["lattice"] and {"matrix": row["lattice"]}, "sites": sites}

    content = {
        "index": [row["id"] for row in rows],
        "columns": ["structure", "energy"],
        "data": [[dictionary(row), row["target"]] for row in rows],
    }
    (folder / "task.json.gz").write_bytes(gzip.compress(json.dumps(content).encode()))
    return folder / "task.json.gz", {}


def cif(row):
    lines = ["data_salt"]
    if row["lattice"] is not None:
        lattice = np.array(row["lattice"])
        lengths = np.linalg.norm(lattice, axis=1) * row.get("sign", 1)
        with np.errstate(invalid="ignore"):
            cosines = (lattice @ lattice.T) / np.outer(lengths, lengths)
            angles = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
        lines += [f"_cell_length_{name} {length}" for name, length in zip("abc", lengths, strict=True)]
        lines += [f"_cell_angle_{name} {angles[i, j]}" for name, i, j in CIF_ANGLES]
    lines += ["loop_", *(f"_atom_site_{name}" for name in ("type_symbol", "label", *CIF_NUMBERS))]
    for number, (site, place) in enumerate(zip(row["species"], row["fractional"], strict=True)):
        lines += [f"{name} {name}{number} {' '.join(map(str, [*place, n]))}" for name, n in site.items()]
    return "\n".join([*lines, ""])


CIF_ANGLES = [("alpha", 1, 2), ("beta", 0, 2), ("gamma", 0, 1)]
CIF_NUMBERS = ["fract_x", "fract_y", "fract_z", "occupancy"]


def poscar(row):
    lines = ["salt", "1.0"]
    lines += [" ".join(map(str, vector)) for vector in row["lattice"] or []]
    lines += [" ".join(symbols(row)), " ".join("1" for _ in symbols(row)), "Direct"]
    lines += [" ".join(map(str, place)) for place in row["fractional"]]
    return "\n".join([*lines, ""])


def xyz(row):
    lattice = "" if row["lattice"] is None else f'Lattice="{" ".join(map(str, np.ravel(row["lattice"])))}" '
    lines = [str(len(row["species"])), f"{lattice}Properties=species:S:1:pos:R:3"]
    lines += [f"{name} {x} {y} {z}" for name, (x, y, z) in zip(symbols(row), positions(row), strict=True)]
    return "\n".join([*lines, ""])


def table_of_cif(folder, rows):
    with open(folder / "mine.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "structure", "energy"])
        writer.writerows(
            [row["id"], cif(row), "" if row["target"] is None else row["target"]] for row in rows
        )
    return folder / "mine.csv", {"target": "energy", "id": "name"}


def folder_of(form, ending):
    def write(folder, rows):
        with zipfile.ZipFile(folder / "mine.zip", "w") as archive:
            table = [f"{row['id']},{'' if row['target'] is None else row['target']}\n" for row in rows]
            archive.writestr("targets.csv", "".join(table))
            for row in {row["id"]: row for row in rows}.values():
                archive.writestr(f"{row['id']}{ending}", form(row))
        return folder / "mine.zip", {}

    return write


def matdeeplearn(folder, rows):
    content = [
        {
            "structure_id": row["id"],
            "cell": row["lattice"],
            "atomic_numbers": numbers(row),
            "positions": positions(row).tolist(),
            "y": row["target"],
        }
        for row in rows
    ]
    (folder / "data.json").write_text(json.dumps(content))
    return folder / "data.json", {}


def c2db(folder, rows):
    (folder / "c2db.db").unlink(missing_ok=True)
    with ase.db.connect(folder / "c2db.db") as database:
        for _ in rows:
            database.write(Atoms("H"))
    with closing(sqlite3.connect(folder / "c2db.db")) as database:
        for place, row in enumerate(rows, start=1):
            values = [
                np.array(numbers(row), "<i4").tobytes(),
                positions(row).astype("<f8").tobytes(),
                # ASE's way to say that there is no cell.
                np.array(row["lattice"] or np.zeros((3, 3)), "<f8").tobytes(),
                json.dumps({"workfunction": row["target"], "uid": row["id"]}),
                place,
            ]
            database.execute(
                "UPDATE systems SET numbers = ?, positions = ?, cell = ?, key_value_pairs = ? WHERE id = ?",
                values,
            )
        database.commit()
    return folder / "c2db.db", {}


def extxyz(folder, rows):
    frames = []
    for row in rows:
        count, comment, *atoms = xyz(row).splitlines()
        target = "" if row["target"] is None else row["target"]
        frames += [count, f'{comment} name="{row["id"]}" energy="{target}"', *atoms]
    (folder / "mine.xyz").write_text("\n".join([*frames, ""]))
    return folder / "mine.xyz", {"target": "energy", "id": "name"}


def optimade(folder, rows):
    data = [
        {
            "type": "structures",
            "id": row["id"],
            "attributes": {
                "lattice_vectors": row["lattice"],
                "cartesian_site_positions": positions(row).tolist(),
                "species_at_sites": [str(place) for place, _ in enumerate(row["species"])],
                "species": [
                    {"name": str(place), "chemical_symbols": [*site], "concentration": [*site.values()]}
                    for place, site in enumerate(row["species"])
                ],
                "_mine_energy": row["target"],
            },
        }
        for row in rows
    ]
    (folder / "mine.json").write_text(json.dumps({"data": data, "meta": {"api_version": "1.2.0"}}))
    return folder / "mine.json", {"target": "_mine_energy"}


FORMS = {
    "matbench": ("matbench", matbench),
    "cif": ("table", table_of_cif),
    "poscar": ("folder", folder_of(poscar, ".vasp")),
    "xyz": ("folder", folder_of(xyz, ".xyz")),
    "matdeeplearn": ("matdeeplearn", matdeeplearn),
    "c2db": ("c2db", c2db),
    "extxyz": ("extxyz", extxyz),
    "optimade": ("optimade", optimade),
}
# Forms with the same messages.
ALIKE = {"extxyz": "xyz"}
NUMBERS_ONLY = {"matdeeplearn", "c2db"}
ONE_SPECIES = {"poscar", "xyz", "extxyz", *NUMBERS_ONLY}


@pytest.fixture
def build(tmp_path, build_in):
    """Build three salts of which the second is changed, from a file of a form."""

    def _build(form, change, on_bad_row):
        rows = [{**GOOD, "id": "salt-1"}, {**GOOD, "id": "salt-2", **change}, {**GOOD, "id": "salt-3"}]
        source, write = FORMS[form]
        raw, options = write(tmp_path, rows)
        entry = {"source": source, "target": "energy", "unit": "eV", "structures": 3, "options": options}
        structures, manifest = build_in(tmp_path / "out", raw, entry, on_bad_row=on_bad_row)
        return read_structures(structures), read_json(manifest)

    return _build


@dataclass
class Fault:
    """A change of a good row, and the reported field, value and expectation; other text in some forms."""

    change: dict
    reported: str
    other: dict = field(default_factory=dict)
    not_in: set = field(default_factory=set)


def cases(faults):
    return [
        pytest.param(
            form, fault.change, fault.other.get(ALIKE.get(form, form), fault.reported), id=f"{name}-{form}"
        )
        for name, fault in faults.items()
        for form in FORMS
        if form not in fault.not_in
    ]


FINITE = r", expected finite numbers of shape \(3, 3\)"
UNREADABLE = {
    form: rf"lattice is unreadable {form} \(.*, expected a structure" for form in ("cif", "poscar", "xyz")
}
ELEMENT = ", expected an element of number 1 to 100"
STRUCTURE_FAULTS = {
    "1 lattice of NaN": Fault(
        {"lattice": [[nan, 0, 0], B, C]},
        r"lattice is \[\[nan, .*" + FINITE,
        {"cif": UNREADABLE["cif"]},
    ),
    "2 infinite lattice": Fault(
        {"lattice": [[inf, 0, 0], B, C]},
        r"lattice is \[\[inf, .*" + FINITE,
        {"cif": UNREADABLE["cif"]},
    ),
    "3 coordinate of NaN": Fault(
        {"fractional": [[nan, 0, 0], [0.5] * 3]},
        r"positions is \[\[nan, .*, expected finite numbers of shape \(2, 3\)",
        {
            "matbench": r"fractional is \[\[nan, .*, expected finite numbers of shape \(2, 3\)",
            "cif": UNREADABLE["cif"],
        },
    ),
    "4 no volume": Fault(
        {"lattice": [A, B, [4.0, 4.0, 0.0]]},
        r"lattice is \[\[4\.0, .*, expected a volume above zero",
        {"cif": r"lattice is .* Å high, expected at least 1\.0 Å"},
    ),
    "4 negative length": Fault(
        {"sign": -1},
        r"lattice is unreadable cif \(ValueError: expected lengths above 0 and angles .*",
        not_in={*FORMS} - {"cif"},
    ),
    "5 coincident atoms": Fault(
        {"fractional": [[0.2, 0, 0], [0.2, 0, 0.01]]},
        r"fractional is such that atoms 0 and 1 are 0\.04 Å apart, expected at least 0\.1 Å",
    ),
    "5 atoms at the same place": Fault(
        {"fractional": [[0.2, 0, 0], [0.2, 0, 0]]},
        r"fractional is such that atoms 0 and 1 are 0 Å apart, expected at least 0\.1 Å",
    ),
    "6 unknown element": Fault(
        {"species": [{"Qq": 1.0}, {"Cl": 1.0}]},
        "species is 'Qq' on site 0" + ELEMENT,
        {"poscar": r"lattice is unreadable poscar \(ValueError: expected an element, found 'Qq'\).*"},
        not_in=NUMBERS_ONLY,
    ),
    "6 no element": Fault(
        {"species": [{"?": 1.0}, {"Cl": 1.0}]},
        r"species is '\?' on site 0" + ELEMENT,
        {"poscar": UNREADABLE["poscar"]},
        not_in=NUMBERS_ONLY,
    ),
    "7 dummy": Fault(
        {"species": [{"X": 1.0}, {"Cl": 1.0}]},
        "species is 'X' on site 0" + ELEMENT,
        dict.fromkeys(NUMBERS_ONLY, "species is 0 on site 0" + ELEMENT) | {"poscar": UNREADABLE["poscar"]},
    ),
    "9 partial occupancy": Fault(
        {"species": [{"Na": 0.5}, {"Cl": 1.0}]},
        r"species is \{'Na': 0\.5\} on site 0, expected one element with occupancy 1",
        not_in=ONE_SPECIES,
    ),
    "9 two species on a site": Fault(
        {"species": [{"Na": 0.5, "K": 0.5}, {"Cl": 1.0}]},
        r"species is \{'Na': 0\.5, 'K': 0\.5\} on site 0, expected one element with occupancy 1",
        not_in=ONE_SPECIES,
    ),
    "9 no occupancy": Fault(
        {"species": [{"Na": 0.0}, {"Cl": 1.0}]},
        r"species is \{'Na': 0\.0\} on site 0, expected one element with occupancy 1",
        not_in=ONE_SPECIES,
    ),
    "11 empty structure": Fault(
        {"species": [], "fractional": []},
        r"species is \[\], expected at least one atom",
        {form: UNREADABLE[form] for form in ("cif", "poscar")},
    ),
    "12 missing lattice": Fault(
        {"lattice": None},
        r"lattice is None" + FINITE,
        {
            **UNREADABLE,
            "c2db": r"lattice is \[\[0\.0, .*, expected a volume above zero",
        },
    ),
    "13 atomic number above 100": Fault(
        {"species": [{"Md": 1.0}, {"Cl": 1.0}]},
        "species is 'Md' on site 0" + ELEMENT,
        dict.fromkeys(NUMBERS_ONLY, "species is 101 on site 0" + ELEMENT),
    ),
    "14 cell of 0.6 Å": Fault(
        {"lattice": [[0.6, 0, 0], B, C]}, r"lattice is 0\.6 Å high, expected at least 1\.0 Å"
    ),
}
# 8 (deuterium and tritium) and 10 (oxidation states) are accepted: see below.

NUMBER = ", expected a finite number"
TEXT_FORMS = {"cif", "poscar", "xyz"}
TARGET_FAULTS = {
    "1 target of NaN": Fault({"target": nan}, "target is nan" + NUMBER),
    "2 infinite target": Fault({"target": -inf}, "target is -inf" + NUMBER),
    "3 target of text": Fault({"target": "high"}, "target is 'high'" + NUMBER),
    "3 target that a spreadsheet would compute": Fault({"target": "=1+1"}, r"target is '=1\+1'" + NUMBER),
    "4 no target": Fault(
        {"target": None}, "target is None" + NUMBER, dict.fromkeys(TEXT_FORMS, "target is ''" + NUMBER)
    ),
    "5 name of another row": Fault(
        {"id": "salt-1"}, "id is 'salt-1', expected a name of its own, row 1 has the same"
    ),
}
# 6 (the same structure in several parts of a split) is no fault: see test_duplicates.py.


@pytest.mark.parametrize(("form", "change", "reported"), cases(STRUCTURE_FAULTS) + cases(TARGET_FAULTS))
def test_a_fault_stops_the_build_or_excludes_the_row(form, change, reported, build, tmp_path, caplog):
    name = change.get("id", "salt-2")
    with pytest.raises(DataError) as refused:
        build(form, change, "error")
    first, *lines = str(refused.value).split("\n  ")
    assert first == "salts: 1 of 3 rows are invalid; `on_bad_row: skip` excludes them"
    assert any(re.fullmatch(rf"salts row 2 \({name}\): {reported}", line) for line in lines), lines
    assert not (tmp_path / "out").exists()

    with caplog.at_level(logging.WARNING, "gnnpool"):
        kept, manifest = build(form, change, "skip")
    assert kept.ids == ["salt-1", "salt-3"]
    assert (manifest["rows_read"], manifest["rows_kept"]) == (3, 2)
    skipped = manifest["skipped"]
    assert {(one["dataset"], one["row"], one["id"]) for one in skipped} == {("salts", 2, name)}
    assert reported.split()[0] in {one["field"] for one in skipped}
    assert caplog.messages == [f"{line}; excluded" for line in lines]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("isotope", ["D", "T"])
def test_8_isotopes_of_hydrogen_count_as_hydrogen_and_are_logged(isotope, form, build, caplog):
    with caplog.at_level(logging.INFO, "gnnpool"):
        kept, _ = build(form, {"species": [{isotope: 1.0}, {"Cl": 1.0}]}, "error")
    assert kept.numbers.tolist() == [11, 17, 1, 17, 11, 17]
    if form not in NUMBERS_ONLY:  # these have lost the mass already
        assert f"salts row 2 (salt-2): {isotope} counted as H" in caplog.text


@pytest.mark.parametrize("form", ["matbench", "cif", "poscar"])
def test_10_oxidation_states_are_dropped(form, build):
    kept, _ = build(form, {"species": [{"Na1+": 1.0}, {"Cl": 1.0}]}, "error")
    assert kept.numbers.tolist() == [11, 17] * 3


@pytest.mark.parametrize("form", FORMS)
def test_left_handed_vectors_are_a_crystal_like_any_other(form, build):
    kept, _ = build(form, {"lattice": [A, C, B]}, "error")
    np.testing.assert_allclose(np.abs(np.linalg.det(kept.lattices)), 64.0)


def test_a_site_of_one_element_in_two_oxidation_states_is_ordered(tmp_path, build_in):
    """Fe2+ and Fe3+ share a site: one iron atom; and no more than one."""

    def build(*shares):
        species = [{"element": "Fe", "oxidation_state": n + 2, "occu": x} for n, x in enumerate(shares)]
        structure = {"lattice": {"matrix": [A, B, C]}, "sites": [{"species": species, "abc": [0, 0, 0]}]}
        content = {"index": ["iron"], "columns": ["structure", "y"], "data": [[structure, 1.0]]}
        (tmp_path / "task.json.gz").write_bytes(gzip.compress(json.dumps(content).encode()))
        entry = {"source": "matbench", "target": "y", "unit": "1", "structures": 1}
        structures, _ = build_in(tmp_path, tmp_path / "task.json.gz", entry)
        return read_structures(structures).numbers.tolist()

    assert build(0.5, 0.5) == [26]
    with pytest.raises(DataError, match=r"species is \{'Fe': 1\.5\} on site 0, expected one element"):
        build(0.5, 1.0)


def test_every_fault_is_counted():
    """The table of faults has a row for each number."""
    assert {int(name.split()[0]) for name in STRUCTURE_FAULTS} | {8, 10} == set(range(1, 15))
    assert {int(name.split()[0]) for name in TARGET_FAULTS} | {6} == set(range(1, 7))


def test_structures_of_a_service_are_checked_as_well(tmp_path, ase_json, crystals, build_in):
    """A NaN in one of the structures that Catalysis-Hub reported."""
    good, bad = (ase_json(structure) for _, structure, _ in crystals[:2])
    row = json.loads(bad)
    row["1"]["positions"]["__ndarray__"][2][0] = nan
    content = {
        "id": ["r1", "r2"],
        "equation": ["0.5H2(g) + * -> H*"] * 2,
        "sites": ["top"] * 2,
        "structure": [good, json.dumps(row)],
        "energy": [1.0, 2.0],
    }
    write_table(tmp_path / "hub.parquet", pa.table(content))
    entry = {"source": "catalysis_hub", "target": "energy", "unit": "eV", "structures": 2}
    with pytest.raises(DataError, match=r"salts row 2 \(r2\): positions is \[\[nan"):
        build_in(tmp_path, tmp_path / "hub.parquet", entry)
