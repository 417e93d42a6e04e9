"""Read files of a zip, tar or gzip archive into memory, without unpacking them to disk.

Names and links in an archive therefore cannot write anywhere. Unsafe ones are refused nevertheless.
"""

import gzip
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from gnnpool.errors import DataError

MAX_BYTES = 1_000_000_000
MAX_FILES = 100_000
_PIECE = 1 << 20
_DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
)


def is_archive(path: str | Path) -> bool:
    """Whether a file begins like a zip, tar or gzipped file."""
    with open(path, "rb") as file:
        start = file.read(262)
    return start.startswith((b"PK", b"\x1f\x8b")) or start[257:] == b"ustar"


def read_archive(
    path: str | Path, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES
) -> dict[str, bytes]:
    """Read every file of a zip, tar or gzipped tar archive.

    Args:
        path: The archive.
        max_bytes: Most bytes that it may hold unpacked.
        max_files: Most files and folders that it may hold.

    Returns:
        The content of each file by its name in the archive, such as "salts/1.cif".

    Raises:
        DataError: If the archive is damaged, holds more, or holds anything but files and folders with names
            that stay inside of it.
    """
    try:
        with open(path, "rb") as file:
            kind = file.read(2)
            file.seek(0)
            members = _from_zip(file, max_bytes) if kind == b"PK" else _from_tar(file, max_bytes, kind)
            return _collected(members, max_files)
    except _Refused as refused:
        raise DataError(f"{path}: {refused}") from None
    except _DAMAGED as error:
        raise DataError(f"{path}: expected a zip or tar archive, found: {error or repr(error)}") from error


def read_gzip(path: str | Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a gzipped file.

    Args:
        path: The file.
        max_bytes: Most bytes that it may hold unpacked.

    Raises:
        DataError: If the file holds more, is damaged, or is not gzipped.
    """
    try:
        with gzip.open(path) as file:
            stream = _Limited(file, max_bytes)
            return b"".join(iter(lambda: stream.read(_PIECE), b""))
    except _Refused as refused:
        raise DataError(f"{path}: {refused}") from None
    except _DAMAGED as error:
        raise DataError(f"{path}: expected a gzipped file, found: {error or repr(error)}") from error


def read_unpacked(path: str | Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a file, unpacked if it is gzipped or the only file of a zip archive.

    Args:
        path: The file.
        max_bytes: Most bytes that it may hold unpacked.

    Raises:
        DataError: If the file cannot be read, holds more, or is an archive of several files.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(2)
        if start == b"\x1f\x8b":
            return read_gzip(path, max_bytes=max_bytes)
        if start != b"PK":
            return Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    files = read_archive(path, max_bytes=max_bytes)
    if len(files) != 1:
        raise DataError(f"{path}: expected an archive of one file, found {len(files)} files")
    return next(iter(files.values()))


class _Refused(Exception):
    """What an archive holds that it may not hold, and what was expected."""


def _collected(members: Iterator[tuple[str, bytes | None]], max_files: int) -> dict[str, bytes]:
    files = {}
    for number, (name, content) in enumerate(members, start=1):
        if number > max_files:
            raise _Refused(f"expected at most {max_files} files and folders, found more")
        # Both kinds of separators, independent of the packing system.
        place = PureWindowsPath(name)
        if place.anchor or ".." in place.parts:
            raise _Refused(f"expected names inside of the archive, found {name!r}")
        plain = str(PurePosixPath(name))  # "./salts/1.cif" is "salts/1.cif"
        if plain in files:
            raise _Refused(f"expected each file once, found {name!r} twice")
        if content is not None:
            files[plain] = content
    return files


def _from_zip(file: BinaryIO, max_bytes: int) -> Iterator[tuple[str, bytes | None]]:
    """Name and content of each member; no content for a folder."""
    with zipfile.ZipFile(file) as archive:
        # A member ends at its stated size, whatever follows.
        if (size := sum(member.file_size for member in archive.infolist())) > max_bytes:
            raise _Refused(f"expected at most {max_bytes} bytes unpacked, found {size}")
        for member in archive.infolist():
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _Refused(f"expected files and folders only, found another kind: {member.filename!r}")
            yield member.filename, None if member.is_dir() else _unpacked(archive, member)


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    # In pieces: a single read would unpack a member to its true size before it is cut to the stated one.
    with archive.open(member) as file:
        return b"".join(iter(lambda: file.read(_PIECE), b""))


def _from_tar(file: BinaryIO, max_bytes: int, kind: bytes) -> Iterator[tuple[str, bytes | None]]:
    stream = _Limited(gzip.GzipFile(fileobj=file) if kind == b"\x1f\x8b" else file, max_bytes)
    # As a stream: every byte is read once, headers included, so every byte is counted.
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE) or member.issparse():
                raise _Refused(f"expected files and folders only, found another kind: {member.name!r}")
            yield member.name, None if member.isdir() else archive.extractfile(member).read()
    while stream.read(_PIECE):  # to the end, where gzip has its checksum
        pass
    if stream.last != bytes(1024):
        raise ValueError("it is cut short: a tar archive ends with 1024 zeros")


class _Limited:
    """A stream that ends with an error where it grows too long, and knows the last bytes that it gave."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream = stream
        self._most = self._left = most
        self.last = b""

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self.last = (self.last + content)[-1024:]
        self._left -= len(content)
        if self._left < 0:
            raise _Refused(f"expected at most {self._most} bytes unpacked, found more")
        return content
