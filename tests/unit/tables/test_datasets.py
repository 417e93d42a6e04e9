import numpy as np
import pyarrow as pa
import pytest

from gnnpool.analysis.distance import distances
from gnnpool.artifacts import read_table, write_json, write_table
from gnnpool.data.groups import write_groups
from gnnpool.data.structure import ids_sha256
from gnnpool.errors import ArtifactError
from gnnpool.tables.datasets import describe_datasets

IDS = [f"s{n}" for n in range(10)]
GROUPS = ["s0", "s0", "s0", *IDS[3:]]


@pytest.fixture
def describe(tmp_path):
    """Describe one dataset with parts such as "ttv" for each seed; give back rows and page."""

    def _describe(parts_by_seed, *, ids=IDS, **manifest):
        known = {"dataset": "some", "source": "table", "raw_sha256": "ab12" * 16, "atoms": {"mean": 7.25}}
        known |= {"rows_expected": 12, "rows_read": 12, "rows_kept": 10, **manifest}
        write_json(tmp_path / "manifest.json", known)
        write_groups(tmp_path / "duplicates.parquet", IDS, GROUPS, metadata={})
        points = np.arange(len(IDS), dtype=float)[:, None]
        table = {"id": IDS, "fingerprint": pa.FixedSizeListArray.from_arrays(points.ravel(), 1)}
        write_table(tmp_path / "fingerprints.parquet", pa.table(table))
        splits = []
        for seed, parts in parts_by_seed.items():
            splits.append(tmp_path / f"seed-{seed}.parquet")
            part = [{"t": "train", "v": "val", "x": "test"}[letter] for letter in parts]
            metadata = {
                "dataset": "some",
                "seed": str(seed),
                "scheme": "size",
                "held_out": "cells of 9 atoms or more",
                "ids_sha256": ids_sha256(ids),
            }
            write_table(splits[-1], pa.table({"id": ids, "part": part}), metadata=metadata)
        describe_datasets(
            manifests=[tmp_path / "manifest.json"],
            duplicates=[tmp_path / "duplicates.parquet"],
            fingerprints=[tmp_path / "fingerprints.parquet"],
            splits=splits,
            labels={"some": "Some <data>"},
            parquet=tmp_path / "datasets.parquet",
            html=tmp_path / "datasets.html",
        )
        return read_table(tmp_path / "datasets.parquet").to_pylist(), (tmp_path / "datasets.html").read_text()

    return _describe


def test_leaks_are_counted_for_each_seed_and_shown_as_a_range(describe):
    rows, page = describe({1: "txxttttvxx", 2: "tttttttvxx"})
    assert [(row["seed"], row["test"], row["test_in_train"]) for row in rows] == [(1, 4, 2), (2, 2, 0)]
    assert {row["same_as_another"] for row in rows} == {3}
    assert rows[0]["rows_left_out"] == 2
    assert "<td>0 to 2<small>of 2 to 4</small></td>" in page
    assert "Some &lt;data&gt;" in page
    assert "ab12ab12ab12" in page


def test_an_unexpected_row_count_is_shown_with_the_expected_one(describe):
    assert "12 expected" not in describe({1: "tttttttvxx"})[1]
    assert "<td>11<small>12 expected</small></td>" in describe({1: "tttttttvxx"}, rows_read=11)[1]


def test_duplicates_of_other_structures_are_refused(describe):
    with pytest.raises(ArtifactError, match=r"duplicates.parquet: made from other structures"):
        describe({1: "tttttttvxx"}, ids=[*IDS[1:], "s99"])


def test_the_distance_to_training_is_that_of_the_nearest_structure_relative_to_training(describe):
    rows, page = describe({1: "tttttttvxx", 2: "txtxtxtvtt"})
    assert [row["test_distance"] for row in rows] == [2.5, 1]  # from 6 to 8 and 9; from each neighbor
    assert [row["train_distance"] for row in rows] == [1, 2]
    assert [row["distance_ratio"] for row in rows] == [2.5, 0.5]
    assert "<td>0.50 to 2.50</td>" in page
    assert "<td>size<small>cells of 9 atoms or more</small></td>" in page


def test_a_distance_of_training_structures_that_are_all_alike_is_missing():
    found = distances(np.array([[0.0], [0.0], [0.0], [1.0]]), ["train", "train", "val", "test"])
    assert found["test_distance"] == 1
    assert np.isnan(found["distance_ratio"])


def test_a_partial_run_without_a_trial_has_no_dataset(tmp_path):
    describe_datasets(
        manifests=[],
        duplicates=[],
        fingerprints=[],
        splits=[],
        labels={},
        parquet=tmp_path / "datasets.parquet",
        html=tmp_path / "datasets.html",
    )
    assert read_table(tmp_path / "datasets.parquet").num_rows == 0
    assert "Datasets" in (tmp_path / "datasets.html").read_text()
