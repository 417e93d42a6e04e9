"""Files that are whole or absent, and that notice when they are damaged.

Everything is written to a temporary neighbour first and then renamed. Parquet pages and tensor
files carry checksums, verified on reading.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors
import safetensors.numpy

from gnnpool.errors import ArtifactError

_METADATA = "gnnpool"
_CHECKSUM = "sha256"


def write_atomically(path: str | Path, write: Callable[[Path], None]) -> None:
    """Let a function write a file, and give it its name only once it is complete and on disk.

    Args:
        path: Where the file shall be; its folder is made.
        write: Called with a temporary path in the same folder.

    Raises:
        ArtifactError: If the disk refuses, naming the file; nothing half-written stays.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        with open(temporary, "rb") as handle:
            os.fsync(handle.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # safetensors would keep the file to its owner
        os.replace(temporary, path)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | Path, content: Mapping) -> None:
    """Write a mapping as indented JSON."""
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_table(
    path: str | Path,
    table: pa.Table,
    *,
    metadata: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
) -> None:
    """Write a Parquet file with page checksums.

    Args:
        path: Where the file shall be.
        table: The columns.
        metadata: Added to the schema metadata.
        units: Unit of each column that has one; kept there too, as JSON under the key "units".
    """
    added = dict(metadata or {})
    if units:
        added["units"] = json.dumps(units)
    if added:
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), **added})
    write_atomically(
        path, lambda temporary: pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
    )


def read_table(path: str | Path) -> pa.Table:
    """Read a Parquet file and verify its page checksums.

    Raises:
        ArtifactError: If the file is missing, damaged or no Parquet file.
    """
    try:
        # ParquetFile, not read_table: the path is one file, and `seed-1/` is not a partition.
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            return file.read()
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError(_damaged(path, error)) from error


def write_tensors(
    path: str | Path, tensors: Mapping[str, np.ndarray], *, metadata: Mapping[str, str]
) -> None:
    """Write arrays as one safetensors file whose metadata hold a checksum of all of it.

    Args:
        path: Where the file shall be.
        tensors: Named arrays.
        metadata: Strings kept beside them.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    # One key only: the format keeps several in no order, and equal content shall give equal files.
    text = json.dumps({**metadata, _CHECKSUM: _checksum(arrays, metadata)}, sort_keys=True)
    write_atomically(
        path, lambda temporary: safetensors.numpy.save_file(arrays, temporary, metadata={_METADATA: text})
    )


def read_tensors(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a file of :func:`write_tensors` and verify its checksum.

    Returns:
        The arrays, and the metadata without the checksum.

    Raises:
        ArtifactError: If the file is missing, damaged or of another kind.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = json.loads((file.metadata() or {})[_METADATA])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError, ValueError, TypeError, KeyError) as error:
        raise ArtifactError(_damaged(path, error)) from error
    expected = metadata.pop(_CHECKSUM, "none")
    found = _checksum(arrays, metadata)
    if found != expected:
        raise ArtifactError(_damaged(path, f"checksum {found[:12]}..., expected {expected[:12]}..."))
    return arrays, metadata


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _checksum(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(sorted(metadata.items())).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name}:{array.dtype.str}:{array.shape}:".encode())
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _damaged(path: str | Path, reason: object) -> str:
    if not Path(path).exists():
        return f"{path}: no such file"
    return f"{path}: damaged or cut short ({reason}); delete it and run again"
