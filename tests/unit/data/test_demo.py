import dataclasses

import numpy as np
import pytest
from pymatgen.core import Structure

from gnnpool.data.sources import demo
from gnnpool.data.validate import validate
from gnnpool.errors import ConfigError

# e^2 / (4 pi epsilon_0) in eV Å
COULOMB = 14.399645
STORED_IONS = [
    ["Li", "Br", 16],
    ["K", "Cl", 4],
    ["K", "I", 4],
    ["Ca", "S", 4],
    ["Ba", "Cl", 3],
    ["Te", "Cs", 9],
    ["Ba", "Cl", 6],
    ["Sr", "S", 10],
]
STORED_ENERGIES = [
    -4.688719717008,
    -3.894339297932,
    -3.329432381271,
    -16.867490331152,
    -7.64639063657,
    -6.093490720475,
    -7.37314469711,
    -28.177025419697,
]


@pytest.fixture(scope="module")
def crystals():
    return demo.read(target="per_atom", count=80)


def test_the_crystals_pass_every_check(crystals):
    structures, bad = validate(crystals, dataset="demo", on_bad_row="error")
    assert not bad
    sizes = np.diff(structures.node_ptr)
    assert sizes.min() == 2
    assert 20 <= sizes.max() <= demo.MAX_ATOMS


def test_every_crystal_is_neutral(crystals):
    for crystal in crystals:
        assert sum(demo.IONS[symbol][0] for site in crystal.species for symbol in site) == 0


def test_ions_keep_a_distance_that_ions_have(crystals):
    for crystal in crystals:
        structure = Structure(
            crystal.lattice, [next(iter(site)) for site in crystal.species], crystal.fractional
        )
        distances = structure.distance_matrix[np.triu_indices(len(structure), 1)]
        assert distances.min() > 1.5


def test_both_targets_belong_to_the_same_crystals(crystals):
    per_cell = demo.read(target="per_cell", count=80)
    for one, other in zip(crystals, per_cell, strict=True):
        assert other.target == pytest.approx(one.target * len(one.species), rel=1e-12)
        assert dataclasses.replace(other, target=one.target) == one


def test_fewer_crystals_are_the_first_of_more(crystals):
    assert demo.read(target="per_atom", count=10) == crystals[:10]


def test_another_seed_makes_other_crystals(crystals):
    others = demo.read(target="per_atom", count=10, seed=demo.SEED + 1)
    assert not {row.target for row in others} & {row.target for row in crystals}


def test_the_crystals_are_the_stored_ones(crystals):
    assert [[*row.species[0], *row.species[-1], len(row.species)] for row in crystals[:8]] == STORED_IONS
    np.testing.assert_allclose([row.target for row in crystals[:8]], STORED_ENERGIES, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "ions", "madelung"),
    [
        ("rocksalt", ("Na", "Cl"), 1.747565),
        ("caesium chloride", ("Cs", "Cl"), 1.762675),
        ("zincblende", ("Zn", "S"), 1.638055),
    ],
)
def test_energies_of_perfect_crystals_are_those_of_their_madelung_constants(
    name, ions, madelung, monkeypatch
):
    monkeypatch.setattr(demo, "STRAIN", 0.0)
    monkeypatch.setattr(demo, "RATTLE", 0.0)
    crystal = demo._crystal(demo._PROTOTYPES[name], ions, draw=lambda: 0.3)
    charge = demo.IONS[ions[0]][0]
    distance = demo.IONS[ions[0]][1] + demo.IONS[ions[1]][1]
    energy = demo._row("perfect", crystal, "per_atom").target
    assert energy == pytest.approx(-madelung * COULOMB * charge**2 / distance / 2, rel=1e-4)


def test_structure_types_have_the_nearest_distance_of_their_ions(monkeypatch):
    monkeypatch.setattr(demo, "STRAIN", 0.0)
    monkeypatch.setattr(demo, "RATTLE", 0.0)
    for prototype in demo._PROTOTYPES.values():
        ions = demo._compositions(prototype)[0]
        crystal = demo._crystal(prototype, ions, draw=lambda: 0.0)
        bond = demo.IONS[ions[-2]][1] + demo.IONS[ions[-1]][1]
        lengths = [n.nn_distance for n in crystal.get_neighbors(crystal[0], 1.5 * bond)]
        images = crystal.distance_matrix[np.triu_indices(len(crystal), 1)]
        assert min(*lengths, *images) == pytest.approx(bond, rel=0.02)


def test_an_unknown_target_is_refused():
    with pytest.raises(ConfigError, match=r"per_atom, per_cell, got 'gap'"):
        demo.read(target="gap", count=1)
