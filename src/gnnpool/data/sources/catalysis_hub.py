"""Adsorption energies of Catalysis-Hub: reactions that put one small adsorbate onto a surface.

Source of the choice: Mamun et al., Sci. Data 6, 76 (2019), as used by Fung et al., npj Comput. Mater. 7,
84 (2021): twelve adsorbates at top, bridge and hollow sites.
"""

import logging
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
from pymatgen.core import Composition

from gnnpool.artifacts import read_table
from gnnpool.data.formats import raw_structure
from gnnpool.data.structure import RawStructure
from gnnpool.data.text import load_json
from gnnpool.errors import DataError

ADSORBATES = ("H", "O", "OH", "H2O", "C", "CH", "CH2", "CH3", "N", "NH", "S", "SH")
SITES = ("top", "bridge", "hollow")
COLUMNS = {name: pa.string() for name in ("id", "equation", "sites", "structure")} | {"energy": pa.float64()}
# Atomic numbers and their counts; no two adsorbates are isomers.
_COMPOSITIONS = [
    {element.Z: int(count) for element, count in Composition(adsorbate).items()} for adsorbate in ADSORBATES
]
_logger = logging.getLogger(__name__)


def adsorbate_of(equation: str) -> str | None:
    """The single adsorbate of a reaction, such as "OH" of "H2O(g) - 0.5H2(g) + * -> OH*"; else None."""
    products = [term.strip() for term in equation.rpartition("->")[2].split(" + ")]
    bound = [term for term in products if not term.endswith(")")]
    found = re.fullmatch(r"([A-Z][A-Za-z0-9]*)\*", bound[0]) if len(bound) == 1 else None
    return found and found[1]


def is_wanted(equation: str, sites: str | None) -> bool:
    """Whether a reaction puts one of the adsorbates onto one of the kinds of sites."""
    return adsorbate_of(equation) in ADSORBATES and any(site in (sites or "").lower() for site in SITES)


def read(path: str | Path) -> list[RawStructure]:
    """Read the reactions of a publication and select the wanted ones.

    Args:
        path: Parquet file of :mod:`gnnpool.data.catalysis_hub_client` (chosen by adsorbate and site), or
            the JSON file that CatBench published on Zenodo (by adsorbate alone, because it has no sites).

    Returns:
        The surface with its adsorbate for each reaction; the target is the reaction energy, eV.

    Raises:
        ArtifactError: If a Parquet file is damaged.
        DataError: If the file has another layout, or no reaction is wanted.
    """
    rows = _from_parquet(path) if Path(path).suffix == ".parquet" else _from_catbench(path)
    if not rows:
        raise DataError(f"{path}: expected reactions with the adsorbates {', '.join(ADSORBATES)}, found none")
    return rows


def _from_parquet(path: str | Path) -> list[RawStructure]:
    table = read_table(path)
    if not {*COLUMNS} <= {*table.column_names}:
        raise DataError(f"{path}: expected the columns {list(COLUMNS)}, found {table.column_names}")
    wanted = [row for row in table.to_pylist() if is_wanted(row["equation"], row["sites"])]
    _logger.info("%s: %d of %d reactions have a wanted adsorbate and site", path, len(wanted), len(table))
    return [raw_structure(row["structure"], "json", id=row["id"], target=row["energy"]) for row in wanted]


def _from_catbench(path: str | Path) -> list[RawStructure]:
    try:
        content = load_json(Path(path).read_bytes())
        shared = content.pop("_structures", {})
        made = [_made(name, one, shared) for name, one in content.items() if not name.startswith("_")]
    except (OSError, ValueError, TypeError, AttributeError, LookupError) as error:
        found = f"{type(error).__name__}: {error}"
        raise DataError(f"{path}: expected reactions as CatBench writes them, found: {found}") from error
    wanted = [row for added, row in made if added in _COMPOSITIONS]
    message = "%s: %d of %d reactions have a wanted adsorbate; the file has no sites"
    _logger.info(message, path, len(wanted), len(made))
    return wanted


def _made(name: str, reaction: Mapping, shared: Mapping) -> tuple[dict, RawStructure | None]:
    """The atoms that a reaction adds to the clean surface, and the surface that carries them."""
    systems = reaction["raw"]
    bound = [system for system in systems if system.endswith("star") and system != "star"]
    if len(bound) != 1 or "star" not in systems:
        return {}, None
    clean, covered = (
        raw_structure(
            shared[system["ref"]] if "ref" in system else system["atoms_json"],
            "json",
            id=name,
            target=reaction["ref_ads_eng"],
        )
        for system in (systems["star"], systems[bound[0]])
    )
    if not clean.species or not covered.species:
        raise ValueError(f"reaction {name!r}: {covered.lattice if clean.species else clean.lattice}")
    added = _counts(covered)
    added.subtract(_counts(clean))
    return {number: count for number, count in added.items() if count}, covered


def _counts(structure: RawStructure) -> Counter:
    return Counter(number for site in structure.species for number in site)
