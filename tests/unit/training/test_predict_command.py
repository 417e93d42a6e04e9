"""gnnpool predict: which paths are trials, and which are structures."""

import json
import shutil

import pytest
from pymatgen.core import Lattice, Structure

from gnnpool.cli import main

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
