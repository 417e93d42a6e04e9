"""One crystal from a CIF: the atoms of its whole cell, if nothing in the file contradicts them."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gnnpool.data.cif_symmetry import symmetries
from gnnpool.extras import extra

with extra("data"):
    import gemmi
    from pymatgen.core import Composition, Element, Lattice

# Å; nearer images of one site are one atom on a special position with rounded coordinates.
SAME_ATOM = 0.4
# Å; nearer images of one site cannot be two atoms: the bond of hydrogen is 0.74 Å long.
TWO_ATOMS = 0.6
_CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
_FRACTIONAL = tuple(f"_atom_site_fract_{axis}" for axis in "xyz")
_FIRST = _FRACTIONAL[0]
_ELEMENTS = {element.symbol for element in Element}
_TERM = r"([A-Z][a-z]?)(\d+(?:\.\d*)?)?"  # of a formula: an element and how many atoms
_ISOTOPES = {"D": "H", "T": "H"}

Tags = Mapping[str, Sequence[str]]


def read_cif(text: str) -> dict[str, object]:
    """Read the one crystal of a CIF and apply its symmetry.

    Images of a site within SAME_ATOM are one atom, at their mean: the exact special position. Blocks
    without atoms are ignored. A symbol that is no element stays as it is, so that validation refuses it.

    Args:
        text: The file.

    Returns:
        ``lattice`` (rows are vectors, Å), ``species`` and ``fractional``, as in RawStructure.

    Raises:
        ValueError: If there are several crystals or none, if the symmetry is unknown, ambiguous or
            contradicted, or if the formula in the file contradicts the atoms.
    """
    # Only ASCII has a meaning in a CIF; the parser refuses other characters outside of quotes.
    document = gemmi.cif.read_string(text.encode("ascii", "replace").decode())
    blocks = [tags for tags in map(_tags, document) if any(tags.get(_FIRST, []))]
    if len(blocks) != 1:
        raise ValueError(f"expected one crystal, found {len(blocks)}")
    (tags,) = blocks
    cell = [_cell(tags, f"_cell_{name}") for name in _CELL]
    if min(cell) <= 0 or max(cell[3:]) >= 180:
        raise ValueError(f"expected lengths above 0 and angles between 0 and 180, found {cell}")
    lattice = Lattice.from_parameters(*cell).matrix
    if not abs(np.linalg.det(lattice)) > 0:
        raise ValueError(f"expected a volume above zero, found the cell {cell}")
    sites = _sites(tags)
    read, faults = [], []
    for operations in symmetries(tags, cell, lattice):
        try:
            species, fractional = _expanded(sites, *operations, lattice)
            _check_formula(tags, species)
            read.append({"lattice": lattice.tolist(), "species": species, "fractional": fractional.tolist()})
        except ValueError as fault:
            faults.append(fault)
    if not read:
        raise faults[0]
    if len(read) > 1:
        raise ValueError("the space group has two origins and the file names none; list its operations")
    return read[0]


@dataclass(frozen=True)
class _Site:
    """One line of the list of atoms."""

    label: str
    element: str
    share: float
    fractional: np.ndarray


def _tags(block: gemmi.cif.Block) -> dict[str, list[str]]:
    """Values of each tag, in lower case with "_" for every dot: the same for both kinds of dictionaries."""
    found = {}
    for item in block:
        names, values = ([item.pair[0]], [item.pair[1]]) if item.pair else ([], [])
        if item.loop:
            names, values = item.loop.tags, item.loop.values
        for place, name in enumerate(names):
            column = [gemmi.cif.as_string(value) for value in values[place :: len(names)]]
            found.setdefault(name.lower().replace(".", "_").rstrip("_"), column)
    return found


def _cell(tags: Tags, tag: str) -> float:
    if len(values := tags.get(tag, [])) != 1:
        raise ValueError(f"expected one {tag}, found {values or 'none'}")
    return _number(values[0], tag)


def _number(text: str, what: str) -> float:
    found = gemmi.cif.as_number(text)  # without its uncertainty in parentheses
    if math.isnan(found):
        raise ValueError(f"expected a number for {what}, found {text or '?'!r}")
    return found


def _sites(tags: Tags) -> list[_Site]:
    atoms = len(tags[_FIRST])
    labels = tags.get("_atom_site_label") or tags.get("_atom_site_type_symbol") or [""] * atoms
    symbols = tags.get("_atom_site_type_symbol", labels)
    shares = tags.get("_atom_site_occupancy", [""] * atoms)
    attached = tags.get("_atom_site_attached_hydrogens", [])
    if any(gemmi.cif.as_number(count) > 0 for count in attached):
        raise ValueError("expected a position of every atom, found attached hydrogens without one")
    formula = _formula(tags)
    columns = zip(labels, symbols, shares, *(tags.get(tag, []) for tag in _FRACTIONAL), strict=True)
    return [
        _Site(
            label,
            _element(symbol, formula),
            _number(share, f"the occupancy of {label}") if share else 1.0,
            np.array([_number(one, f"a coordinate of {label}") for one in place]),
        )
        for label, symbol, share, *place in columns
    ]


def _element(symbol: str, formula: Mapping[str, float]) -> str:
    """Letters that begin a symbol or label; "CL" is chlorine only if the formula has chlorine."""
    letters = re.match(r"[A-Za-z]*", symbol)[0]
    return letters.capitalize() if letters.capitalize() in formula else letters or symbol or "?"


def _expanded(
    sites: Sequence[_Site], rotations: np.ndarray, translations: np.ndarray, lattice: np.ndarray
) -> tuple[list[dict[str, float]], np.ndarray]:
    """Share of each element on the atoms of the cell, and their fractional coordinates ``[N, 3]``."""
    orbits: list[tuple[dict[str, float], np.ndarray]] = []
    shared: dict[tuple[float, ...], dict[str, float]] = {}
    for site in sites:
        place = tuple(site.fractional.tolist())
        if site.share < 1 and place in shared:
            # Several elements, or several charges of one, share a site.
            shares = shared[place]
            shares[site.element] = shares.get(site.element, 0.0) + site.share
            continue
        shares = {site.element: site.share}
        if site.share < 1:
            shared[place] = shares
        orbits.append((shares, _orbit(site, rotations, translations, lattice)))
    species = [dict(shares) for shares, images in orbits for _ in images]
    return species, np.concatenate([images for _, images in orbits])


def _orbit(site: _Site, rotations: np.ndarray, translations: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    """The atoms of a site, ``[M, 3]``: its images, where near images are one atom."""
    images = rotations @ site.fractional + translations  # [G, 3]
    offsets = images - images[:, None]  # [G, G, 3]
    offsets -= np.rint(offsets)
    distances = np.linalg.norm(offsets @ lattice, axis=2)
    same = distances < SAME_ATOM
    # Whether all atoms have the same number of images, and the images of an atom are all near each other.
    whole = (same.sum(axis=1) == same[0].sum()).all() and ((same.astype(float) @ same > 0) == same).all()
    apart = distances[distances >= SAME_ATOM if whole else distances > 0].min(initial=np.inf)
    if site.share >= 1 and apart < TWO_ATOMS:
        raise ValueError(
            f"images of {site.label} are {apart:.2g} Å apart, expected one atom (all of its images within "
            f"{SAME_ATOM} Å) or several (at least {TWO_ATOMS} Å)"
        )
    first = np.flatnonzero(same.argmax(axis=1) == np.arange(len(same)))
    return images[first] + offsets[first].mean(axis=1, where=same[first, :, None])


def _formula(tags: Tags) -> dict[str, float]:
    """Atoms of each element in the sum formula; empty if there is no readable formula."""
    text = "".join(tags.get("_chemical_formula_sum", [])[:1])
    if not re.fullmatch(rf"({_TERM}[\s,]*)+", text):
        return {}
    counts = Counter()
    for name, count in re.findall(_TERM, text):
        counts[_ISOTOPES.get(name, name)] += float(count or 1)
    return {name: count for name, count in counts.items() if count} if counts.keys() <= _ELEMENTS else {}


def _check_formula(tags: Tags, species: Sequence[Mapping[str, float]]) -> None:
    """Refuse atoms that contradict the sum formula and the number of formula units."""
    formula = _formula(tags)
    found = Counter(_ISOTOPES.get(name, name) for site in species for name in site)
    # Validation reports symbols that are no element and sites that are not filled.
    if not formula or not found.keys() <= _ELEMENTS or any(set(site.values()) != {1.0} for site in species):
        return
    units = gemmi.cif.as_number("".join(tags.get("_cell_formula_units_z", [])[:1]))
    whole = all(count.is_integer() for count in formula.values())
    if whole and units == Composition(formula).get_reduced_formula_and_factor()[1]:
        scales = (1, units)  # pymatgen writes the formula of the whole cell beside the units in it
    else:
        scales = (sum(found.values()) / sum(formula.values()) if math.isnan(units) else units,)
    for scale in scales:
        expected = {name: count * scale for name, count in formula.items()}
        tolerance = 1e-6 if whole else 0.01 * scale
        if found.keys() == expected.keys() and all(
            math.isclose(found[name], count, abs_tol=tolerance, rel_tol=0) for name, count in expected.items()
        ):
            return
    read = " ".join(f"{name}{count}" for name, count in sorted(found.items()))
    stated = " ".join(f"{name}{count:g}" for name, count in sorted(formula.items()))
    times = "" if math.isnan(units) else f" (Z = {units:g})"
    raise ValueError(f"the formula {stated}{times} contradicts the atoms that were read: {read}")
