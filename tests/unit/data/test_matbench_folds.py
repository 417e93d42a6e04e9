import hashlib
import json

import pytest

from gnnpool.data.matbench_folds import check_official, fold_ids, row_id, task_of
from gnnpool.errors import DataError

# SHA-256 of the JSON list of the five lists of test names in Matbench's own
# matbench_v0.1_validation.json (package matbench 0.6).
OFFICIAL = {
    ("matbench_jdft2d", 636): "a4c98104515cac0c2f4bf260f48cf9d0f66d44b687789d958e8b5f5fd07b3b68",
    ("matbench_phonons", 1265): "ebc1204304050d5d067ea1897bc72c936c7cb648bf3679a189053a758f120db4",
    ("matbench_dielectric", 4764): "46b50e0734c92c161951de643635af4caefcd8a10b0d753a2c8ac91657b65084",
    ("matbench_log_kvrh", 10987): "32455937d5f0c1366337a20f7a482016c7aeb4b65112d01335fcfb09a5f5d513",
    ("matbench_perovskites", 18928): "5803e49cd4d46ef16edb07eb7e7c2d9c02cd38cfe287141b6464cedab6bb3509",
}


@pytest.mark.parametrize(("task", "rows"), OFFICIAL)
def test_folds_are_the_official_ones(task, rows):
    folds = [fold_ids(task, rows, fold) for fold in range(5)]
    tested = [fold["test"] for fold in folds]
    assert hashlib.sha256(json.dumps(tested).encode()).hexdigest() == OFFICIAL[task, rows]
    everything = [row_id(task, row, rows) for row in range(rows)]
    for fold in folds:
        assert sorted(fold["train"] + fold["test"]) == everything


@pytest.mark.parametrize(
    ("file", "row", "rows", "name"),
    [
        ("raw/exfoliation/matbench_jdft2d.json.gz", 11, 636, "mb-jdft2d-012"),
        ("matbench_log_kvrh.json.gz", 0, 10987, "mb-log-kvrh-00001"),
        ("matbench_mp_e_form.json.gz", 132751, 132752, "mb-mp-e-form-132752"),
    ],
)
def test_rows_have_the_names_of_matbench(file, row, rows, name):
    assert row_id(task_of(file), row, rows) == name


@pytest.fixture
def official(tmp_path):
    """The published file for a task of twelve rows, changed by a function of its splits."""

    def write(change=lambda splits: None):
        splits = {"matbench_some": {f"fold_{k}": fold_ids("matbench_some", 12, k) for k in range(5)}}
        change(splits)
        path = tmp_path / "matbench_v0.1_validation.json"
        path.write_text(json.dumps({"metadata": {"n_splits": 5}, "splits": splits}))
        return path

    return write


def check(path, fold=1):
    check_official(path, task="matbench_some", fold=fold, ids=fold_ids("matbench_some", 12, fold))


def test_the_published_file_agrees(official):
    path = official()
    for fold in range(5):
        check(path, fold)


def _other_row(splits):
    splits["matbench_some"]["fold_1"]["test"][1] = "mb-some-99"


def _other_order(splits):
    splits["matbench_some"]["fold_1"]["train"].reverse()


def _lost_row(splits):
    splits["matbench_some"]["fold_1"]["test"].pop()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            _other_row,
            r"matbench_some fold 1, test: found mb-some-\d\d at place 2, expected mb-some-99 as in .*json",
        ),
        (_other_order, r"fold 1, train: found mb-some-\d\d at place 1, expected mb-some-\d\d"),
        (_lost_row, r"fold 1, test: found 3 names, expected 2"),
    ],
)
def test_a_fold_that_differs_from_the_published_one_is_named(change, message, official):
    path = official(change)
    check(path, fold=2)
    with pytest.raises(DataError, match=message):
        check(path)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"splits": {}}', '{"splits": {"matbench_some": {"fold_1": {"test": 3}}}}']
)
def test_a_file_of_another_layout_is_refused(content, tmp_path):
    path = tmp_path / "matbench_v0.1_validation.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"expected names under splits, matbench_some, fold_1"):
        check(path)
