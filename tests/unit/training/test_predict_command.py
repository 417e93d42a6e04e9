"""gnnpool predict: which paths are trials, and which are structures."""

import json
import shutil

import pytest
from pymatgen.core import Lattice, Structure

from gnnpool.artifacts import write_json
from gnnpool.bundle.weights import copy_weights, with_weights
from gnnpool.cli import main
from gnnpool.errors import ConfigError

ROCK_SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5] * 3])


@pytest.fixture
def seeds(trial, tmp_path):
    """A folder of the trials of two seeds and a repeat, and one of structures, in the working directory."""
    for name, init in (("seed-1", 0), ("seed-2", 1), ("seed-1-init-1", 2)):
        shutil.move(trial(f"trial-{init}", init=init), tmp_path / "seeds" / name)
    (tmp_path / "crystals").mkdir()
    ROCK_SALT.to(filename=str(tmp_path / "crystals/salt.cif"))
    ROCK_SALT.to(filename=str(tmp_path / "crystals/POSCAR"), fmt="poscar")
    (tmp_path / "crystals/notes.txt").write_text("mine")
    return tmp_path


def predict(*words):
    return main(["predict", *map(str, words)])


def test_a_folder_of_seeds_predicts_for_a_folder_of_structures(seeds, capsys):
    assert predict(seeds / "seeds", seeds / "crystals", "--json") == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert [path.rpartition("/")[2] for path in found["trials"]] == ["seed-1", "seed-2"]
    files = {row["file"].rpartition("/")[2]: row for row in found["predictions"]}
    assert list(files) == ["POSCAR", "salt.cif"]
    assert files["salt.cif"]["value"] == pytest.approx(files["POSCAR"]["value"], rel=1e-4)
    assert files["salt.cif"]["spread"] > 0
    assert len(files["salt.cif"]["values"]) == 2
    assert files["salt.cif"]["unit"] == "eV/atom"
    assert "1 files are not structures" in err


def test_the_reading_chooses_the_weights(seeds, capsys):
    for reading in ("raw", "averaged"):
        assert predict("--reading", reading, seeds / "seeds/seed-1", seeds / "crystals/salt.cif") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("/")]
    assert len(set(lines)) == 2


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["seeds"], "found 2 trials and 0 structures"),
        (["crystals"], "found 0 trials and 2 structures"),
        (["deeper", "crystals"], "found trials of several poolings or datasets"),
        (["bare", "crystals"], "bare: found no model.safetensors"),
    ],
)
def test_paths_that_cannot_predict_are_refused(seeds, paths, message, capsys):
    shutil.copytree(seeds / "seeds", seeds / "deeper/cgcnn/seeds")
    shutil.copytree(seeds / "seeds/seed-1", seeds / "bare")
    (seeds / "bare/model.safetensors").unlink()
    assert predict(*(seeds / path for path in paths)) == 2
    assert message in capsys.readouterr().err


def test_a_bundle_with_weights_predicts_and_knows_its_elements(trial, salts, tmp_path, capsys):
    folders = [trial(f"results/trials/salts/cgcnn/ocp/mean/seed-{seed}", init=seed) for seed in (1, 2)]
    for folder in folders:
        for name in ("structures.parquet", "split.parquet"):
            shutil.copyfile(salts / name, folder / name)
    records = [folder / "record.parquet" for folder in folders]
    names = copy_weights(with_weights(records, ["mean"]), tmp_path / "bundle")
    write_json(tmp_path / "bundle/bundle.json", {})
    assert len(names) == 2 * 3
    assert all((tmp_path / "bundle" / name).is_file() for name in names)

    ROCK_SALT.to(filename=str(tmp_path / "salt.cif"))
    Structure(Lattice.cubic(3.2), ["Xe"], [[0] * 3]).to(filename=str(tmp_path / "xenon.cif"))
    files = [tmp_path / "salt.cif", tmp_path / "xenon.cif"]
    assert predict(*folders, *files) == predict(tmp_path / "bundle", *files) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[:3] == lines[3:]
    assert err.count("no training structure holds Xe") == 2

    with pytest.raises(ConfigError, match=r"--weights: found no trial with weights of gmt"):
        with_weights(records, ["mean", "gmt"])
