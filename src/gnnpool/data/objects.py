"""Structures as Python objects or files of one crystal: of pymatgen, of ASE, or a path."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gnnpool.data.formats import from_dictionary, raw_structure
from gnnpool.data.sources.folder import form_of
from gnnpool.data.structure import RawStructure, StructureSet
from gnnpool.data.validate import validate
from gnnpool.errors import DataError


def structures_from(
    structures: Sequence[Any],
    targets: Sequence[float],
    *,
    ids: Sequence[str] | None = None,
    metadata: dict[str, str],
    on_bad_row: str = "error",
) -> StructureSet:
    """Check structures and pack them.

    Args:
        structures: Each a pymatgen Structure, an ASE Atoms object, or the path of a file in a form that
            :mod:`gnnpool.data.formats` reads (CIF, POSCAR, JSON, extended XYZ).
        targets: Quantity to predict, one for each structure.
        ids: Distinct names; those of the files, or "1", "2", ... if None.
        metadata: dataset, target, unit and so on; see :class:`StructureSet`.
        on_bad_row: "error" refuses all structures if one is bad; "skip" leaves bad ones out.

    Returns:
        The structures, in their order.

    Raises:
        DataError: If a structure cannot be used, with its name, or the numbers of values differ.
    """
    if ids is None:
        names = [
            os.fspath(one) if isinstance(one, str | os.PathLike) else str(number)
            for number, one in enumerate(structures, start=1)
        ]
    else:
        names = list(ids)
    for what, values in (("targets", targets), ("ids", names)):
        if len(values) != len(structures):
            raise DataError(
                f"{what}: found {len(values)}, expected {len(structures)}, one for each structure"
            )
    rows = [
        _raw(structure, name, target)
        for structure, name, target in zip(structures, names, targets, strict=True)
    ]
    checked, _ = validate(rows, dataset=metadata["dataset"], on_bad_row=on_bad_row)
    return replace(checked, metadata=metadata)


def _raw(structure: Any, name: str, target: float) -> RawStructure:
    if isinstance(structure, str | os.PathLike):
        return _from_file(Path(structure), name, target)
    if hasattr(structure, "get_atomic_numbers") and hasattr(structure, "cell"):
        species: list[dict[str | int, float]] = [{int(n): 1.0} for n in structure.get_atomic_numbers()]
        lattice, positions = structure.cell.tolist(), structure.get_positions()
        return RawStructure(id=name, lattice=lattice, species=species, target=target, positions=positions)
    if hasattr(structure, "lattice") and hasattr(structure, "as_dict"):
        fields: dict[str, Any] = from_dictionary(structure.as_dict())
        return RawStructure(id=name, target=target, **fields)
    raise DataError(
        f"structure {name}: found {type(structure).__name__}, expected a pymatgen Structure, "
        "an ASE Atoms object or the path of a file"
    )


def _from_file(path: Path, name: str, target: float) -> RawStructure:
    if (form := form_of(path)) is None:
        raise DataError(f"{path}: unknown ending; expected .cif, .vasp, .poscar, .json, .xyz or POSCAR")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    return raw_structure(content, form, id=name, target=target)
