"""Files that a user places: every form up to a trained trial, and the report while one is missing."""

import csv
import io
import json
import tarfile

import ase.db
import numpy as np
import pandas as pd
import pytest
from ase import Atoms

from gnnpool.artifacts import file_sha256, read_json, read_table

SMALL = """
mirror: mirror
models: { cgcnn: { options: { channels: 8, layers: 1 }, head: { channels: 8 } } }
edges: { mdl: { cutoff: 4.0 } }
training: { epochs: 2, batch_size: 10 }
split: { train: 0.7, val: 0.15, test: 0.15 }
seeds: [1]
tables: []
figures: []
"""
OWN = """
datasets:
  mine:
    label: Mine
    source: table
    target: band gap
    unit: eV
    structures: 20
    file: mine.csv
    by_hand: made by this test
    options: { target: gap, format: poscar }
blocks:
  - name: mine
    datasets: [mine, 2d]
    models: [cgcnn]
    edges: [mdl]
    poolings: [mean]
"""
# The dataset 2d stays as it is shipped; nobody listens at the address of surface.
FORMS = """
datasets:
  listed: &listed
    label: A list
    source: matdeeplearn
    target: energy
    unit: eV
    structures: 20
    file: data.json
    by_hand: made by this test
  numbered: { <<: *listed, file: numbered.tar.gz }
  cifs: { <<: *listed, source: table, file: cifs.csv, options: { target: y, structure: cif, id: name } }
  surface: { url: "http://127.0.0.1:9/surface.json", mirrors: null }
blocks:
  - name: forms
    datasets: [2d, listed, numbered, cifs, surface]
    models: [cgcnn]
    edges: [mdl]
    poolings: [mean]
download: { tries: 2, pause: 0.1 }
"""


def salts():
    """NaCl, ever wider: name, edge of the primitive cell in Å, and an energy."""
    return [(f"salt-{number}", (5.0 + number / 10) / 2, 1 + number / 10) for number in range(20)]


def write_poscars(path, first_gap=0.0):
    rows = []
    for _, a, y in salts():
        lattice = f"0 {a} {a}\n{a} 0 {a}\n{a} {a} 0\n"
        rows.append((f"NaCl\n1.0\n{lattice}Na Cl\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n", first_gap + y))
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".csv":
        pd.DataFrame(rows, columns=["structure", "gap"]).to_csv(path, index=False)
        return
    path.mkdir(exist_ok=True)
    (path / "id_prop.csv").write_text("".join(f"{place},{gap}\n" for place, (_, gap) in enumerate(rows)))
    for place, (text, _) in enumerate(rows):
        (path / f"{place}.vasp").write_text(text)


def cif(a):
    cell = "".join(f"_cell_length_{name} {2 * a}\n_cell_angle_{angle} 90\n" for name, angle in CIF_AXES)
    head = "".join(f"_atom_site_{name}\n" for name in ("label", "fract_x", "fract_y", "fract_z"))
    return f"data_salt\n{cell}_symmetry_Int_Tables_number 225\nloop_\n{head}Na 0 0 0\nCl 0.5 0.5 0.5\n"


CIF_AXES = [("a", "alpha"), ("b", "beta"), ("c", "gamma")]


def write_forms(folder):
    """The same salts as ASE's database, a list of MatDeepLearn, its numbered files, and a table of CIFs."""
    folder.mkdir()
    rows = []
    with ase.db.connect(folder / "c2db.db") as database, open(folder / "cifs.csv", "w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["name", "cif", "y"])
        for name, a, y in salts():
            cell = np.array([[0, a, a], [a, 0, a], [a, a, 0]])
            atoms = Atoms("NaCl", positions=[[0, 0, 0], [a, a, a]], cell=cell, pbc=(True, True, False))
            database.write(atoms, workfunction=y, uid=name)
            database.write(atoms, gap=y)  # a row of C2DB without a work function
            rows.append(
                {
                    "structure_id": name,
                    "positions": atoms.positions.tolist(),
                    "cell": cell.tolist(),
                    "atomic_numbers": [11, 17],
                    "y": y,
                }
            )
            writer.writerow([name, cif(a), y])
    (folder / "data.json").write_text(json.dumps(rows))
    with tarfile.open(folder / "numbered.tar.gz", "w:gz") as archive:
        numbered = list(enumerate(salts()))
        files = {f"{number}.cif": cif(a) for number, (_, a, _) in numbered}
        files["targets.csv"] = "".join(f"{number},{y}\n" for number, (_, _, y) in numbered)
        for name, text in files.items():
            member = tarfile.TarInfo(f"my_data/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


@pytest.mark.slow
def test_every_form_goes_through_to_a_trained_trial_while_a_file_is_missing(workflow):
    mirror = workflow.folder / "mirror"
    write_forms(mirror)
    run = {"config": None, "overlay": SMALL + FORMS}
    printed = workflow("train_all", "--cores", "2", "--keep-going", status=1, **run)
    for text in (
        "surface: MamunHighT2019_adsorption.json could not be obtained; the mirror folder mirror does not",
        "http://127.0.0.1:9/surface.json: connection lost: [Errno 111] Connection refused (2 tries)",
        "expected md5 8a208683009546b4d0f9821113ab1cc6",
        "by hand: put it as MamunHighT2019_adsorption.json into the folder mirror, named as `mirror`",
    ):
        assert text in printed
    assert not list(workflow.folder.rglob("*.tmp"))
    assert not (workflow.folder / "results/data/surface").exists()
    results = workflow.folder / "results"
    energies = [y for _, _, y in salts()]
    files = {"2d": "c2db.db", "listed": "data.json", "numbered": "numbered.tar.gz", "cifs": "cifs.csv"}
    for dataset, file in files.items():
        folder = results / "trials" / dataset / "cgcnn/mdl/mean/seed-1"
        (record,) = read_table(folder / "record.parquet").to_pylist()
        assert record["n_train"] + record["n_val"] + record["n_test"] == 20
        predictions = read_table(folder / "predictions.parquet").to_pandas()
        assert sorted(predictions["target"]) == pytest.approx(energies, rel=1e-6)
        manifest = read_json(results / "data" / dataset / "manifest.json")
        assert manifest["raw_sha256"] == file_sha256(mirror / file)
        assert (manifest["rows_read"], manifest["rows_kept"], manifest["skipped"]) == (20, 20, [])
        # The CIFs hold conventional cells: four times the atoms.
        assert manifest["atoms"]["mean"] == (8 if dataset in ("numbered", "cifs") else 2)
    assert read_json(results / "data/2d/manifest.json")["rows_expected"] == 3814
    log = (workflow.folder / "logs/data/2d/structures.log").read_text()
    assert "2d: expected 3814 structures, found 20 rows in resources/raw/2d/c2db.db; they are used" in log


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "entry"),
    [
        ("mine.csv", {}),
        ("mine", {"source: table": "source: folder", "    options: { target: gap, format: poscar }\n": ""}),
    ],
    ids=["table", "folder"],
)
def test_own_data_runs_while_a_file_is_missing_and_an_edit_of_it_is_noticed(file, entry, workflow):
    own = OWN.replace("mine.csv", file)
    for before, after in entry.items():
        own = own.replace(before, after)
    table = workflow.folder / "mirror" / file
    write_poscars(table)
    targets = ["results/data/mine/structures.parquet", "results/data/2d/structures.parquet"]
    run = {"config": None, "overlay": SMALL + own}
    printed = workflow(*targets, "--cores", "1", "--keep-going", status=1, **run)
    for text in (
        "2d: c2db.db could not be obtained; the mirror folder mirror does not have it",
        "no address is known",
        "where to get it: ask for the ASE database of C2DB as https://cmr.fysik.dtu.dk/c2db/c2db.html",
        "by hand: put it as c2db.db into the folder mirror, named as `mirror` in the configuration",
    ):
        assert text in printed
    manifest = read_json(workflow.folder / "results/data/mine/manifest.json")
    assert (manifest["rows_kept"], len(manifest["raw_sha256"])) == (20, 64)

    assert workflow.planned(targets[0], **run) == {}
    write_poscars(table, first_gap=1.0)
    planned = workflow.planned(targets[0], **run)
    assert (planned["fetch_dataset"], planned["build_structures"]) == (1, 1)
    workflow(targets[0], "--cores", "1", **run)
    table.rename(workflow.folder / "away")
    assert workflow.planned(targets[0], **run) == {}


def test_every_file_of_the_paper_is_planned_to_be_fetched(workflow):
    assert workflow.planned("fetch_all", config=None)["fetch_dataset"] == 7


@pytest.mark.parametrize("key", ["", "device: "])
def test_a_configuration_runs_no_code(key, workflow):
    evil = f"{key}!!python/object/apply:os.system ['touch canary']"
    printed = workflow("--dry-run", overlay=evil, status=1)
    assert "Config file is not valid JSON or YAML" in printed
    assert not list(workflow.folder.rglob("canary"))
