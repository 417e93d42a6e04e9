import contextlib

import numpy as np
import pyarrow as pa
import pytest

from gnnpool.artifacts import read_table, read_tensors, write_atomically, write_table, write_tensors
from gnnpool.errors import ArtifactError

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
