"""Test parts that a scheme holds out, and the random division of the rest."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from gnnpool.data.split_file import PARTS
from gnnpool.errors import ConfigError, DataError


class HeldOut(NamedTuple):
    """The structures that a scheme holds out for testing.

    Args:
        tested: Whether each structure is tested, bool ``[S]``.
        what: What was held out, for the metadata of the split, such as "element Fe".
    """

    tested: np.ndarray
    what: str


def rank(seed: int) -> Callable[[str], bytes]:
    """A key that sorts names in the order of a seed, by the SHA-256 of "seed/name"."""
    return lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest()


def shares_of(fractions: Mapping[str, float]) -> dict[str, Fraction]:
    """The shares of the parts without rounding.

    Raises:
        ConfigError: If they do not sum to one.
    """
    shares = {part: Fraction(str(fractions[part])) for part in PARTS}
    if sum(shares.values()) != 1 or min(shares.values()) < 0:
        raise ConfigError(f"split: expected shares with the sum 1, got {dict(fractions)}")
    return shares


def divide_rest(
    ids: Sequence[str],
    tested: Collection[str],
    *,
    seed: int,
    fractions: Mapping[str, float],
    groups: Sequence[str] | None = None,
) -> list[str]:
    """Divide the structures that are not tested into training and validation.

    Their groups are ordered by the SHA-256 of "seed/group". From the last one on, each group goes to the
    validation part if all of it fits into int(val / (train + val) of the rest).

    Args:
        ids: Distinct names of the structures.
        tested: Names of those to test. Of a group with a tested structure all structures are tested.
        seed: Split seed.
        fractions: Shares of train, val and test; only the ratio of the first two counts.
        groups: Name of the group of each structure; structures of one group stay together. Without it
            each structure is a group of its own.

    Returns:
        The part of each structure, in the order of the ids.

    Raises:
        ConfigError: If the fractions do not sum to one.
        DataError: If a part would be empty.
    """
    shares = shares_of(fractions)
    groups, tested = list(ids if groups is None else groups), set(tested)
    part_of = {group: "test" for id_, group in zip(ids, groups, strict=True) if id_ in tested}
    sizes = Counter(group for group in groups if group not in part_of)
    room = int(shares["val"] / (shares["train"] + shares["val"]) * sizes.total())
    for group in sorted(sizes, key=rank(seed), reverse=True):
        part_of[group] = "val" if sizes[group] <= room else "train"
        room -= sizes[group] if part_of[group] == "val" else 0
    return without_empty_part([part_of[group] for group in groups], fractions)


def choose_groups(labels: Sequence[Hashable], *, seed: int, share: float, what: str) -> np.ndarray:
    """Choose whole groups of structures to test, in the order of a seed.

    Groups are ordered by the SHA-256 of "seed/label"; each one that still fits is chosen. So at most the
    share is tested, and at least the share without the smallest group that is not.

    Args:
        labels: Group of each structure, ``[S]``; a label is printed distinctly.
        seed: Split seed.
        share: Share of the structures to test.
        what: Kind of the groups, for the message.

    Returns:
        Whether each structure is tested, bool ``[S]``.

    Raises:
        DataError: If no group fits.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        members[str(label)].append(place)
    tested = np.zeros(len(labels), dtype=bool)
    room = int(Fraction(str(share)) * len(labels))
    for label in sorted(members, key=rank(seed)):
        if len(members[label]) <= room:
            tested[members[label]] = True
            room -= len(members[label])
    if not tested.any():
        smallest = min(map(len, members.values()))
        raise DataError(
            f"split: found {len(members)} {what} of at least {smallest} structures each, expected one of at "
            f"most {room}, {share:g} of {len(labels)} structures"
        )
    return tested


def without_empty_part(parts: list[str], fractions: Mapping[str, float]) -> list[str]:
    """The parts, if none is empty.

    Raises:
        DataError: If one is.
    """
    if empty := set(PARTS) - set(parts):
        raise DataError(
            f"{len(parts)} structures are too few for the split {dict(fractions)}: no {min(empty)} part"
        )
    return parts
