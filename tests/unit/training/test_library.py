"""gnnpool.train and gnnpool.predict: from crystals to a trial, and from a trial to a prediction."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from pymatgen.core import Lattice, Structure

from gnnpool.artifacts import read_table, write_table
from gnnpool.cli import main
from gnnpool.data.elements import symbol
from gnnpool.data.structure import read_structures
from gnnpool.errors import ArtifactError, ConfigError, DataError
from gnnpool.predict import UnseenElement, predict
from gnnpool.train import prepare_files, train_trial

PARTS = {"train": 0.76, "val": 0.12, "test": 0.12}
ROCK_SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5] * 3])


@pytest.fixture(scope="module")
def crystals(salts) -> list[Structure]:
    found = read_structures(salts / "structures.parquet")
    atoms = [slice(*pair) for pair in zip(found.node_ptr[:-1], found.node_ptr[1:], strict=True)]
    return [
        Structure(lattice, [symbol(n) for n in found.numbers[part].tolist()], found.fractional[part])
        for lattice, part in zip(found.lattices, atoms, strict=True)
    ]


@pytest.fixture(scope="module")
def targets(salts) -> list[float]:
    return read_structures(salts / "structures.parquet").targets.tolist()


@pytest.fixture(scope="module")
def folder(crystals, targets, tmp_path_factory, short_training) -> Path:
    """Two trials, `one` and `two`, in the folder of their files."""
    folder = tmp_path_factory.mktemp("library")
    files = prepare_files(
        crystals,
        targets,
        target="electrostatic energy per atom",
        unit="eV/atom",
        seed=1,
        folder=folder,
        ids=[f"salt-{number}" for number in range(len(crystals))],
        fractions=PARTS,
    )
    for name, init in (("one", 0), ("two", 1)):
        train_trial(
            graphs=files.graphs,
            split=files.split,
            output=folder / name,
            pooling="mamm",
            training=short_training(epochs=1),
            init=init,
            device="cpu",
        )
    return folder


@pytest.mark.parametrize(("reading", "column"), [("raw", "prediction"), ("averaged", "averaged_prediction")])
def test_a_structure_is_predicted_as_when_its_trial_was_trained(folder, crystals, reading, column):
    predictions = {row["id"]: row for row in read_table(folder / "one/predictions.parquet").to_pylist()}
    found = predict(folder / "one", crystals, reading=reading)
    expected = [predictions[f"salt-{number}"][column] for number in range(len(crystals))]
    np.testing.assert_allclose([one.value for one in found], expected, rtol=1e-4)
    assert {(one.unit, one.target) for one in found} == {("eV/atom", "electrostatic energy per atom")}
    assert all(one.spread is None and one.unseen == () for one in found)


def test_objects_of_pymatgen_and_ase_and_files_give_the_same_prediction(folder, crystals, tmp_path):
    crystal = crystals[0]
    atoms = Atoms(
        numbers=[site.specie.Z for site in crystal],
        positions=crystal.cart_coords,
        cell=crystal.lattice.matrix,
        pbc=True,
    )
    files = [tmp_path / "salt.cif", tmp_path / "POSCAR"]
    for file, form in zip(files, ("cif", "poscar"), strict=True):
        crystal.to(filename=str(file), fmt=form)
    found = predict(folder / "one", [crystal, atoms, *files])
    np.testing.assert_allclose([one.value for one in found], found[0].value, rtol=1e-3)
    assert predict(folder / "one", crystal).value == pytest.approx(found[0].value, rel=1e-5)


def test_several_trials_give_their_mean_and_spread(folder, crystals):
    one, two = (predict(folder / name, crystals[0]).value for name in ("one", "two"))
    both = predict([folder / "one", folder / "two"], crystals[0])
    assert both.values == (one, two)
    assert both.value == pytest.approx(np.mean([one, two]))
    assert both.spread == pytest.approx(np.std([one, two], ddof=1))
    assert both.spread > 0


def test_an_element_that_no_training_structure_holds_is_named(folder, crystals):
    strange = crystals[0].copy()
    strange.replace(0, "U")
    with pytest.warns(UnseenElement, match="structure 2: no training structure holds U$"):
        found = predict(folder / "one", [crystals[0], strange])
    assert [one.unseen for one in found] == [(), ("U",)]


def test_without_the_structures_of_a_trial_its_elements_are_not_known(folder, crystals, tmp_path):
    shutil.copytree(folder / "one", tmp_path / "a/b/one")
    with pytest.warns(UnseenElement, match="not known which elements"):
        assert predict(tmp_path / "a/b/one", crystals[0]).unseen is None


def test_a_trial_of_the_workflow_finds_its_structures(folder, crystals, tmp_path):
    trial = tmp_path / "trials/structures/cgcnn/mdl/mamm/seed-1"
    shutil.copytree(folder / "one", trial)
    (tmp_path / "data/structures/splits").mkdir(parents=True)
    shutil.copy(folder / "structures.parquet", tmp_path / "data/structures")
    shutil.copy(folder / "split.parquet", tmp_path / "data/structures/splits/seed-1.parquet")
    assert predict(trial, crystals[0]).unseen == ()


def test_trials_of_other_quantities_are_not_averaged(folder, trial, crystals, tmp_path):
    other = trial("other")
    row = read_table(other / "record.parquet")
    unit = row.schema.get_field_index("unit")
    write_table(other / "record.parquet", row.set_column(unit, "unit", [["eV/cell"]]))
    with pytest.raises(ArtifactError, match=r"other: target: found .* \(eV/cell\), expected .* \(eV/atom\)"):
        predict([folder / "one", other], crystals[0])


@pytest.mark.parametrize(
    ("trials", "structures", "error", "message"),
    [
        ("nowhere", [ROCK_SALT], ArtifactError, r"nowhere/record\.parquet: no such file"),
        ("one", [], ConfigError, "found 1 and 0"),
        ("one", ["salt.txt"], DataError, r"salt\.txt: unknown ending"),
        ("one", ["nowhere.cif"], DataError, r"nowhere\.cif: cannot be read: No such file"),
        ("one", [3], DataError, "structure 1: found int, expected a pymatgen Structure"),
        ("one", [Atoms("NaCl")], DataError, "lattice is .* a volume above zero"),
    ],
)
def test_what_cannot_be_predicted_is_refused(folder, trials, structures, error, message):
    with pytest.raises(error, match=message):
        predict(folder / trials, structures)


def test_a_reading_that_does_not_exist_is_refused(folder):
    with pytest.raises(ConfigError, match="found 'best', expected one of raw, averaged"):
        predict(folder / "one", ROCK_SALT, reading="best")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model": "cgcn"}, ConfigError, "'cgcn'; did you mean cgcnn"),
        ({"training": {"epocs": 1}}, ConfigError, "'epocs'; did you mean epochs"),
        ({"pooling": "maen"}, ConfigError, "'maen'; did you mean mean"),
    ],
)
def test_a_trial_of_unknown_parts_is_refused(salts, tmp_path, change, error, message):
    files = {"graphs": salts / "graphs.safetensors", "split": salts / "split.parquet"}
    with pytest.raises(error, match=message):
        train_trial(**files, output=tmp_path, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": [1.0]}, "targets: found 1, expected 2, one for each structure"),
        ({"ids": ["a", "a"]}, "row 2 .*a name of its own"),
        ({"targets": [1.0, float("nan")]}, "row 2 .*target is nan"),
        ({}, "2 structures are too few"),
    ],
)
def test_crystals_that_cannot_be_trained_on_are_refused(tmp_path, change, message):
    given = {"targets": [1.0, 2.0], "target": "energy", "unit": "eV", "seed": 1, "folder": tmp_path, **change}
    with pytest.raises(DataError, match=message):
        prepare_files([ROCK_SALT, ROCK_SALT], **given)


def test_the_command_predicts_for_files_with_several_trials(folder, crystals, tmp_path, capsys):
    crystals[0].to(filename=str(tmp_path / "salt.cif"), fmt="cif")
    trials = [str(folder / name) for name in ("one", "two")]
    assert main(["predict", *trials, str(tmp_path / "salt.cif")]) == 0
    printed = capsys.readouterr()
    head, line = (row.split("\t") for row in printed.out.splitlines())
    expected = predict(trials, tmp_path / "salt.cif")
    assert head == ["file", "electrostatic energy per atom", "unit", "spread"]
    assert line == [str(tmp_path / "salt.cif"), f"{expected.value:.6g}", "eV/atom", f"{expected.spread:.6g}"]
    assert printed.err == ""


def test_the_command_without_a_trial_says_so(tmp_path, capsys):
    (tmp_path / "salt.cif").touch()
    assert main(["predict", str(tmp_path / "salt.cif")]) == 2
    assert (
        "gnnpool: found 0 trials and 1 structures, expected one folder of a trial" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("change", "found"),
    [({"init": -1}, "seed-1-init--1"), ({"pooling": "a/b"}, "mdl/a/b/seed-1")],
    ids=["initialisation", "name"],
)
def test_what_is_no_name_of_a_trial_is_refused(folder, tmp_path, change, found):
    files = {"graphs": folder / "mdl.safetensors", "split": folder / "split.parquet"}
    with pytest.raises(ConfigError, match=f"trial: found .*{found}"):
        train_trial(**files, output=tmp_path / "out", **change)
    with pytest.raises(ConfigError, match=r"trial: found .*seed--1"):
        prepare_files([ROCK_SALT], [1.0], target="t", unit="eV", seed=-1, folder=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_settings_in_groups_are_replaced_one_by_one(folder, tmp_path):
    record = train_trial(
        graphs=folder / "mdl.safetensors",
        split=folder / "split.parquet",
        output=tmp_path,
        training={"epochs": 1, "scheduler": {"patience": 3}},
        checkpoint={"epochs": 5},
        device="cpu",
    )
    scheduler = json.loads(record["options"])["training"]["scheduler"]
    assert (scheduler["patience"], scheduler["factor"]) == (3, 0.8)


def test_files_are_named_without_the_folder_that_holds_them(tmp_path, monkeypatch):
    names = [f"{number}.cif" for number in range(20)]
    for name in names:
        ROCK_SALT.to_file(str(tmp_path / name), fmt="cif")
    monkeypatch.chdir(tmp_path)

    def ids(paths, folder):
        given = {"target": "t", "unit": "eV", "seed": 1, "fractions": PARTS}
        prepare_files(paths, [float(i) for i in range(20)], folder=tmp_path / folder, **given)
        return list(read_structures(tmp_path / folder / "structures.parquet").ids)

    assert ids(names, "one") == ids([tmp_path / name for name in names], "two") == names
    for name in names:
        (tmp_path / name[:-4]).mkdir()
        (tmp_path / name).rename(tmp_path / name[:-4] / "salt.cif")
    assert ids([f"{name[:-4]}/salt.cif" for name in names], "three") == [f"{n[:-4]}/salt.cif" for n in names]
