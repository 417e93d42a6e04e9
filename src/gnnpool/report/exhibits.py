"""Tables and figures that other jobs made, read and verified for the page."""

import base64
import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from PIL import Image, features

from gnnpool.artifacts import read_table
from gnnpool.errors import ArtifactError
from gnnpool.tables.printed import Printed, from_json

# Files beside a table or picture that a reader may want, by their ending.
_BESIDE = {
    ".csv": "CSV",
    ".parquet": "Parquet",
    ".tex": "LaTeX",
    ".md": "Markdown",
    ".png": "PNG",
    ".pdf": "PDF",
}


@dataclass(frozen=True)
class Link:
    """A file beside the page; the page needs it for nothing."""

    name: str
    address: str


@dataclass(frozen=True)
class TableExhibit:
    """A table of the configuration.

    Args:
        printed: The table in words.
        links: The same in other formats.
        kind: Module that made it; empty for a table that does not say so.
    """

    printed: Printed
    links: Sequence[Link]
    kind: str


@dataclass(frozen=True)
class Picture:
    """A picture with all that a page needs of it.

    Args:
        name: Name of its file.
        title: What it shows.
        description: The same in more words, for whoever does not see it.
        source: The picture itself, as an address that holds it.
        width: Pixels.
        height: Pixels.
        links: Its files.
    """

    name: str
    title: str
    description: str
    source: str
    width: int
    height: int
    links: Sequence[Link]


@dataclass(frozen=True)
class Gallery:
    """Pictures of one folder."""

    title: str
    pictures: Sequence[Picture]


def read_exhibit(parquet: str | Path, *, beside: Path) -> TableExhibit:
    """Read a table of :func:`gnnpool.tables.render.render_table`.

    Args:
        parquet: Its tidy form, whose metadata hold the printed one.
        beside: Folder of the page, which links are relative to.

    Raises:
        ArtifactError: If the file is damaged, or has no printed form.
    """
    table = read_table(parquet)
    kind = (table.schema.metadata or {}).get(b"kind", b"").decode()
    return TableExhibit(from_json(_metadata(table, "printed", parquet)), _links(Path(parquet), beside), kind)


def read_galleries(pictures: Sequence[str | Path], *, beside: Path) -> list[Gallery]:
    """Read pictures, each with the Parquet file of its name that holds its title and description.

    Args:
        pictures: PNG files, in the order in which they are shown; each with the Parquet file that
            :func:`gnnpool.figures.draw.save_figure` writes beside it.
        beside: Folder of the page, which links are relative to.

    Returns:
        One gallery for each folder beside the page that the pictures lie in or below, named after it.

    Raises:
        ArtifactError: If a file is missing or damaged, is not the one that its Parquet file was written
            with, or lacks title, description or checksum.
    """
    folders: dict[str, list[Picture]] = {}
    for path in map(Path, pictures):
        inside = path.absolute().is_relative_to(beside.absolute())
        folder = path.absolute().relative_to(beside.absolute()).parts[0] if inside else path.parent.name
        folders.setdefault(folder, []).append(_read_picture(path, beside))
    return [Gallery(name.replace("_", " ").capitalize(), shown) for name, shown in folders.items()]


def _read_picture(path: Path, beside: Path) -> Picture:
    numbers = path.with_suffix(".parquet")
    table = read_table(numbers)
    content = _verified(path, _metadata(table, "png_sha256", numbers))
    with Image.open(io.BytesIO(content)) as picture:
        width, height = picture.size
    return Picture(
        name=path.stem,
        title=_metadata(table, "title", numbers),
        description=_metadata(table, "description", numbers),
        source=_address(content),
        width=width,
        height=height,
        links=_links(path, beside),
    )


def _verified(path: Path, expected: str) -> bytes:
    """The content of a file with this SHA-256."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror}; delete it and run again") from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ArtifactError(
            f"{path}: damaged, or not the figure of {path.stem}.parquet: expected the SHA-256 "
            f"{expected[:12]}..., found {found[:12]}...; delete it and run again"
        )
    return content


_WEBP = 16383  # pixels on a side, at most


def _address(content: bytes) -> str:
    """An address that holds a picture, as WebP without loss: the same pixels in a third of the bytes."""
    kind = "png"
    with Image.open(io.BytesIO(content)) as picture:
        if features.check("webp") and max(picture.size) <= _WEBP:
            packed = io.BytesIO()
            opaque = "A" not in picture.getbands() or picture.getextrema()[-1] == (255, 255)
            picture.convert("RGB" if opaque else "RGBA").save(packed, "WEBP", lossless=True)
            kind, content = "webp", packed.getvalue()
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _metadata(table: pa.Table, key: str, path: str | Path) -> str:
    metadata = table.schema.metadata or {}
    if key.encode() not in metadata:
        raise ArtifactError(f"{path}: metadata: found no {key!r}; delete the file and run again")
    return metadata[key.encode()].decode()


def _links(path: Path, beside: Path) -> list[Link]:
    """The files that have the name of this one and are there."""
    return [
        Link(name, os.path.relpath(path.with_suffix(suffix), beside).replace(os.sep, "/"))
        for suffix, name in _BESIDE.items()
        if path.with_suffix(suffix).exists()
    ]
