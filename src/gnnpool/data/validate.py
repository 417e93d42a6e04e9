"""Check every row of a source before anything is built from it.

Invalid values do not stop later stages: a neighbor search in a lattice of NaN finds nothing, an
unknown element gets an arbitrary atomic number, and a target of NaN trains without an error.
"""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gnnpool.data.nearest_atoms import nearest_atoms
from gnnpool.data.structure import RawStructure, StructureSet
from gnnpool.data.text import is_number, printable, quoted, shown
from gnnpool.errors import DataError
from gnnpool.extras import extra

with extra("data"):
    from pymatgen.core.periodic_table import Element

# Å; a lower cell is no crystal, and has thousands of images inside a cutoff for each atom.
MIN_HEIGHT = 1.0
# Å; nearer atoms are one atom written twice.
MIN_DISTANCE = 0.1
# Å; files round their coordinates less coarsely.
MAX_DISAGREEMENT = 1e-3
# Cells away from the origin; image numbers up to the cutoff then fit in one signed byte.
MAX_FRACTIONAL = 50.0
# Å for a length; their squares are far below the largest float, and no crystal or target exceeds them.
MAX_LENGTH = 1e5
MAX_TARGET = 1e15
MAX_NUMBER = 100
SHOWN = 20

_NUMBERS = {element.symbol: element.Z for element in Element if element.Z <= MAX_NUMBER}
_NUMBERS |= {number: number for number in range(1, MAX_NUMBER + 1)}
_ISOTOPES = {"D": 1, "T": 1}
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BadRow:
    """One value of one row that cannot be used, and what was expected instead.

    Rows are counted from 1.
    """

    dataset: str
    row: int
    id: str
    field: str
    value: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.dataset} row {self.row} ({self.id})"
        return f"{where}: {self.field} is {self.value}, expected {self.expected}"


def validate(
    rows: Sequence[RawStructure], *, dataset: str, on_bad_row: str, advice: str = ""
) -> tuple[StructureSet, list[BadRow]]:
    """Check every row, and pack the valid ones.

    Args:
        rows: Rows as read from a source.
        dataset: Slug, for messages.
        on_bad_row: "error" refuses the dataset if a row is invalid; "skip" excludes invalid rows.
        advice: What a reader of the refusal can do.

    Returns:
        The valid structures without metadata, and the faults of the others.

    Raises:
        DataError: If rows are invalid and the policy is "error", listing them; or if no row is valid.
    """
    good, bad, seen = [], [], {}
    for number, row in enumerate(rows, start=1):
        checked, faults = _check(row)
        if "id" in checked and seen.setdefault(row.id, number) != number:
            faults.append(_Refused("id", repr(row.id), f"a name of its own, row {seen[row.id]} has the same"))
        bad += [BadRow(dataset, number, printable(row.id), *fault.args) for fault in faults]
        if not faults:
            good.append(checked)
            _log_isotopes(row, dataset, number)
    if bad and (on_bad_row == "error" or not good):
        raise DataError(_summary(bad, dataset, len(rows), advice))
    if not good:
        raise DataError(f"{dataset}: expected structures, found none")
    for fault in bad:
        _logger.warning("%s; excluded", fault)
    return _pack(good), bad


class _Refused(Exception):
    """A value that cannot be used: its field, the value, and what was expected."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(field, shown(value), expected)


def _check(row: RawStructure) -> tuple[dict[str, object], list[_Refused]]:
    checks: dict[str, Callable[[RawStructure], object]] = {
        "id": _id,
        "lattice": _lattice,
        "numbers": _atomic_numbers,
        "target": _target,
    }
    if _is_unread(row):
        del checks["numbers"]
    checked, faults = {}, []
    for name, check in checks.items():
        try:
            checked[name] = check(row)
        except _Refused as fault:
            faults.append(fault)
    # Coordinates need a lattice and as many species.
    if checked.keys() >= {"lattice", "numbers"}:
        try:
            checked |= _coordinates(row, checked["lattice"], len(checked["numbers"]))
        except _Refused as fault:
            faults.append(fault)
    return checked, faults


def _is_unread(row: RawStructure) -> bool:
    """Whether a row has a reason instead of a structure."""
    return isinstance(row.lattice, str) and not row.species


def _id(row: RawStructure) -> str:
    if not isinstance(row.id, str) or not row.id.strip():
        raise _Refused("id", quoted(row.id), "a name")
    if printable(row.id) != row.id:
        raise _Refused("id", quoted(row.id), "a name of whole characters")
    return row.id


def _target(row: RawStructure) -> float:
    if not is_number(row.target) or not math.isfinite(target := float(row.target)):
        raise _Refused("target", quoted(row.target), "a finite number")
    if abs(target) > MAX_TARGET:
        raise _Refused("target", target, f"at most {MAX_TARGET:g}")
    return target


def _lattice(row: RawStructure) -> np.ndarray:
    if _is_unread(row):
        raise _Refused("lattice", row.lattice, "a structure")
    lattice = _finite("lattice", row.lattice, (3, 3))
    try:
        # The heights of a cell are the distances of the planes (100), (010) and (001).
        heights = 1.0 / np.linalg.norm(np.linalg.inv(lattice), axis=0)
    except np.linalg.LinAlgError:
        raise _Refused("lattice", lattice.tolist(), "a volume above zero") from None
    if heights.min() < MIN_HEIGHT:
        raise _Refused("lattice", f"{heights.min():.3g} Å high", f"at least {MIN_HEIGHT} Å")
    return lattice


def _atomic_numbers(row: RawStructure) -> list[int]:
    if not row.species:
        raise _Refused("species", row.species, "at least one atom")
    numbers = []
    for site, species in enumerate(row.species):
        if len(species) != 1 or not _is_one(*species.values()):
            raise _Refused("species", f"{dict(species)} on site {site}", "one element with occupancy 1")
        (name,) = species
        number = None if isinstance(name, bool) else _NUMBERS.get(name) or _ISOTOPES.get(name)
        if number is None:
            raise _Refused("species", f"{name!r} on site {site}", f"an element of number 1 to {MAX_NUMBER}")
        numbers.append(number)
    return numbers


def _is_one(occupancy: object) -> bool:
    return is_number(occupancy) and math.isclose(occupancy, 1.0, abs_tol=1e-6)


def _coordinates(row: RawStructure, lattice: np.ndarray, atoms: int) -> dict[str, np.ndarray]:
    given = None if row.positions is None else _finite("positions", row.positions, (atoms, 3))
    if row.fractional is None and given is not None:
        fractional, positions = given @ np.linalg.inv(lattice), given
    else:
        fractional = _finite("fractional", row.fractional, (atoms, 3))
        positions = fractional @ lattice
        if given is not None and (apart := np.abs(given - positions).max()) > MAX_DISAGREEMENT:
            raise _Refused(
                "positions", f"{apart:.3g} Å off the fractional coordinates", f"at most {MAX_DISAGREEMENT} Å"
            )
    if (farthest := np.abs(fractional).max()) > MAX_FRACTIONAL:
        raise _Refused("fractional", f"up to {farthest:.3g}", f"at most {MAX_FRACTIONAL} cells away")
    if near := nearest_atoms(fractional, lattice, within=MIN_DISTANCE):
        found = f"such that atoms {near[0]} and {near[1]} are {near[2]:.3g} Å apart"
        raise _Refused("fractional", found, f"at least {MIN_DISTANCE} Å")
    return {"fractional": fractional, "positions": positions}


def _finite(field: str, value: object, shape: tuple[int, ...]) -> np.ndarray:
    expected = f"finite numbers of shape {shape}"
    try:
        found = np.array(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise _Refused(field, value, expected) from None
    # Neither text, which numpy would read as numbers, nor integers beyond the range of floats.
    if found.dtype.kind not in "iuf" or found.shape != shape:
        raise _Refused(field, value, expected)
    array = found.astype(np.float64)
    if (odd := ~np.isfinite(array).all(axis=1)).any():
        # Only the invalid row, because the whole array may be too long to print.
        row = odd.argmax()
        raise _Refused(field, array if row == 0 else f"{array[row].tolist()} in row {row + 1}", expected)
    if array.size and (largest := np.abs(array).max()) > MAX_LENGTH:
        raise _Refused(field, f"up to {largest:.3g}", f"at most {MAX_LENGTH:g}")
    return array


def _log_isotopes(row: RawStructure, dataset: str, number: int) -> None:
    found = _ISOTOPES.keys() & {name for species in row.species for name in species}
    if found:
        _logger.info("%s row %d (%s): %s counted as H", dataset, number, row.id, ", ".join(sorted(found)))


def _summary(bad: list[BadRow], dataset: str, rows: int, advice: str) -> str:
    count = len({fault.row for fault in bad})
    lines = [f"{dataset}: {count} of {rows} rows are invalid{advice and '; '}{advice}"]
    lines += [str(fault) for fault in bad[:SHOWN]]
    if len(bad) > SHOWN:
        lines.append(f"... and {len(bad) - SHOWN} more")
    return "\n  ".join(lines)


def _pack(good: list[dict]) -> StructureSet:
    sizes = [len(one["numbers"]) for one in good]
    return StructureSet(
        ids=[one["id"] for one in good],
        lattices=np.stack([one["lattice"] for one in good]),
        numbers=np.concatenate([one["numbers"] for one in good]).astype(np.uint8),
        fractional=np.concatenate([one["fractional"] for one in good]),
        positions=np.concatenate([one["positions"] for one in good]),
        node_ptr=np.cumsum([0, *sizes], dtype=np.int64),
        targets=np.array([one["target"] for one in good]),
        metadata={},
    )
