import contextlib
import json
import os
import re
import stat
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import safetensors.numpy

from gnnpool.artifacts import (
    read_json,
    read_table,
    read_tensors,
    write_atomically,
    write_json,
    write_table,
    write_tensors,
)
from gnnpool.errors import ArtifactError
from gnnpool.journal import note

FLIPS = 200


def table():
    rng = np.random.default_rng(7)
    return pa.table({"id": [f"s{i}" for i in range(500)], "value": rng.normal(size=500)})


def tensors():
    rng = np.random.default_rng(7)
    return {
        "a": rng.normal(size=(40, 3)),
        "b": rng.integers(0, 9, 50).astype(np.uint8),
        "none": np.zeros((0, 3)),
    }


def flipped(content: bytes, bit: int) -> bytes:
    damaged = bytearray(content)
    damaged[bit // 8] ^= 1 << (bit % 8)
    return bytes(damaged)


def silent_differences(path, read, same, seed):
    """How many of 200 single-bit flips are read without complaint as something else."""
    content = path.read_bytes()
    bits = np.random.default_rng(seed).integers(0, 8 * len(content), FLIPS)
    silent = 0
    for bit in bits:
        path.write_bytes(flipped(content, int(bit)))
        with contextlib.suppress(ArtifactError):  # noticed
            silent += not same(read(path))
    return silent


def test_no_flipped_bit_of_a_table_goes_unnoticed(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(path, table(), metadata={"units": "eV"})
    assert silent_differences(path, read_table, lambda t: t.equals(table()), seed=1) == 0


def test_no_flipped_bit_of_tensors_goes_unnoticed(tmp_path):
    path = tmp_path / "t.safetensors"
    write_tensors(path, tensors(), metadata={"kind": "test"})

    def same(read):
        arrays, metadata = read
        return metadata == {"kind": "test"} and all(
            np.array_equal(arrays[k], v) for k, v in tensors().items()
        )

    assert same(read_tensors(path))
    assert silent_differences(path, read_tensors, same, seed=2) == 0


@pytest.mark.parametrize("length", [0, 10, -1])
@pytest.mark.parametrize("kind", ["parquet", "safetensors"])
def test_a_truncated_file_is_named(tmp_path, length, kind):
    path = tmp_path / f"t.{kind}"
    write, read = (write_table, read_table) if kind == "parquet" else (write_tensors, read_tensors)
    write(path, table() if kind == "parquet" else tensors(), metadata={"kind": "test"})
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ArtifactError, match=rf"t.{kind}: damaged or cut short .* delete it and run again"):
        read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ArtifactError, match=r"gone.parquet: no such file"):
        read_table(tmp_path / "gone.parquet")


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "kept"
    path.write_text("old")

    def fail(temporary):
        temporary.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(ArtifactError, match=r"kept: cannot be written: No space left on device"):
        write_atomically(path, fail)
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
    assert path.read_text() == "old"


def test_file_and_name_are_on_disk_before_the_write_ends(tmp_path, monkeypatch):
    calls, sync, replace = [], os.fsync, os.replace

    def noted(handle):
        calls.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(os, "replace", lambda *names: (calls.append("name"), replace(*names)))
    write_json(tmp_path / "m.json", {"rows": 3})
    assert calls == ["file", "name", "folder"]


LIMITED = """
import resource, sys
import numpy as np, pyarrow as pa
from gnnpool import artifacts, journal
from gnnpool.errors import ArtifactError
from gnnpool.journal import note
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
data = np.random.default_rng(0).normal(size=9999)
try:
    {write}
except ArtifactError as error:
    print(error)
"""


@pytest.mark.parametrize(
    "write",
    [
        "artifacts.write_tensors('file', {'a': data}, metadata={})",
        "artifacts.write_table('file', pa.table({'a': data}))",
        "artifacts.write_json('file', {'a': data.tolist()})",
        "[journal.note('file', 'saved', epoch=epoch) for epoch in range(999)]",
    ],
    ids=["tensors", "table", "json", "journal"],
)
def test_a_full_disk_is_named_with_the_file_and_leaves_nothing_half_written(tmp_path, write):
    code = LIMITED.replace("{write}", write)
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert re.match(r"file: cannot be written: .*[Ff]ile too large", run.stdout), run.stderr
    assert {path.name for path in tmp_path.iterdir()} <= ({"file"} if "journal" in write else set())


@pytest.mark.parametrize("write", [lambda path: write_json(path, {}), lambda path: note(path, "saved")])
def test_a_folder_that_refuses_is_named(tmp_path, write, monkeypatch):
    (tmp_path / "folder").touch()
    with pytest.raises(ArtifactError, match=r"folder/file: cannot be written: "):
        write(tmp_path / "folder/file")


def test_a_file_without_permission_is_not_called_damaged(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("gnnpool.artifacts.check_seal", refuse)
    with pytest.raises(ArtifactError, match=r"t.json: cannot be read: Permission denied$"):
        read_json(tmp_path / "t.json")


def test_a_write_removes_what_a_killed_one_left_of_the_file_and_nothing_else(tmp_path):
    for name in (".kept.1234.tmp", ".kept.too.1234.tmp", "kept.1234.tmp"):
        (tmp_path / name).write_text("half")
    write_atomically(tmp_path / "kept", lambda temporary: temporary.write_text("whole"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".kept.too.1234.tmp", "kept", "kept.1234.tmp"]


def test_every_byte_of_a_small_file_counts(tmp_path):
    """Also those of names, units and metadata, that checksums of pages leave out."""
    path = tmp_path / "t.parquet"
    write_table(path, pa.table({"x": [1.5]}), metadata={"structures_sha256": "ab"}, units={"x": "eV"})
    content = path.read_bytes()
    for byte in range(len(content)):
        path.write_bytes(flipped(content, 8 * byte + byte % 8))
        with pytest.raises(ArtifactError, match=r"t\.parquet: damaged or cut short"):
            read_table(path)


def test_json_is_read_as_it_was_written_and_stays_json(tmp_path):
    content = {"rows": 3, "unit": "Å", "skipped": [{"row": 1}]}
    write_json(tmp_path / "m.json", content)
    assert read_json(tmp_path / "m.json") == content
    plain = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    assert plain == {**content, "checksum": plain["checksum"]}


@pytest.mark.parametrize("text", ["", "{}", "[1, 2]", '{"checksum": 1}', "<html>", '"gnnpool-sha256:"'])
def test_json_without_a_seal_is_refused(text, tmp_path):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(ArtifactError, match=r"m\.json: damaged or cut short \(.*\); delete it and run again"):
        read_json(tmp_path / "m.json")


def test_equal_content_gives_equal_files_and_a_table_may_be_written_again(tmp_path):
    write_table(tmp_path / "a", table(), metadata={"units": "eV"})
    write_table(tmp_path / "b", read_table(tmp_path / "a"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_table(tmp_path / "b").schema.metadata == {b"units": b"eV"}
    for name in ("c", "d"):
        write_tensors(tmp_path / name, tensors(), metadata={"kind": "test", "a": "b"})
    assert (tmp_path / "c").read_bytes() == (tmp_path / "d").read_bytes()


def test_a_table_without_metadata_has_none(tmp_path):
    write_table(tmp_path / "t", pa.table({"x": [1]}))
    assert read_table(tmp_path / "t").schema.metadata is None


def test_other_programs_read_the_files(tmp_path):
    write_table(tmp_path / "t.parquet", table())
    assert pd.read_parquet(tmp_path / "t.parquet").equals(table().to_pandas())
    write_tensors(tmp_path / "t.safetensors", tensors(), metadata={})
    assert np.array_equal(safetensors.numpy.load_file(tmp_path / "t.safetensors")["a"], tensors()["a"])
