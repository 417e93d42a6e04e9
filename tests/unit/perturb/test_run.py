"""From a finished trial to its predictions for changed structures."""

import json
import shutil

import numpy as np
import pytest

from gnnpool.artifacts import read_table
from gnnpool.data.build import build_structures
from gnnpool.data.split_file import read_split
from gnnpool.data.splits import make_split
from gnnpool.errors import ArtifactError
from gnnpool.graphs.build import build_graphs
from gnnpool.perturb.run import predict_perturbed
from gnnpool.records import outputs_in
from gnnpool.training.run import run_trial

LEVELS = {
    "displaced": [0.02, 0.1],
    "strained": [-1],
    "supercell": ["2x1x1", "skew"],
    "rewritten": ["basis", "origin_and_order"],
}
MODEL = {
    "encoder": "cgcnn",
    "options": {"channels": 8, "pre_layers": 1, "layers": 2, "gaussians": 20, "gaussian_width": 0.2},
    "head": {"layers": 1, "channels": 8, "activation": "relu"},
}
SCHEMES = {
    name: {"scheme": name, "cutoff": 4.0, "max_neighbors": 250, "max_offsets": None}
    for name in ("mdl", "ocp")
}
READ = ("prediction", "averaged_prediction")


@pytest.fixture(scope="module")
def salts(tmp_path_factory, short_training):
    """Folder with structures, a split, and a short trial of mean pooling with each kind of edges."""
    folder = tmp_path_factory.mktemp("perturbed")
    structures, split = folder / "structures.parquet", folder / "split.parquet"
    entry = {"source": "demo", "target": "energy", "unit": "eV/atom", "structures": 30}
    build_structures(
        raw=None,
        dataset="salts",
        entry=entry | {"options": {"target": "per_atom", "count": 30}},
        on_bad_row="error",
        structures=structures,
        manifest=folder / "manifest.json",
    )
    make_split(structures=structures, seed=1, fractions={"train": 0.6, "val": 0.2, "test": 0.2}, output=split)
    for edges, scheme in SCHEMES.items():
        graphs = folder / f"{edges}.safetensors"
        build_graphs(structures=structures, scheme=scheme, output=graphs, manifest=folder / f"{edges}.json")
        run_trial(
            graphs=graphs,
            split=split,
            trial=f"salts/cgcnn/{edges}/mean/seed-1",
            model=MODEL,
            pooling=None,
            training=short_training(epochs=2, standardize_target=True),
            stage_version=1,
            device="cpu",
            outputs=outputs_in(folder / edges),
            checkpoint=folder / edges / "checkpoint",
            checkpoint_every={"epochs": 1000, "seconds": 1e9},
            journal=folder / edges / "trial.jsonl",
        )
    return folder


@pytest.fixture
def perturb(salts, tmp_path):
    def _perturb(edges="ocp", *, grows=False, folder=salts, levels=LEVELS):
        inputs = {"structures": folder / "structures.parquet", "split": folder / "split.parquet"}
        inputs |= {name: outputs_in(folder / edges)[name] for name in ("record", "weights")}
        output = tmp_path / "perturbed.parquet"
        predict_perturbed(inputs=inputs, levels=levels, grows_with_cell=grows, stage_version=1, output=output)
        return read_table(output)

    return _perturb


def test_every_test_structure_is_there_for_every_level(perturb, salts):
    table = perturb()
    split = read_split(salts / "split.parquet")
    tested = [split.ids[place] for place in split.indices("test")]
    for (axis, level), group in table.to_pandas().groupby(["axis", "level"]):
        assert group["id"].tolist() == tested, (axis, level)
    found = {(row["axis"], row["level"]) for row in table.select(["axis", "level"]).to_pylist()}
    assert found == {("unchanged", ""), ("displaced", "0.02"), ("displaced", "0.1"), ("strained", "-1")} | {
        (axis, level) for axis in ("supercell", "rewritten") for level in LEVELS[axis]
    }
    assert json.loads(table.schema.metadata[b"units"])["averaged_prediction"] == "eV/atom"
    assert table.schema.metadata[b"trial"] == b"salts/cgcnn/ocp/mean/seed-1"


def test_unchanged_structures_have_the_stored_predictions_of_both_readings(perturb, salts):
    rows = perturb().to_pandas()
    rows = rows[rows["axis"] == "unchanged"].set_index("id")
    stored = read_table(outputs_in(salts / "ocp")["predictions"]).to_pandas().set_index("id").loc[rows.index]
    for name in READ:
        np.testing.assert_allclose(rows[name], stored[name], rtol=1e-4, atol=1e-5)


def test_mean_pooling_with_every_image_is_invariant_and_noise_is_not(perturb):
    rows = perturb().to_pandas()
    as_it_is = rows[rows["axis"] == "unchanged"].set_index("id")
    for (axis, _), group in rows.groupby(["axis", "level"]):
        off = group.set_index("id")[list(READ)] - as_it_is[list(READ)]
        if axis in ("supercell", "rewritten", "unchanged"):
            np.testing.assert_allclose(off, 0, atol=2e-5)
        else:
            assert np.abs(off).to_numpy().max() > 1e-4


def test_nearest_images_see_the_supercell(perturb):
    rows = perturb("mdl").to_pandas().set_index(["axis", "level", "id"])["prediction"].unstack("id")
    off = (rows - rows.loc[("unchanged", "")]).abs().max(axis=1)
    assert off[("supercell", "2x1x1")] > 1e-3
    assert off[("rewritten", "basis")] < 1e-4


def test_an_extensive_target_grows_with_the_cell(perturb):
    rows = perturb(grows=True, levels={"supercell": ["skew"]}).to_pandas().set_index(["axis", "id"])
    np.testing.assert_allclose(rows.loc["supercell", "target"], 2 * rows.loc["unchanged", "target"])
    assert set(rows.loc["supercell", "factor"]) == {2.0}


def test_without_a_declared_kind_of_target_there_are_no_supercells(perturb, caplog):
    table = perturb(grows=None, levels={"supercell": ["skew"], "strained": [1]})
    assert set(table["axis"].to_pylist()) == {"unchanged", "strained"}
    assert "no entry physics.grows_with_cell" in caplog.text


def test_a_split_of_another_training_is_refused(perturb, salts, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(salts, folder)
    fractions = {"train": 0.6, "val": 0.2, "test": 0.2}
    make_split(
        structures=folder / "structures.parquet", seed=2, fractions=fractions, output=folder / "split.parquet"
    )
    with pytest.raises(
        ArtifactError, match=r"split\.parquet: SHA-256: found .*, expected .* train the trial"
    ):
        perturb(folder=folder)
    assert not (tmp_path / "perturbed.parquet").exists()


def test_weights_of_another_trial_are_refused(perturb, salts, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(salts, folder)
    shutil.copy(folder / "mdl/model.safetensors", folder / "ocp/model.safetensors")
    with pytest.raises(ArtifactError, match="files of two trainings are mixed"):
        perturb(folder=folder)
