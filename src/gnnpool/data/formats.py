"""Read one structure from text or a dictionary, in the common formats of crystals."""

import logging
import re
import shlex
import warnings
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from gnnpool.data.cif import read_cif
from gnnpool.data.structure import RawStructure
from gnnpool.data.text import decoded, load_json, number, printable
from gnnpool.extras import extra

with extra("data"):
    from pymatgen.core import Element, Structure

_SYMBOLS = {element.name for element in Element} | {"D", "T"}
_logger = logging.getLogger(__name__)


def raw_structure(content: object, form: str, *, id: object, target: object) -> RawStructure:
    """Read one structure; an unreadable one becomes an invalid row with the reason.

    Args:
        content: Text in the form, or its bytes; for json also a dictionary.
        form: "cif", "poscar", "json" (a dictionary of pymatgen, ASE, JARVIS or OPTIMADE) or "xyz" (extended
            XYZ).
        id: Name of the row.
        target: Quantity to predict.

    Returns:
        The structure, not yet checked; lengths in Å.
    """
    if content is None:
        return RawStructure(id=id, lattice=None, species=[], target=target)
    with warnings.catch_warnings(record=True) as doubts:
        warnings.simplefilter("always")
        try:
            fields = FORMS[form](decoded(content) if isinstance(content, bytes | str) else content)
        except Exception as error:  # parsers of damaged text raise errors of any kind
            fields = {"lattice": f"unreadable {form} ({type(error).__name__}: {error})", "species": []}
    for one in doubts:
        _logger.info("%s: %s", printable(id), one.message)
    return RawStructure(id=id, target=target, **fields)


def from_dictionary(structure: Mapping) -> dict[str, object]:
    """Read a pymatgen dictionary; oxidation states, charges and site properties are dropped."""
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


def _from_poscar(text: str) -> dict[str, object]:
    """Read a POSCAR with pymatgen, if its species line has elements and its numbers are numbers."""
    lines = text.split("\n")[1:]
    if odd := re.search(r"(?<!\S)[-+.\d]*\d_\S*", "\n".join(lines)):
        raise ValueError(f"expected a number, found {odd[0]!r}")
    for word in lines[4].split() if len(lines) > 4 else []:
        # "Na_pv/f474ac0d" is the sodium of a potential, "Na1+" that of an ion.
        name = re.split(r"[/_\d+-]", word)[0]
        if name not in _SYMBOLS and not word.isdecimal():
            raise ValueError(f"expected an element, found {word!r}")
    # pymatgen makes a list as long as the numbers of atoms say before it looks for the atoms.
    for word in " ".join(lines[4:6]).split():
        if word.lstrip("+").isdecimal() and int(word) > len(lines):
            raise ValueError(f"expected {word} atoms, found {len(lines)} lines")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Elements in POSCAR cannot be determined")
        structure = Structure.from_str(text, fmt="poscar")
    return {
        "lattice": structure.lattice.matrix.tolist(),
        # By its name, because deuterium has the symbol of hydrogen.
        "species": [{getattr(site.specie, "element", site.specie).name: 1.0} for site in structure],
        "fractional": structure.frac_coords.tolist(),
        "positions": structure.cart_coords.tolist(),
    }


def is_structure(content: bytes) -> bool:
    """Whether bytes are JSON in one of the supported layouts."""
    try:
        return _layout(load_json(content)) is not None
    except (ValueError, RecursionError):
        return False


def _from_json(content: object) -> dict[str, object]:
    found = load_json(content, unique=True) if isinstance(content, str) else content
    if (layout := _layout(found)) is None:
        keys = f"the keys {list(found)}" if isinstance(found, Mapping) else type(found).__name__
        raise ValueError(f"expected a structure of {_LAYOUTS}, found {keys}")
    read, part = layout
    return read(part)


def _layout(found: object) -> tuple[Callable[[Mapping], dict[str, object]], Mapping] | None:
    """The reader of a dictionary, and the part of it that holds the structure."""
    if isinstance(found, list) and len(found) == 1:
        (found,) = found
    if not isinstance(found, Mapping):
        return None
    for keys, read in _READERS.items():
        if found.keys() >= keys:
            return read, found
    # An entry of pymatgen, a row of JARVIS, an answer of OPTIMADE.
    inner = (found[key] for key in ("structure", "atoms", "attributes", "data") if key in found)
    return next(filter(None, map(_layout, inner)), None)


def _from_jarvis(atoms: Mapping) -> dict[str, object]:
    return {
        "lattice": atoms["lattice_mat"],
        "species": [{name: 1.0} for name in _list(atoms["elements"])],
        "positions" if atoms.get("cartesian") else "fractional": atoms["coords"],
    }


def _from_optimade(structure: Mapping) -> dict[str, object]:
    made_of = {}
    for one in structure.get("species") or []:
        if any(one.get("nattached") or []):
            raise ValueError(f"expected a position of every atom, found atoms attached to {one['name']}")
        made_of[one["name"]] = _shares(zip(one["chemical_symbols"], one["concentration"], strict=True))
    return {
        "lattice": structure["lattice_vectors"],
        "species": [made_of.get(name, {name: 1.0}) for name in _list(structure["species_at_sites"])],
        "positions": structure["cartesian_site_positions"],
    }


def _list(value: object) -> list:
    if not isinstance(value, list):
        raise ValueError(f"expected a list of elements, found {value!r}")
    return value


def _from_ase(database: Mapping) -> dict[str, object]:
    """Read ASE's JSON: the single row of a database whose keys are row numbers."""
    rows = [database[str(number)] for number in database["ids"]] if "ids" in database else [database]
    if len(rows) != 1:
        raise ValueError(f"expected one crystal, found {len(rows)}")
    (row,) = rows
    return {
        "lattice": _array(row["cell"]).reshape(3, 3),
        "species": [{number: 1.0} for number in _array(row["numbers"]).tolist()],
        "positions": _array(row["positions"]).reshape(-1, 3),
    }


def _array(value: object) -> np.ndarray:
    """An array as ASE writes it: a list, or its shape, type and flat values; a cell is packed once more."""
    if isinstance(value, Mapping) and "array" in value:
        value = value["array"]
    if isinstance(value, Mapping):
        shape, _, flat = value["__ndarray__"]
        value = np.array(flat).reshape(shape)
    if (found := np.array(value)).dtype.kind not in "iuf":
        raise ValueError(f"expected numbers, found {value!r}")
    return found


def _from_xyz(text: str) -> dict[str, object]:
    """Extended XYZ: number of atoms; Lattice="..." and Properties=...; one line for each atom."""
    count, comment, *lines = re.split(r"\r\n|\r|\n", text)
    entries = xyz_entries(comment)
    atoms = [line.split() for line in lines if line.strip()]
    if number(count) != len(atoms):
        raise ValueError(f"expected {count.strip()} atoms, found {len(atoms)} lines")
    column, first = {}, 0
    properties = entries.get("Properties", "species:S:1:pos:R:3").split(":")
    for name, width in zip(properties[::3], map(int, properties[2::3]), strict=True):
        column[name] = slice(first, first := first + width)
    if missing := [name for name in ("Lattice", "species", "pos") if name not in entries | column]:
        raise ValueError(f"expected {missing[0]} in the second line, found {comment!r}")
    return {
        "lattice": np.array([_real(word) for word in entries["Lattice"].split()]).reshape(3, 3),
        "species": [{atom[column["species"]][0]: 1.0} for atom in atoms],
        "positions": [[_real(word) for word in atom[column["pos"]]] for atom in atoms],
    }


def xyz_entries(comment: str) -> dict[str, str]:
    """Values by key in the second line of extended XYZ.

    Args:
        comment: The line, such as ``Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 energy=-3``.

    Raises:
        ValueError: If a quotation has no end.
    """
    words = shlex.shlex(comment, posix=True)
    words.whitespace_split, words.commenters, words.quotes = True, "", '"'
    return dict(entry.split("=", 1) for entry in words if "=" in entry)


def _real(word: str) -> float:
    if (found := number(word)) is None:
        raise ValueError(f"expected a number, found {word!r}")
    return found


_READERS: dict[frozenset[str], Callable[[Mapping], dict[str, object]]] = {
    frozenset({"sites"}): from_dictionary,
    frozenset({"lattice_mat", "coords", "elements"}): _from_jarvis,
    frozenset({"lattice_vectors", "species_at_sites", "cartesian_site_positions"}): _from_optimade,
    frozenset({"cell", "numbers", "positions"}): _from_ase,
    frozenset({"ids"}): _from_ase,
}
_LAYOUTS = (
    "pymatgen (lattice and sites, also as the structure of an entry), ASE (cell, numbers, positions), "
    "JARVIS (lattice_mat, coords, elements) or OPTIMADE (lattice_vectors, species_at_sites, "
    "cartesian_site_positions)"
)
FORMS: dict[str, Callable[[object], dict[str, object]]] = {
    "cif": read_cif,
    "poscar": _from_poscar,
    "json": _from_json,
    "xyz": _from_xyz,
}
