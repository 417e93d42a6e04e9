"""One structure from its text, or from its dictionary, in the forms in which crystals are kept."""

import json
import logging
import shlex
import warnings
from collections.abc import Callable, Mapping

import numpy as np
from pymatgen.core import Structure

from gnnpool.data.structure import RawStructure

_logger = logging.getLogger(__name__)


def raw_structure(content: object, form: str, *, id: object, target: object) -> RawStructure:
    """Read one structure; one that cannot be read becomes a bad row, which tells the reason.

    Args:
        content: Text in the form; for json also a dictionary.
        form: "cif", "poscar", "json" (a pymatgen dictionary, or what ASE writes) or "xyz" (extended XYZ).
        id: Name of the row.
        target: Quantity to predict.

    Returns:
        The structure, not yet checked; lengths in Å.
    """
    if content is None:
        return RawStructure(id=id, lattice=None, species=[], target=target)
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            fields = FORMS[form](content)
    except Exception as error:  # parsers of damaged text raise whatever they stumble upon
        reason = f"unreadable {form} ({type(error).__name__}: {error})"
        return RawStructure(id=id, lattice=reason, species=[], target=target)
    for one in told:
        _logger.info("%s: %s", id, one.message)
    return RawStructure(id=id, target=target, **fields)


def from_dictionary(structure: Mapping) -> dict[str, object]:
    """Take a pymatgen dictionary apart; oxidation states, charges and site properties stay behind."""
    sites = structure.get("sites") or []
    cartesian = bool(sites) and all("xyz" in site for site in sites)
    return {
        "lattice": (structure.get("lattice") or {}).get("matrix"),
        "species": [
            {one.get("element"): one.get("occu") for one in site.get("species") or []} for site in sites
        ],
        "fractional": [site.get("abc") for site in sites],
        "positions": [site["xyz"] for site in sites] if cartesian else None,
    }


def _from_pymatgen(form: str) -> Callable[[str], dict[str, object]]:
    return lambda text: from_dictionary(Structure.from_str(text, fmt=form).as_dict())


def _from_json(content: object) -> dict[str, object]:
    found = json.loads(content) if isinstance(content, str | bytes) else content
    return from_dictionary(found) if "sites" in found else _from_ase(found)


def _from_ase(database: Mapping) -> dict[str, object]:
    """Take ASE's JSON apart: the one row of a database of which the keys are row numbers."""
    (row,) = [database[str(number)] for number in database["ids"]] if "ids" in database else [database]
    return {
        "lattice": _array(row["cell"]).reshape(3, 3),
        "species": [{number: 1.0} for number in _array(row["numbers"]).astype(int).tolist()],
        "positions": _array(row["positions"]).reshape(-1, 3),
    }


def _array(value: object) -> np.ndarray:
    """An array as ASE writes it: a list, or its shape, type and flat values; a cell is packed once more."""
    if isinstance(value, Mapping) and "array" in value:
        value = value["array"]
    if isinstance(value, Mapping):
        shape, _, flat = value["__ndarray__"]
        return np.array(flat, dtype=float).reshape(shape)
    return np.array(value, dtype=float)


def _from_xyz(text: str) -> dict[str, object]:
    """Extended XYZ: number of atoms; Lattice="..." and Properties=...; one line for each atom."""
    count, comment, *lines = text.splitlines()
    entries = dict(entry.split("=", 1) for entry in shlex.split(comment) if "=" in entry)
    atoms = [line.split() for line in lines if line.strip()]
    if len(atoms) != int(count):
        raise ValueError(f"expected {count.strip()} atoms, found {len(atoms)} lines")
    column, first = {}, 0
    properties = entries.get("Properties", "species:S:1:pos:R:3").split(":")
    for name, width in zip(properties[::3], map(int, properties[2::3]), strict=True):
        column[name] = slice(first, first := first + width)
    return {
        "lattice": np.array(entries["Lattice"].split(), dtype=float).reshape(3, 3),
        "species": [{atom[column["species"]][0]: 1.0} for atom in atoms],
        "positions": [[float(x) for x in atom[column["pos"]]] for atom in atoms],
    }


FORMS: dict[str, Callable[[object], dict[str, object]]] = {
    "cif": _from_pymatgen("cif"),
    "poscar": _from_pymatgen("poscar"),
    "json": _from_json,
    "xyz": _from_xyz,
}
