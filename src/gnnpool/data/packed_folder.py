"""A folder of raw files as one tar file with the same bytes for the same content, so that it has one hash."""

import hashlib
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from gnnpool.errors import DataError


class Writable(Protocol):
    """What takes bytes: a file, or a hash behind :class:`_Hash`."""

    def write(self, content: bytes, /) -> object:
        """Take bytes."""


def pack_folder(folder: str | Path, stream: Writable) -> None:
    """Write the files of a folder and the folders in it as a tar archive.

    Names are sorted; times, owners and permissions are omitted. Hidden files and folders, and links to
    folders, are left out.

    Args:
        folder: The folder.
        stream: Takes the archive.

    Raises:
        DataError: If a file cannot be read.
    """
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for path in _files(Path(folder)):
            member = tarfile.TarInfo(path.relative_to(folder).as_posix())
            with _opened(path) as file:
                member.size = os.fstat(file.fileno()).st_size
                archive.addfile(member, file)


def raw_hash(path: str | Path, kind: str = "sha256") -> str:
    """Hash of a file, or of the archive as which a folder is packed.

    Args:
        path: The file or folder.
        kind: Such as "sha256"; see :mod:`hashlib`.
    """
    if Path(path).is_dir():
        pack_folder(path, digest := _Hash(kind))
        return digest.value.hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


class _Hash:
    """A stream of which only the hash remains."""

    def __init__(self, kind: str) -> None:
        self.value = hashlib.new(kind)

    def write(self, content: bytes) -> None:
        self.value.update(content)


def _files(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(here, name) for name in sorted(files) if not name.startswith("."))
        # No pipes, which have no end; a link to a missing file is reported when it is opened.
        yield from (path for path in paths if path.is_file() or path.is_symlink())


def _opened(path: Path) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
