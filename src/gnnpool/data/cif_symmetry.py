"""The symmetry operations that a CIF lists, or those of the space group that it names."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from gnnpool.extras import extra

with extra("data"):
    import gemmi

# Relative tolerance of the cell's metric; files round their cells less coarsely.
_METRIC = 0.02
_HALL = ("_symmetry_space_group_name_hall", "_space_group_name_hall")
_NAMES = (
    "_symmetry_space_group_name_h-m",
    "_space_group_name_h-m",
    "_space_group_name_h-m_alt",
    "_space_group_name_h-m_ref",
    "_space_group_name_h-m_full",
)
_NUMBERS = ("_symmetry_int_tables_number", "_space_group_it_number")
_OPERATIONS = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")
_MAGNETIC = ("_space_group_symop_magn_operation_xyz", "_space_group_symop_magn_centering_xyz")
_MODULATED = "_space_group_symop_ssg_operation_algebraic"

Operations = tuple[np.ndarray, np.ndarray]


def symmetries(
    tags: Mapping[str, Sequence[str]], cell: Sequence[float], lattice: np.ndarray
) -> list[Operations]:
    """Operations of every symmetry that a block of a CIF may mean.

    Listed operations are used before the Hall symbol, and that before the Hermann-Mauguin symbol and the
    number. A symbol without an origin has one symmetry for each origin of the space group; the cell decides
    whether R means hexagonal or rhombohedral axes. A block that names no symmetry has P 1.

    Args:
        tags: Values of each tag, in lower case with ``_`` for every dot.
        cell: Lengths in Å and angles in degrees.
        lattice: Rows are vectors, Å, ``[3, 3]``.

    Returns:
        For each symmetry rotations ``[G, 3, 3]`` and translations ``[G, 3]`` of fractional coordinates.

    Raises:
        ValueError: If a space group is unknown, or two statements about it, or it and the cell, contradict
            each other.
    """
    if tags.get(_MODULATED):
        raise ValueError("expected a periodic crystal, found a modulated structure")
    claims, unknown = [], []
    if operations := _listed(tags):
        claims.append(("the list of operations", [operations]))
    for kinds, groups_of in _SYMBOLS:
        for text in dict.fromkeys(text for tag in kinds for text in tags.get(tag, []) if text.strip(" ?.")):
            groups = groups_of(text, cell)
            # Beside operations, which are exact, a symbol need not be known.
            (claims if groups or operations else unknown).append((f"space group {text}", groups))
    if unknown:
        raise ValueError(f"{unknown[0][0]} is unknown; list its operations")
    known = [claim for claim in claims if claim[1]] or [("P 1", [gemmi.SpaceGroup("P 1").operations()])]
    # Of several symbols the one that names an origin.
    name, chosen = min(known, key=lambda claim: len(claim[1]))
    for other, groups in known:
        if not _same_type(chosen[0], groups[0]):
            raise ValueError(f"{name} contradicts {other}")
    return [_applied(name, group, lattice) for group in chosen]


def _listed(tags: Mapping[str, Sequence[str]]) -> gemmi.GroupOps | None:
    listed = {tag: [text for text in texts if text.strip(" ?.")] for tag, texts in tags.items()}
    found = [gemmi.Op(text) for text in next((listed[tag] for tag in _OPERATIONS if listed.get(tag)), [])]
    if not found:
        # The last part of a magnetic operation says whether moments are reversed; atoms are not affected.
        found, centering = (
            [gemmi.Op(text.rpartition(",")[0]) for text in listed.get(tag, [])] for tag in _MAGNETIC
        )
        found = [shift * operation for shift in centering or [gemmi.Op()] for operation in found]
    if not found:
        return None
    group, distinct = gemmi.GroupOps(found), {operation.wrap().triplet() for operation in found}
    group.add_missing_elements()
    if len(distinct) != (order := len(list(group))):
        raise ValueError(f"the list of operations has {len(distinct)} of the {order} that it generates")
    return group


def _of_hall(text: str, _: Sequence[float]) -> list[gemmi.GroupOps]:
    try:
        return [gemmi.symops_from_hall(text)]
    except RuntimeError:
        return []


def _of_name(text: str, cell: Sequence[float]) -> list[gemmi.GroupOps]:
    """Groups of a symbol such as "P 21/c", "P2_1/c", "P 2(1)/c", "F d -3 m Z" or "P m -3 m (221)"."""
    plain = re.sub(r"(\d)\((\d)\)", r"\1\2", text.replace("_", "").strip("[] "))
    plain = re.sub(r"\s+\(.*\)$", "", plain)
    origin = re.sub(r"\s*[sSzZ]$", lambda found: ":2" if found[0].strip() in "zZ" else ":1", plain)
    short = f"{plain[:1]} {{}} {plain[1:].strip()} {{}}"  # of a monoclinic group, whose axis the cell decides
    axis = [angle != 90 for angle in cell[3:]]
    unique = {(True, False, False): ("", "1 1"), (False, False, True): ("1 1", "")}.get(tuple(axis))
    for symbol in (*([short.format(*unique)] if unique else []), plain, origin, f"{plain} 1"):
        groups = [gemmi.find_spacegroup_by_name(symbol, cell[3], cell[5], prefer=one) for one in "12"]
        if groups[0]:
            return [group.operations() for group in {group.xhm(): group for group in groups}.values()]
    return []


def _of_number(text: str, cell: Sequence[float]) -> list[gemmi.GroupOps]:
    """Groups of a number, in the setting that the International Tables print first."""
    group = gemmi.find_spacegroup_by_number(int(text)) if text.strip().isdecimal() else None
    return _of_name(group.hm, cell) if group else []


def _same_type(one: gemmi.GroupOps, other: gemmi.GroupOps) -> bool:
    groups = [gemmi.find_spacegroup_by_ops(group) for group in (one, other)]
    if all(groups):
        return groups[0].number == groups[1].number
    return len(one.sym_ops) == len(other.sym_ops)  # a setting without a symbol


def _applied(name: str, group: gemmi.GroupOps, lattice: np.ndarray) -> Operations:
    operations = list(group)
    rotations = np.array([operation.rot for operation in operations]) / gemmi.Op.DEN
    translations = np.array([operation.tran for operation in operations]) / gemmi.Op.DEN
    metric = lattice @ lattice.T
    moved = rotations.transpose(0, 2, 1) @ metric @ rotations
    if np.abs(moved - metric).max() > _METRIC * np.abs(metric).max():
        raise ValueError(f"the cell does not have the symmetry of {name}")
    return rotations, translations


_SYMBOLS = ((_HALL, _of_hall), (_NAMES, _of_name), (_NUMBERS, _of_number))
