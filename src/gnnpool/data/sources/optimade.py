"""Answers of OPTIMADE as JSON: structures, and a property of each as its target."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from gnnpool.bounds import Count
from gnnpool.data.archive import MAX_BYTES, read_unpacked
from gnnpool.data.formats import raw_structure
from gnnpool.data.structure import RawStructure
from gnnpool.data.text import is_number, load_json
from gnnpool.errors import DataError


def read(path: str | Path, *, target: str, max_bytes: Count = MAX_BYTES) -> list[RawStructure]:
    """Read the structures of OPTIMADE answers.

    Args:
        path: One answer (its ``data`` is a list of structures, or one), a list of answers such as the pages
            of a query, or the file of ``optimade-get --output-file``. It may be gzipped or zipped. Lengths
            are in Å.
        target: Property of the structures, such as ``_oqmd_band_gap``; of one inside another, the names
            with dots between them. Providers state its unit.
        max_bytes: Maximum unpacked size of the file in bytes.

    Returns:
        One raw structure for each of OPTIMADE, in the order of the file, named by its id.

    Raises:
        DataError: If the file has another layout, or no structure has the property.
    """
    try:
        content = load_json(read_unpacked(path, max_bytes=max_bytes))
        entries = [one for answer in _answers(content) for one in _structures(answer)]
    except ValueError as error:
        raise DataError(f"{path}: expected answers of OPTIMADE, found: {error}") from error
    rows = [
        raw_structure(one, "json", id=one.get("id"), target=_property(one["attributes"], target))
        for one in entries
    ]
    if rows and all(row.target is None for row in rows):
        there = {name for one in entries for name, value in one["attributes"].items() if is_number(value)}
        raise DataError(
            f"{path}: expected structures with the property {target!r}, found none among {len(rows)}, "
            f"whose numbers are {', '.join(sorted(there)) or 'none'}"
        )
    return rows


def _answers(content: object) -> Iterator[object]:
    if isinstance(content, list):
        yield from content
    elif isinstance(content, Mapping) and isinstance(by_filter := content.get("structures"), Mapping):
        # optimade-get: the answers of each filter by the address of the provider.
        for answers in by_filter.values():
            yield from answers.values()
    else:
        yield content


def _structures(answer: object) -> list[Mapping]:
    if not isinstance(answer, Mapping) or "data" not in answer:
        found = list(answer)[:20] if isinstance(answer, Mapping) else type(answer).__name__
        raise ValueError(f"an answer without data ({found})")
    data = answer["data"] if isinstance(answer["data"], list) else [answer["data"]]
    for one in data:
        kind = one.get("type") if isinstance(one, Mapping) else type(one).__name__
        if kind != "structures" or not isinstance(one.get("attributes"), Mapping):
            raise ValueError(f"{kind!r} in place of structures with attributes")
    return data


def _property(attributes: Mapping, name: str) -> object:
    """A property, or one inside another; None if there is none."""
    value: object = attributes
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
