"""Data of one's own, in each form, from the raw file to a trained network."""

import json
import zipfile

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pymatgen.io.cif import CifWriter

from gnnpool.data.splits import make_split
from gnnpool.graphs.build import build_graphs
from gnnpool.records import outputs_in
from gnnpool.training.run import run_trial

MODEL = {
    "encoder": "cgcnn",
    "options": {"channels": 8, "pre_layers": 1, "layers": 1, "gaussians": 10, "gaussian_width": 0.2},
    "head": {"layers": 1, "channels": 8, "activation": "relu"},
}


def c2db(folder, crystals, write_ase_database):
    rows = [(f"{n:032x}", structure, {"workfunction": y}) for n, (_, structure, y) in enumerate(crystals)]
    return write_ase_database(folder / "c2db.db", rows), {}


def matdeeplearn(folder, crystals, _):
    path = folder / "data.json"
    path.write_text(
        json.dumps(
            [
                {
                    "structure_id": id_,
                    "positions": structure.cart_coords.tolist(),
                    "cell": structure.lattice.matrix.tolist(),
                    "atomic_numbers": list(structure.atomic_numbers),
                    "y": target,
                }
                for id_, structure, target in crystals
            ]
        )
    )
    return path, {}


def table(folder, crystals, _):
    rows = [(id_, str(CifWriter(structure)), target) for id_, structure, target in crystals]
    pd.DataFrame(rows, columns=["name", "cif", "energy"]).to_csv(folder / "mine.csv", index=False)
    return folder / "mine.csv", {"target": "energy", "structure": "cif", "id": "name"}


def folder(folder, crystals, _):
    with zipfile.ZipFile(folder / "mine.zip", "w") as archive:
        archive.writestr("mine/targets.csv", "".join(f"{id_},{target}\n" for id_, _, target in crystals))
        for id_, structure, _ in crystals:
            archive.writestr(f"mine/{id_}.cif", str(CifWriter(structure)))
    return folder / "mine.zip", {}


@pytest.mark.parametrize("write", [c2db, matdeeplearn, table, folder], ids=lambda write: write.__name__)
def test_a_network_is_trained_from(write, tmp_path, crystals, write_ase_database, short_training, build_in):
    raw, options = write(tmp_path, crystals, write_ase_database)
    split, graphs = tmp_path / "split.parquet", tmp_path / "graphs.safetensors"
    entry = {"source": write.__name__, "target": "energy", "unit": "eV", "structures": 30, "options": options}
    structures, _ = build_in(tmp_path, raw, entry, dataset="mine")
    make_split(
        structures=structures, seed=1, fractions={"train": 0.7, "val": 0.15, "test": 0.15}, output=split
    )
    scheme = {"scheme": "mdl", "cutoff": 4.0, "max_neighbors": 250, "max_offsets": None}
    build_graphs(structures=structures, scheme=scheme, output=graphs, manifest=tmp_path / "graphs.json")
    run_trial(
        graphs=graphs,
        split=split,
        trial="mine/cgcnn/mdl/mean/seed-1",
        model=MODEL,
        pooling=None,
        training=short_training(epochs=2),
        stage_version=1,
        device="cpu",
        outputs=outputs_in(tmp_path),
        checkpoint=tmp_path / "checkpoint",
        checkpoint_every={"epochs": 50, "seconds": 60},
        journal=tmp_path / "trial.jsonl",
    )
    (record,) = pq.ParquetFile(tmp_path / "record.parquet").read().to_pylist()
    assert record["n_train"] + record["n_val"] + record["n_test"] == 30
    # The crystals and targets are the same in each form; only the names, and so the split, may differ.
    assert 0 < record["test_mae"] < 50
    predicted = pq.ParquetFile(tmp_path / "predictions.parquet").read().to_pandas()
    targets = sorted(target for _, _, target in crystals)
    assert set(predicted.columns) >= {"id"}
    assert all(min(abs(y - t) for t in targets) < 1e-3 for y in predicted["target"])
