"""Files that contain their own SHA-256, which detects every damaged bit.

The digest is text behind a mark in the file. It is computed from the whole file with zeros in its own
place, so it covers what checksums of pages or tensors omit: headers, names, units and other metadata.
"""

import hashlib
import mmap
import os
from pathlib import Path

_MARK = b"gnnpool-sha256:"
_ZEROS = b"0" * 64
BLANK = (_MARK + _ZEROS).decode()


def seal(path: str | Path) -> None:
    """Put the digest into a file that holds :data:`BLANK` once.

    Raises:
        ValueError: If the file does not hold it, or more than once.
    """
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        place = _place(content)
        content[place : place + len(_ZEROS)] = _digest(content, place)
        content.flush()


def check_seal(path: str | Path) -> None:
    """Compare a file with the digest that it contains.

    Raises:
        ValueError: If they differ, or if there is no digest.
        OSError: If the file cannot be read.
    """
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise ValueError("it is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            place = _place(content)
            expected, found = content[place : place + len(_ZEROS)], _digest(content, place)
    if found != expected:
        shown = [digest[:12].decode(errors="backslashreplace") for digest in (expected, found)]
        raise ValueError(f"expected the checksum {shown[0]}..., found {shown[1]}...")


def _place(content: mmap.mmap) -> int:
    """Position of the digest."""
    first = content.find(_MARK)
    if first < 0 or content.find(_MARK, first + 1) >= 0:
        raise ValueError("expected one checksum of gnnpool, found none or several")
    return first + len(_MARK)


def _digest(content: mmap.mmap, place: int) -> bytes:
    with memoryview(content) as view:
        digest = hashlib.sha256(view[:place])
        digest.update(_ZEROS)
        digest.update(view[place + len(_ZEROS) :])
    return digest.hexdigest().encode()
