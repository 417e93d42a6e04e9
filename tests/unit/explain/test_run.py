"""From the files of finished trials to the contributions of atoms."""

import json
import shutil

import numpy as np
import pytest

from gnnpool.artifacts import read_table, read_tensors, write_table, write_tensors
from gnnpool.data.structure import read_structures
from gnnpool.errors import ArtifactError, ConfigError
from gnnpool.explain.run import explain_atoms

POOLINGS = ("mean", "crystal_attention")
FEW = {"name": "few", "title": "Few", "dataset": "salts", "setting": ["cgcnn", "mdl"], "poolings": POOLINGS}
FEW |= {"seed": 1}


@pytest.fixture
def explain(salts, tmp_path):
    """Explain chosen structures; gives the tables of atoms and structures."""

    def explain(wanted, *, folder=salts, graphs="graphs.safetensors", reading="raw"):
        paths = {"atoms": tmp_path / "atoms.parquet", "summary": tmp_path / "structures.parquet"}
        explain_atoms(
            inputs={
                "structures": folder / "structures.parquet",
                "graphs": folder / graphs,
                "records": [folder / pooling / "record.parquet" for pooling in POOLINGS],
                "predictions": [folder / pooling / "predictions.parquet" for pooling in POOLINGS],
                "weights": [folder / pooling / "model.safetensors" for pooling in POOLINGS],
            },
            spec={**FEW, "structures": wanted, "reading": reading},
            stage_version=1,
            outputs=paths,
        )
        return read_table(paths["atoms"]), read_table(paths["summary"])

    return explain


def test_every_atom_has_its_place_element_and_contribution(explain, salts):
    table, _ = explain(2)
    atoms = table.to_pandas()
    crystals = read_structures(salts / "structures.parquet")
    assert atoms["id"].nunique() == 2
    for (id_, _), group in atoms.groupby(["id", "pooling"]):
        place = crystals.ids.index(id_)
        own = slice(crystals.node_ptr[place], crystals.node_ptr[place + 1])
        np.testing.assert_array_equal(group[["x", "y", "z"]], crystals.positions[own])
        np.testing.assert_array_equal(
            group[["fractional_a", "fractional_b", "fractional_c"]], crystals.fractional[own]
        )
        assert group["number"].to_list() == crystals.numbers[own].tolist()
        assert group["atom"].to_list() == list(range(len(group)))
        assert group["contribution"].notna().all()
    units = json.loads(table.schema.metadata[b"units"])
    assert (units["contribution"], units["x"]) == ("eV/atom", "Å")


def test_weights_are_given_for_the_pooling_that_has_them_and_missing_for_the_other(explain):
    atoms = explain(1)[0].to_pandas()
    by_pooling = dict(tuple(atoms.groupby("pooling")["weights"]))
    assert by_pooling["mean"].isna().all()
    np.testing.assert_allclose(np.stack(by_pooling["crystal_attention"]).sum(0), 1)


@pytest.mark.parametrize(("reading", "column"), [("raw", "prediction"), ("averaged", "averaged_prediction")])
def test_every_tested_structure_is_counted_and_predicted_as_when_trained(reading, column, explain, salts):
    trained = read_table(salts / "mean/predictions.parquet").to_pandas().set_index("id")
    structures = explain(1, reading=reading)[1].to_pandas()
    mean = structures[structures["pooling"] == "mean"].set_index("id")
    assert set(mean.index) == set(trained.index[trained["part"] == "test"])
    expected = trained[column][mean.index]
    np.testing.assert_allclose(mean["prediction"], expected, rtol=1e-4)
    known = mean["participation"].dropna()
    assert (known * mean["atoms"][known.index] >= 1 - 1e-9).all()
    assert (known <= 1 + 1e-9).all()


def test_the_best_the_middle_and_the_worst_are_shown_in_this_order(explain, salts):
    structures = explain("best_median_worst")[1].to_pandas()
    structures["error"] = (structures["prediction"] - structures["target"]).abs()
    errors = structures.groupby("id")["error"].mean()
    shown = structures[structures["shown"] > 0].drop_duplicates("id").set_index("shown")["id"]
    several = structures.drop_duplicates("id").set_index("id")["atoms"] > 1
    ranked = errors[several[errors.index]].sort_values()
    assert shown[1] == ranked.index[0]
    assert shown[3] == ranked.index[-1]
    assert ranked.iloc[0] < errors[shown[2]] < ranked.iloc[-1]


def test_a_named_structure_may_be_of_any_part_and_says_which(explain, salts):
    predictions = read_table(salts / "mean/predictions.parquet").to_pandas()
    trained = predictions.loc[predictions["part"] == "train", "id"].iloc[0]
    atoms, structures = (table.to_pandas() for table in explain([trained]))
    assert set(atoms["part"]) == {"train"}
    assert set(structures.loc[structures["shown"] == 1, "id"]) == {trained}


def test_an_unknown_structure_is_refused_with_the_dataset_and_a_hint(explain):
    with pytest.raises(
        ConfigError, match=r"explanation 'few': salts has no structure 'demo-00011'; did you mean demo-0011"
    ):
        explain(["demo-00011"])


def test_predictions_that_the_network_does_not_repeat_are_refused(explain, salts, tmp_path):
    folder = tmp_path / "mixed"
    shutil.copytree(salts, folder)
    table = read_table(folder / "mean/predictions.parquet")
    frame = table.to_pandas()
    frame["prediction"] += 1.0
    changed = table.from_pandas(frame, preserve_index=False).replace_schema_metadata(table.schema.metadata)
    write_table(folder / "mean/predictions.parquet", changed)
    with pytest.raises(ArtifactError, match=r"salts/cgcnn/mdl/mean/seed-1: structure .* predicts"):
        explain(1, folder=folder)


@pytest.mark.parametrize("name", ["model.safetensors", "predictions.parquet"])
def test_a_file_of_another_trial_beside_a_record_is_refused_with_both_names(explain, salts, tmp_path, name):
    folder = tmp_path / "mixed"
    shutil.copytree(salts, folder)
    shutil.copy(salts / "crystal_attention" / name, folder / "mean" / name)
    trials = r"found salts/cgcnn/mdl/crystal_attention/seed-1 .*, expected salts/cgcnn/mdl/mean/seed-1 "
    with pytest.raises(ArtifactError, match=rf"mean/{name}: trial: {trials}"):
        explain(1, folder=folder)


def test_weights_of_another_layout_are_refused(explain, salts, tmp_path):
    folder = tmp_path / "earlier"
    shutil.copytree(salts, folder)
    tensors, metadata = read_tensors(folder / "mean/model.safetensors")
    write_tensors(
        folder / "mean/model.safetensors", tensors, metadata=metadata | {"kind": "gnnpool weights 1"}
    )
    with pytest.raises(ArtifactError, match="kind: found 'gnnpool weights 1', expected 'gnnpool weights 2'"):
        explain(1, folder=folder)


def test_other_graphs_than_those_trained_on_are_refused(explain, salts, tmp_path):
    from gnnpool.graphs.build import build_graphs

    folder = tmp_path / "rebuilt"
    shutil.copytree(salts, folder)
    scheme = {"scheme": "mdl", "cutoff": 5.0, "max_neighbors": 250, "max_offsets": None}
    build_graphs(
        structures=folder / "structures.parquet",
        scheme=scheme,
        output=folder / "graphs.safetensors",
        manifest=folder / "graphs.json",
    )
    with pytest.raises(ArtifactError, match=r"mean/record.parquet: graphs_sha256: found"):
        explain(1, folder=folder)
