import hashlib
import random
import subprocess
import sys
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from gnnpool.artifacts import file_sha256, write_table
from gnnpool.data.build import build_structures
from gnnpool.data.splits import assign_parts, make_split, read_split
from gnnpool.data.structure import ids_sha256
from gnnpool.errors import ArtifactError, ConfigError, DataError

PAPER = {"train": 0.80, "val": 0.05, "test": 0.15}


STORED = "fdabf4e7c423f7201b84af1376a11ce198deb865481d3489ee33668a0e42ced9"
STORED_START = "tttttvtttttttttttttt"


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
