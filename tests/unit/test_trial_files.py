"""A file of one trial beside the record of another is refused."""

import numpy as np
import pyarrow as pa
import pytest

from gnnpool.artifacts import write_table, write_tensors
from gnnpool.errors import ArtifactError
from gnnpool.records import WEIGHTS_KIND, Trial
from gnnpool.trial_files import named, read_trial_table, read_trial_weights

TRIAL = Trial("phonons", "cgcnn", "mdl", "mean", 1)
RECORD = {**vars(TRIAL), "trial_id": "a" * 64}
WEIGHTS = {"kind": WEIGHTS_KIND}
TABLE = pa.table({"epoch": [1]})


def test_files_of_the_same_trial_are_read(tmp_path):
    write_table(tmp_path / "history.parquet", TABLE, metadata=named(TRIAL, "a" * 64), units={"epoch": "1"})
    write_tensors(
        tmp_path / "model.safetensors", {"raw.w": np.ones(2)}, metadata=WEIGHTS | named(TRIAL, "a" * 64)
    )
    assert read_trial_table(tmp_path / "history.parquet", RECORD)["epoch"].to_pylist() == [1]
    assert read_trial_weights(tmp_path / "model.safetensors", RECORD)["w"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        (
            named(Trial("phonons", "cgcnn", "mdl", "gmt", 1), "b" * 64),
            "phonons/cgcnn/mdl/gmt/seed-1 (id bbbbbbbb)",
        ),
        (named(TRIAL, "b" * 64), "phonons/cgcnn/mdl/mean/seed-1 (id bbbbbbbb)"),
        ({"trial": str(TRIAL)}, "phonons/cgcnn/mdl/mean/seed-1 (id none)"),
        ({}, "none (id none)"),
    ],
)
def test_a_file_of_another_training_is_refused_with_both_names(tmp_path, metadata, found):
    expected = f"trial: found {found}, expected phonons/cgcnn/mdl/mean/seed-1 (id aaaaaaaa) as in its record"
    write_table(tmp_path / "history.parquet", TABLE, metadata=metadata)
    with pytest.raises(ArtifactError) as caught:
        read_trial_table(tmp_path / "history.parquet", RECORD)
    assert f"history.parquet: {expected}" in str(caught.value)
    write_tensors(tmp_path / "model.safetensors", {"raw.w": np.ones(2)}, metadata=WEIGHTS | metadata)
    with pytest.raises(ArtifactError) as caught:
        read_trial_weights(tmp_path / "model.safetensors", RECORD)
    assert f"model.safetensors: {expected}" in str(caught.value)
