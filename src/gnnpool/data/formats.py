"""One structure from its text, or from its dictionary, in the forms in which crystals are kept."""

import json
import logging
import shlex
import warnings
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from pymatgen.core import DummySpecies, Element, Species, Structure
from pymatgen.io.cif import CifFile, str2float

from gnnpool.data.structure import RawStructure

_FIRST = "_atom_site_fract_x"
_ROUNDING = 1e-3  # pymatgen takes 0.3333 for one third
_logger = logging.getLogger(__name__)


def raw_structure(content: object, form: str, *, id: object, target: object) -> RawStructure:
    """Read one structure; one that cannot be read becomes a bad row, which tells the reason.

    Args:
        content: Text in the form, or its bytes in UTF-8; for json also a dictionary.
        form: "cif", "poscar", "json" (a pymatgen dictionary, or what ASE writes) or "xyz" (extended XYZ).
        id: Name of the row.
        target: Quantity to predict.

    Returns:
        The structure, not yet checked; lengths in Å.
    """
    if content is None:
        return RawStructure(id=id, lattice=None, species=[], target=target)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            fields = FORMS[form](content.decode() if isinstance(content, bytes) else content)
        except Exception as error:  # parsers of damaged text raise whatever they stumble upon
            fields = {"lattice": f"unreadable {form} ({type(error).__name__}: {error})", "species": []}
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
            _shares((one.get("element"), one.get("occu")) for one in site.get("species") or [])
            for site in sites
        ],
        "fractional": [site.get("abc") for site in sites],
        "positions": [site["xyz"] for site in sites] if cartesian else None,
    }


def _shares(species: Iterable[tuple[object, object]]) -> dict[object, object]:
    """Share of each element on a site; the same element in several oxidation states is one."""
    found = {}
    for element, share in species:
        found[element] = found[element] + share if element in found else share
    return found


def _from_structure(structure: Structure) -> dict[str, object]:
    # Not through its dictionary, in which deuterium is hydrogen already.
    return {
        "lattice": structure.lattice.matrix.tolist(),
        "species": [_shares((_name(one), n) for one, n in site.species.items()) for site in structure],
        "fractional": structure.frac_coords.tolist(),
        "positions": structure.cart_coords.tolist(),
    }


def _name(species: Element | Species | DummySpecies) -> str:
    element = getattr(species, "element", species)
    return element.name if isinstance(element, Element) else element.symbol


def _from_cif(text: str) -> dict[str, object]:
    """CIF, as pymatgen reads it, if nothing of the file was left out or made up in doing so."""
    blocks = [block.data for block in CifFile.from_str(text).data.values() if _FIRST in block.data]
    if len(blocks) > 1:
        raise ValueError(f"expected one crystal, found {len(blocks)}")
    structure = Structure.from_str(text, fmt="cif")
    lengths = [str2float(blocks[0][f"_cell_length_{axis}"]) for axis in "abc"]
    if min(lengths) <= 0:
        raise ValueError(f"expected lengths above zero, found {lengths}")
    if any(structure.site_properties.get("implicit_hydrogens", [])):
        raise ValueError("hydrogen atoms without a position")
    # Atoms without a known symbol or of no occupancy are passed over by the parser.
    named = np.array([[str2float(x) for x in blocks[0][f"_atom_site_fract_{axis}"]] for axis in "xyz"]).T
    apart = named[:, None] - structure.frac_coords
    nearest = np.abs(apart - np.rint(apart)).max(axis=2).min(axis=1)
    if missing := np.flatnonzero(nearest > _ROUNDING).tolist():
        labels = [blocks[0]["_atom_site_label"][atom] for atom in missing]
        raise ValueError(f"atoms without a known symbol or occupancy: {', '.join(labels)}")
    return _from_structure(structure)


def _from_poscar(text: str) -> dict[str, object]:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Elements in POSCAR cannot be determined")
        return _from_structure(Structure.from_str(text, fmt="poscar"))


def _from_json(content: object) -> dict[str, object]:
    found = json.loads(content) if isinstance(content, str) else content
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
    "cif": _from_cif,
    "poscar": _from_poscar,
    "json": _from_json,
    "xyz": _from_xyz,
}
