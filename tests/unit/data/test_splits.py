import hashlib
import json
import random
import subprocess
import sys
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from gnnpool.artifacts import file_sha256, write_table
from gnnpool.data.build import build_structures
from gnnpool.data.groups import write_groups
from gnnpool.data.matbench_folds import fold_ids
from gnnpool.data.split_file import read_split
from gnnpool.data.splits import assign_fold, assign_parts, make_split
from gnnpool.data.structure import ids_sha256
from gnnpool.errors import ArtifactError, ConfigError, DataError

PAPER = {"train": 0.80, "val": 0.05, "test": 0.15}


STORED = "fdabf4e7c423f7201b84af1376a11ce198deb865481d3489ee33668a0e42ced9"
STORED_START = "tttttvtttttttttttttt"
STORED_VAL = [25, 32, 51, 79, 91]


def names(count):
    return [f"mb-{n:05d}" for n in range(count)]


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (636, (508, 31, 97)),
        (1265, (1012, 63, 190)),
        (3814, (3051, 190, 573)),
        (4764, (3811, 238, 715)),
        (10987, (8789, 549, 1649)),
        (18928, (15142, 946, 2840)),
        (37334, (29867, 1866, 5601)),
    ],
)
def test_parts_of_the_paper_s_datasets_have_its_shares_and_the_rest_is_tested(count, sizes):
    parts = Counter(assign_parts(names(count), seed=111, fractions=PAPER))
    assert (parts["train"], parts["val"], parts["test"]) == sizes


def test_shares_are_exact_where_floating_point_is_not():
    assert 0.29 * 100 < 29
    parts = assign_parts(names(100), seed=1, fractions={"train": 0.29, "val": 0.57, "test": 0.14})
    assert Counter(parts) == {"train": 29, "val": 57, "test": 14}


def test_the_split_is_the_stored_one():
    """The same on every machine and in every version: changing it changes every result."""
    parts = "".join(part[0] for part in assign_parts(names(636), seed=111, fractions=PAPER))
    assert hashlib.sha256(parts.encode()).hexdigest() == STORED
    assert parts[:20] == STORED_START


def test_the_part_of_a_structure_does_not_depend_on_the_order_of_the_rows():
    ids = names(200)
    parts = dict(zip(ids, assign_parts(ids, seed=222, fractions=PAPER), strict=True))
    random.Random(0).shuffle(ids)
    assert dict(zip(ids, assign_parts(ids, seed=222, fractions=PAPER), strict=True)) == parts


def test_seeds_give_splits_that_overlap_as_chance_has_it():
    first, second = (np.array(assign_parts(names(10000), seed=s, fractions=PAPER)) for s in (111, 222))
    both = np.mean((first == "test") & (second == "test"))
    assert both == pytest.approx(0.15**2, abs=0.004)


@pytest.mark.parametrize(
    "fractions", [{"train": 0.8, "val": 0.1, "test": 0.2}, {"train": 1.2, "val": -0.4, "test": 0.2}]
)
def test_shares_that_are_no_shares_are_refused(fractions):
    with pytest.raises(ConfigError, match="sum 1"):
        assign_parts(names(100), seed=1, fractions=fractions)


def test_a_split_with_an_empty_part_is_refused():
    with pytest.raises(DataError, match=r"19 structures are too few .* no val part"):
        assign_parts(names(19), seed=1, fractions=PAPER)
    assert "val" in assign_parts(names(20), seed=1, fractions=PAPER)


def paired(count):
    """Names of groups: of each four structures the first two are one crystal."""
    return [f"mb-{n - (n % 4 == 1):05d}" for n in range(count)]


def test_groups_stay_together_and_parts_keep_their_sizes():
    groups = paired(1000)
    for seed in (111, 222, 333):
        parts = assign_parts(names(1000), seed=seed, fractions=PAPER, groups=groups)
        assert Counter(parts) == {"train": 800, "val": 50, "test": 150}
        assert len(set(zip(groups, parts, strict=True))) == len(set(groups)) == 750


def test_groups_of_one_change_nothing():
    ids = names(636)
    alone = assign_parts(ids, seed=5, fractions=PAPER)
    assert assign_parts(ids, seed=5, fractions=PAPER, groups=ids) == alone


def test_pairs_are_tested_as_often_as_single_structures():
    """A pair placed by the luckier of its two names would hardly ever be tested."""
    parts = assign_parts(names(20000), seed=1, fractions=PAPER, groups=paired(20000))
    first = [part for n, part in enumerate(parts) if n % 4 == 0]
    assert np.mean(np.array(first) == "test") == pytest.approx(0.15, abs=0.015)


def test_groups_too_large_for_the_parts_are_refused():
    groups = ["mb-00000"] * 90 + names(100)[90:]
    with pytest.raises(DataError, match=r"100 structures are too few .* no val part"):
        assign_parts(names(100), seed=3, fractions=PAPER, groups=groups)


FOLD = {"train": names(100)[10:], "test": names(10)}


def test_the_test_part_of_a_fold_is_given_and_the_rest_keeps_its_ratio():
    parts = assign_fold(names(100), fold=FOLD, seed=0, fractions=PAPER)
    assert parts[:10] == ["test"] * 10
    assert Counter(parts[10:]) == {"train": 85, "val": 5}  # val: int(90 * 0.05 / 0.85)


def test_the_division_of_the_rest_of_a_fold_is_the_stored_one():
    parts = "".join(part[0] for part in assign_fold(names(100), fold=FOLD, seed=0, fractions=PAPER))
    assert [n for n, part in enumerate(parts) if part == "v"] == STORED_VAL


def test_rows_left_out_move_no_other_row_between_test_and_the_rest():
    ids = [id_ for id_ in names(100) if id_ not in ("mb-00003", "mb-00020")]
    parts = dict(zip(ids, assign_fold(ids, fold=FOLD, seed=0, fractions=PAPER), strict=True))
    assert {id_ for id_, part in parts.items() if part == "test"} == set(names(10)) - {"mb-00003"}


def test_a_structure_that_the_fold_does_not_know_is_named():
    with pytest.raises(DataError, match=r"structure 'other' is in no official fold: .* such as 'mb-00000'"):
        assign_fold([*names(100), "other"], fold=FOLD, seed=0, fractions=PAPER)


@pytest.fixture
def structures(tmp_path):
    entry = {"source": "demo", "target": "energy", "unit": "eV/atom", "structures": 40}
    path = tmp_path / "structures.parquet"
    build_structures(
        raw=None,
        dataset="demo",
        entry=entry | {"options": {"target": "per_atom", "count": 40}},
        on_bad_row="error",
        structures=path,
        manifest=tmp_path / "manifest.json",
    )
    return path


def test_a_written_split_is_whole_and_says_what_it_splits(structures, tmp_path):
    path = tmp_path / "seed-111.parquet"
    make_split(structures=structures, seed=111, fractions=PAPER, output=path)
    split = read_split(path)
    assert split.ids == [f"demo-{n:04d}" for n in range(1, 41)]
    assert split.part.tolist() == assign_parts(split.ids, seed=111, fractions=PAPER)
    parts = [split.indices(part) for part in ("train", "val", "test")]
    assert [len(part) for part in parts] == [32, 2, 6]
    assert sorted(np.concatenate(parts).tolist()) == list(range(40))
    assert split.metadata["seed"] == "111"
    assert split.metadata["fractions"] == "0.8/0.05/0.15"
    assert split.metadata["ids_sha256"] == ids_sha256(split.ids)
    assert split.metadata["structures_sha256"] == file_sha256(structures)


TASK = {"name": "demo", "rows": 1000}  # all but forty rows were left out


def test_an_official_fold_is_written_with_its_task(structures, tmp_path):
    path = tmp_path / "seed-2.parquet"
    make_split(structures=structures, seed=2, fractions=PAPER, output=path, method=TASK)
    split = read_split(path)
    tested = {id_ for id_, part in zip(split.ids, split.part, strict=True) if part == "test"}
    assert tested == set(fold_ids("demo", 1000, 2)["test"]) & set(split.ids)
    assert len(tested) > 2
    assert split.metadata["scheme"] == "matbench"
    assert split.metadata["matbench_task"] == "demo"
    assert split.metadata["matbench_rows"] == "1000"


def test_a_fold_is_compared_with_the_published_one_in_the_mirror_folder(structures, tmp_path, caplog):
    published = {f"fold_{fold}": fold_ids("demo", 1000, fold) for fold in range(5)}
    official = tmp_path / "matbench_v0.1_validation.json"
    output = tmp_path / "seed-2.parquet"
    settings = {"structures": structures, "fractions": PAPER, "method": TASK, "official_folder": tmp_path}

    official.write_text(json.dumps({"splits": {"demo": published}}))
    with caplog.at_level("INFO"):
        make_split(**settings, seed=2, output=output)
    assert f"demo fold 2 is the one of {official}" in caplog.text

    output.unlink()
    published["fold_2"]["test"][0] = "demo-9999"
    official.write_text(json.dumps({"splits": {"demo": published}}))
    with pytest.raises(DataError, match=r"demo fold 2, test: found .* expected demo-9999"):
        make_split(**settings, seed=2, output=output)
    assert not output.exists()


def test_duplicates_are_kept_together(structures, tmp_path):
    ids = [f"demo-{n:04d}" for n in range(1, 41)]
    groups = [ids[n - n % 2] for n in range(40)]
    duplicates = tmp_path / "duplicates.parquet"
    write_groups(duplicates, ids, groups, metadata={})
    path = tmp_path / "seed-1.parquet"
    make_split(structures=structures, seed=1, fractions=PAPER, output=path, duplicates=duplicates)
    split = read_split(path)
    assert split.part[::2].tolist() == split.part[1::2].tolist()
    assert split.metadata["keep_duplicates_together"] == "true"


def test_another_table_is_not_taken_for_a_split(tmp_path):
    path = tmp_path / "seed-1.parquet"
    write_table(path, pa.table({"id": ["a"], "fold": [1]}))
    with pytest.raises(ArtifactError, match="expected the columns id and part"):
        read_split(path)


def test_reading_structures_and_splits_needs_neither_pandas_nor_pymatgen():
    heavy = ("pandas", "pymatgen", "torch", "scipy")
    code = f"import sys, gnnpool.data.splits; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
