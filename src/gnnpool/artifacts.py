"""Files that are complete or absent, with checksums that detect damage.

Every file is first written to a temporary file beside it and then renamed. Every file contains a checksum
of all of its bytes, verified on reading; pages of Parquet have their own as well, for other readers.
"""

import contextlib
import glob
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors
import safetensors.numpy

from gnnpool.errors import ArtifactError, unwritable
from gnnpool.seal import BLANK, check_seal, seal

_METADATA = "gnnpool"
_CHECKSUM = "checksum"


def write_atomically(path: str | Path, write: Callable[[Path], None]) -> None:
    """Let a function write a file, and give it its name only when it is complete and on disk.

    Args:
        path: Path of the file; its folder is created. Only one process writes it at a time: temporary
            files of killed processes are removed.
        write: Called with a temporary path in the same folder.

    Raises:
        ArtifactError: If the file cannot be written; the error names it, and no partial file stays.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in path.parent.glob(f".{glob.escape(path.name)}.[0-9]*.tmp"):
            leftover.unlink(missing_ok=True)
        write(temporary)
        with open(temporary, "rb") as handle:
            os.fsync(handle.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # safetensors would keep the file to its owner
        os.replace(temporary, path)
        _keep_name(path.parent)
    # A full disk is an OSError, except in safetensors, which has its own error.
    except (OSError, safetensors.SafetensorError) as error:
        raise unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError):  # a folder that became read-only keeps the error above
            temporary.unlink(missing_ok=True)


def copy_file(source: str | Path, target: str | Path) -> None:
    """Copy a file; see :func:`write_atomically`."""

    def write(temporary: Path) -> None:
        shutil.copyfile(source, temporary)

    write_atomically(target, write)


def write_json(path: str | Path, content: Mapping) -> None:
    """Write a mapping as indented JSON, with a checksum under the key "checksum"."""
    text = json.dumps({**content, _CHECKSUM: BLANK}, indent=2, allow_nan=False) + "\n"
    _write_sealed(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_json(path: str | Path) -> dict:
    """Read a file of :func:`write_json`, without its checksum.

    Raises:
        ArtifactError: If the file is missing, damaged or of another kind.
    """
    try:
        check_seal(path)
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        del content[_CHECKSUM]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(_damaged(path, error)) from error
    return content


def write_table(
    path: str | Path,
    table: pa.Table,
    *,
    metadata: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    repeating: Sequence[str] | None = None,
) -> None:
    """Write a Parquet file with page checksums and a checksum of the whole.

    Args:
        path: Where the file shall be.
        table: The columns.
        metadata: Added to the schema metadata.
        units: Unit of each column that has one; kept there too, as JSON under the key "units".
        repeating: Columns with few distinct values, if others hardly repeat: of those, floating-point numbers
            are stored byte by byte, which compresses them better. None if all may repeat.
    """
    added = dict(metadata or {})
    if units:
        added["units"] = json.dumps(units)
    table = table.replace_schema_metadata({**_without_checksum(table), **added})

    def write(temporary: Path) -> None:
        options = {}
        if repeating is not None:
            floats = [f.name for f in table.schema if pa.types.is_floating(f.type)]
            split = [name for name in floats if name not in repeating]
            options = {"use_dictionary": list(repeating), "use_byte_stream_split": split}
        with pq.ParquetWriter(
            temporary, table.schema, compression="zstd", write_page_checksum=True, **options
        ) as writer:
            writer.write_table(table)
            # Beside the schema's own metadata, which the file holds twice.
            writer.add_key_value_metadata({_CHECKSUM: BLANK})

    _write_sealed(path, write)


def read_table(path: str | Path) -> pa.Table:
    """Read a Parquet file of :func:`write_table` and verify its checksums.

    Raises:
        ArtifactError: If the file is missing, damaged or of another kind.
    """
    try:
        check_seal(path)
        # ParquetFile, not read_table: the path is one file, and `seed-1/` is not a partition.
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ArtifactError(_damaged(path, error)) from error
    return table.replace_schema_metadata(_without_checksum(table) or None)


def read_column(path: str | Path, name: str, *, ids: Sequence[str]) -> pa.ChunkedArray:
    """Read the one column that a table holds beside the structures' names.

    Args:
        path: File of :func:`write_table` with the columns id and ``name``.
        name: The column.
        ids: Names of the expected structures, in order.

    Returns:
        One value for each structure, ``[S]``.

    Raises:
        ArtifactError: If the file is missing, damaged, has other columns, or belongs to other structures.
    """
    table = read_table(path)
    if table.column_names != ["id", name]:
        raise ArtifactError(f"{path}: expected the columns id and {name}, found {table.column_names}")
    if table["id"].to_pylist() != list(ids):
        raise ArtifactError(f"{path}: made from other structures; delete it and run again")
    return table[name]


def write_tensors(
    path: str | Path, tensors: Mapping[str, np.ndarray], *, metadata: Mapping[str, str]
) -> None:
    """Write arrays as one safetensors file that carries a checksum of the whole.

    Args:
        path: Where the file shall be.
        tensors: Named arrays.
        metadata: Strings kept beside them.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    # One key only: the format does not fix the order of several, and equal content must give equal files.
    text = json.dumps({**metadata, _CHECKSUM: BLANK}, sort_keys=True)
    _write_sealed(
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
        check_seal(path)
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = json.loads((file.metadata() or {})[_METADATA])
            del metadata[_CHECKSUM]
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError, ValueError, TypeError, KeyError) as error:
        raise ArtifactError(_damaged(path, error)) from error
    return arrays, metadata


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _write_sealed(path: str | Path, write: Callable[[Path], object]) -> None:
    def write_and_seal(temporary: Path) -> None:
        write(temporary)
        seal(temporary)

    write_atomically(path, write_and_seal)


def _without_checksum(table: pa.Table) -> dict[Any, Any]:
    metadata = table.schema.metadata or {}
    return {key: value for key, value in metadata.items() if key != _CHECKSUM.encode()}


def _keep_name(folder: Path) -> None:
    """Let a new name in a folder outlast a power cut, before anything that replaces the file is removed."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems refuse this for folders
            os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _damaged(path: str | Path, reason: object) -> str:
    if isinstance(reason, FileNotFoundError):
        return f"{path}: no such file"
    if isinstance(reason, PermissionError):
        return f"{path}: cannot be read: {reason.strerror}"
    return f"{path}: damaged or cut short ({reason}); delete it and run again"
