"""Real crystals, and batches of their graphs under both edge schemes."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np
import pytest
import torch

from gnnpool.graphs.batch import GraphBatch
from gnnpool.graphs.neighbors import Cells

SCHEMES = ("mdl", "ocp")


@dataclass(frozen=True)
class Crystal:
    """Atomic numbers ``[N]``, positions ``[N, 3]`` and lattice rows ``[3, 3]``, both in Å."""

    numbers: np.ndarray
    positions: np.ndarray
    lattice: np.ndarray

    def moved(self, displacement: np.ndarray) -> "Crystal":
        """Displace the atoms, Å, and put those that leave the cell back into it."""
        fractional = (self.positions + displacement) @ np.linalg.inv(self.lattice)
        return replace(self, positions=(fractional % 1) @ self.lattice)

    def rattled(self) -> "Crystal":
        """Displace each atom by some 0.1 Å: no two images of an atom stay equally far from another."""
        return self.moved(0.1 * np.random.default_rng(0).standard_normal(self.positions.shape))

    def doubled(self) -> "Crystal":
        """The same crystal in a cell twice as long on its first axis; the second half are images."""
        return self.supercell([[2, 0, 0], [0, 1, 0], [0, 0, 1]])

    def supercell(self, matrix: Sequence[Sequence[int]]) -> "Crystal":
        """The same crystal in a cell with the lattice rows ``matrix @ lattice``, one copy after the other."""
        matrix = np.array(matrix)
        reach = int(abs(matrix).sum())
        grid = np.array(list(itertools.product(range(-reach, reach + 1), repeat=3)))
        fractional = grid @ np.linalg.inv(matrix)
        shifts = grid[((fractional > -1e-9) & (fractional < 1 - 1e-9)).all(1)]
        assert len(shifts) == round(abs(np.linalg.det(matrix)))
        positions = np.concatenate([self.positions + shift @ self.lattice for shift in shifts])
        big = Crystal(np.tile(self.numbers, len(shifts)), positions, matrix @ self.lattice)
        return big.moved(np.zeros(3))


def _crystal(numbers: Sequence[int], fractional: Sequence, lattice: Sequence) -> Crystal:
    lattice = np.array(lattice, dtype=float)
    return Crystal(np.array(numbers), np.array(fractional, dtype=float) @ lattice, lattice)


def _fcc(a: float) -> np.ndarray:
    return a / 2 * (1 - np.eye(3))


def _hexagonal(a: float, c: float) -> list:
    return [[a, 0, 0], [-a / 2, a * 3**0.5 / 2, 0], [0, 0, c]]


@pytest.fixture(scope="session")
def crystals() -> dict[str, Crystal]:
    """Small crystals with their measured lattices, among them a chiral one, a slab and single atoms."""
    u, v = 0.305, 0.225
    rutile = [(0, 0, 0), (0.5, 0.5, 0.5), (u, u, 0), (1 - u, 1 - u, 0)]
    rutile += [(0.5 + u, 0.5 - u, 0.5), (0.5 - u, 0.5 + u, 0.5)]
    sheet = [(1 / 3, 2 / 3, 0.5), (2 / 3, 1 / 3, 0.578), (2 / 3, 1 / 3, 0.422)]
    return {
        "rock salt": _crystal([11, 17], [(0, 0, 0), (0.5, 0.5, 0.5)], _fcc(5.64)),
        "copper": _crystal([29], [(0, 0, 0)], _fcc(3.61)),
        "rutile": _crystal([22, 22, 8, 8, 8, 8], rutile, np.diag([4.594, 4.594, 2.959])),
        "selenium": _crystal(
            [34] * 3, [(v, 0, 0), (0, v, 1 / 3), (1 - v, 1 - v, 2 / 3)], _hexagonal(4.366, 4.954)
        ),
        "MoS2 sheet": _crystal([42, 16, 16], sheet, _hexagonal(3.16, 20)),
        "lone xenon": _crystal([54], [(0, 0, 0)], 12 * np.eye(3)),
    }


@pytest.fixture(scope="session")
def graphs_of() -> Callable[..., GraphBatch]:
    """A function from crystals, the name of an edge scheme and a cutoff in Å to a batch in float64."""

    def build(crystals: Sequence[Crystal], scheme: str, cutoff: float = 5.0) -> GraphBatch:
        assign = import_module(f"gnnpool.graphs.{scheme}").assign_edges
        source, target, vector, first = [], [], [], 0
        for c in crystals:
            cell = Cells.of((c.positions, c.lattice))
            edges = assign(cell, cutoff=cutoff, max_neighbors=10_000, max_offsets=None)
            ends = c.positions[edges.source] + edges.shift @ c.lattice
            vector.append(ends - c.positions[edges.target])
            source.append(edges.source + first)
            target.append(edges.target + first)
            first += len(c.numbers)
        edge_vector = torch.from_numpy(np.concatenate(vector))
        shell_length, shell = edge_vector.norm(dim=1).unique(return_inverse=True)
        sizes = torch.tensor([len(c.numbers) for c in crystals])
        return GraphBatch(
            species=torch.from_numpy(np.concatenate([c.numbers for c in crystals])) - 1,
            source=torch.from_numpy(np.concatenate(source)),
            target=torch.from_numpy(np.concatenate(target)),
            shell=shell,
            shell_length=shell_length,
            edge_vector=edge_vector,
            batch=torch.arange(len(crystals)).repeat_interleave(sizes),
            sizes=sizes,
            num_graphs=len(crystals),
            max_nodes=int(sizes.max()),
        )

    return build


@pytest.fixture(scope="session", params=SCHEMES)
def crystal_batches(request: pytest.FixtureRequest, crystals: dict, graphs_of: Callable) -> GraphBatch:
    """All crystals as one batch, once for each edge scheme."""
    return graphs_of(list(crystals.values()), request.param)
