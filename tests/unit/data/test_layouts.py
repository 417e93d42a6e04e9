"""The layouts of docs/data.md, each written as its program writes it, with the entry that the page states."""

import gzip
import json
import re
import zipfile
from pathlib import Path

import ase
import ase.db
import ase.io
import numpy as np
import pytest
import yaml
from ase.calculators.singlepoint import SinglePointCalculator
from monty.serialization import dumpfn
from pymatgen.io.cif import CifWriter
from pymatgen.io.vasp import Poscar

from gnnpool.artifacts import read_json
from gnnpool.config import check_config, read_config
from gnnpool.config.names import check_names
from gnnpool.data.build import build_structures
from gnnpool.data.fetch import fetch_dataset
from gnnpool.data.structure import RawStructure, read_structures

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/data.md").read_text(encoding="utf-8")
ENTRIES = [
    yaml.safe_load(entry) for entry in re.findall(r"^\|.*\| `(\{ source:.*\})` \|$", PAGE, re.MULTILINE)
]


def cif(structure):
    return str(CifWriter(structure, significant_figures=10))


def poscar(structure):
    """As ``jarvis.core.atoms.Atoms.write_poscar`` does."""
    lines = ["System", "1.0", *(" ".join(map(str, row)) for row in structure.lattice.matrix)]
    counts = {str(element): int(number) for element, number in structure.composition.items()}
    lines += [" ".join(counts), " ".join(map(str, counts.values())), "direct"]
    return "\n".join([*lines, *(" ".join(map(str, place)) for place in structure.frac_coords), ""])


def jarvis(structure):
    return {
        "lattice_mat": structure.lattice.matrix.tolist(),
        "coords": structure.frac_coords.tolist(),
        "elements": [str(site.specie) for site in structure],
        "abc": list(structure.lattice.abc),
        "angles": list(structure.lattice.angles),
        "cartesian": False,
        "props": [""] * len(structure),
    }


def atoms_of(structure, **info):
    atoms = ase.Atoms(
        structure.atomic_numbers, structure.cart_coords, cell=structure.lattice.matrix, pbc=True
    )
    atoms.info |= info
    return atoms


def calculated(structure, energy):
    atoms = atoms_of(structure)
    forces = np.zeros((len(atoms), 3))
    atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces)
    return atoms


def optimade(id_, structure, target):
    symbols = [str(site.specie) for site in structure]
    return {
        "id": id_,
        "type": "structures",
        "links": None,
        "attributes": {
            "nsites": len(structure),
            "lattice_vectors": structure.lattice.matrix.tolist(),
            "cartesian_site_positions": structure.cart_coords.tolist(),
            "species_at_sites": symbols,
            "species": [
                {"name": one, "chemical_symbols": [one], "concentration": [1.0]} for one in sorted({*symbols})
            ],
            "_oqmd_band_gap": target,
        },
    }


def gaps_csv(path, salts):
    import pandas

    names, structures, targets = zip(*salts, strict=True)
    columns = {"name": names, "cif": [cif(one) for one in structures], "gap": targets}
    pandas.DataFrame(columns).to_csv(path, index=False)


def folder(files, table, name="targets.csv"):
    """A writer of a folder: the name and content of each file, and the line of each in the table."""

    def write(path, salts):
        path.mkdir()
        lines = []
        for number, (id_, structure, target) in enumerate(salts, start=1):
            file, content = files(number, id_, structure)
            (path / file).write_text(content)
            lines.append(table(number, file, id_, target))
        (path / name).write_text("".join(lines))

    return write


def cgcnn(path, salts):
    write = folder(
        lambda n, id_, one: (f"{id_}.cif", cif(one)), lambda n, file, id_, y: f"{id_},{y}\n", "id_prop.csv"
    )
    write(path, salts)
    (path / "atom_init.json").write_text(json.dumps({"1": [0, 1], "2": [1, 0]}))


def archive(path, salts):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("salts/targets.csv", "".join(f"{id_},{y}\n" for id_, _, y in salts))
        for id_, structure, _ in salts:
            file.writestr(f"salts/{id_}.vasp", Poscar(structure).get_str(significant_figures=12))


def numbered(path, salts):
    path.mkdir()
    for number, (_, structure, _) in enumerate(salts, start=1):
        ase.io.write(path / f"{number}.json", atoms_of(structure))
    (path / "targets.csv").write_text("".join(f"{n},{y}\n" for n, (_, _, y) in enumerate(salts, start=1)))


def data_json(path, salts):
    content = [
        {
            "structure_id": id_,
            "positions": structure.cart_coords.tolist(),
            "cell": structure.lattice.matrix.tolist(),
            "atomic_numbers": list(structure.atomic_numbers),
            "y": target,
        }
        for id_, structure, target in salts
    ]
    path.write_text(json.dumps(content))


def id_prop_json(path, salts):
    path.write_text(json.dumps([{"jid": id_, "atoms": jarvis(one), "target": y} for id_, one, y in salts]))


def jdft(path, salts):
    rows = [
        {"jid": id_, "atoms": jarvis(one), "optb88vdw_bandgap": y, "mbj_bandgap": "na"}
        for id_, one, y in salts
    ]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("jdft_2d.json", json.dumps(rows))


def database(path, salts):
    with ase.db.connect(path) as file:
        for id_, structure, target in salts:
            file.write(atoms_of(structure), efermi=target, uid=id_, data={"bands": np.zeros((2, 3))})
        file.write(atoms_of(salts[0][1]), gap=1.0)  # a row without the key


def energies(path, salts):
    with ase.db.connect(path) as file:
        for _, structure, target in salts:
            file.write(calculated(structure, target))


def salts_xyz(path, salts):
    ase.io.write(path, [calculated(structure, target) for _, structure, target in salts], format="extxyz")


def answer(path, salts):
    meta = {"api_version": "1.1.0", "more_data_available": False}
    path.write_text(json.dumps({"data": [optimade(*one) for one in salts], "meta": meta, "links": {}}))


def listed(path, salts):
    rows = [{"material_id": id_, "structure": one, "gap": np.float64(y)} for id_, one, y in salts]
    dumpfn(rows, path)


def by_name(path, salts):
    dumpfn({id_: {"structure": one, "gap": y} for id_, one, y in salts}, path)


def matbench(path, salts):
    content = {
        "index": [id_ for id_, _, _ in salts],
        "columns": ["structure", "gap"],
        "data": [[structure.as_dict(), y] for _, structure, y in salts],
    }
    path.write_bytes(gzip.compress(json.dumps(content).encode()))


WRITERS = {
    "gaps.csv": gaps_csv,
    "salts": folder(
        lambda n, id_, one: (f"{id_}.cif", cif(one)) if n % 2 else (f"{id_}.vasp", poscar(one)),
        lambda n, file, id_, y: ("name,energy\n" if n == 1 else "") + f"{id_},{y}\n",
    ),
    "salts.zip": archive,
    "cgcnn_data": cgcnn,
    "alignn_data": folder(
        lambda n, id_, one: (f"POSCAR-JVASP-{n}.vasp", poscar(one)),
        lambda n, file, id_, y: f"{file},{y:.12f}\n",
        "id_prop.csv",
    ),
    "alignn_multi": folder(
        lambda n, id_, one: (f"POSCAR-JVASP-{n}.vasp", poscar(one)),
        lambda n, file, id_, y: f"{file},{n},{y},0.0\n",
        "id_multi_prop.csv",
    ),
    "id_prop.json": id_prop_json,
    "jdft_2d.json.zip": jdft,
    "data.json": data_json,
    "numbered": numbered,
    "slabs.db": database,
    "slabs.json": database,
    "energies.db": energies,
    "salts.xyz": salts_xyz,
    "answer.json": answer,
    "listed.json": listed,
    "by_name.json.gz": by_name,
    "matbench_gaps.json.gz": matbench,
}


def test_every_layout_of_the_page_is_written_here():
    assert [entry["file"] for entry in ENTRIES] == list(dict.fromkeys(entry["file"] for entry in ENTRIES))
    assert {entry["file"] for entry in ENTRIES} == {*WRITERS}


@pytest.mark.parametrize("overlay", re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
def test_an_overlay_of_the_page_fits(overlay, tmp_path):
    (tmp_path / "mine.yaml").write_text(overlay, encoding="utf-8")
    config = read_config([ROOT / "config/config.yaml", tmp_path / "mine.yaml"])
    check_config(config, ROOT / "workflow/schemas/config.schema.yaml")
    check_names(config)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_a_layout_is_read_with_the_entry_of_the_page(entry, tmp_path, crystals, same_crystal):
    salts = [(id_, structure.get_sorted_structure(), y) for id_, structure, y in crystals[:6]]
    (tmp_path / "mirror").mkdir()
    WRITERS[entry["file"]](tmp_path / "mirror" / entry["file"], salts)

    entry = {
        "label": "Salts", "target": "energy", "unit": "eV/atom", "structures": 6, "by_hand": "a test", **entry
    }  # fmt: skip
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    config["datasets"]["salts"] = entry
    check_config(config, ROOT / "workflow/schemas/config.schema.yaml")
    check_names(config)

    raw, built = tmp_path / "raw" / entry["file"], tmp_path / "structures.parquet"
    fetch_dataset(
        dataset="salts",
        entry=entry,
        mirror=tmp_path / "mirror",
        download=config["download"],
        output=raw,
    )
    build_structures(
        raw=raw,
        dataset="salts",
        entry=entry,
        on_bad_row="error",
        structures=built,
        manifest=tmp_path / "manifest.json",
    )
    assert read_json(tmp_path / "manifest.json")["rows_kept"] == 6
    found = read_structures(built)
    assert found.targets == pytest.approx([y for _, _, y in salts])
    for number, (_, structure, _) in enumerate(salts):
        atoms = slice(*found.node_ptr[number : number + 2])
        row = RawStructure(
            id="",
            lattice=found.lattices[number],
            species=[{int(one): 1.0} for one in found.numbers[atoms]],
            target=None,
            fractional=found.fractional[atoms],
        )
        assert same_crystal(row, structure)
