import numpy as np
import pyarrow as pa
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.core.operations import SymmOp

from gnnpool.artifacts import file_sha256, read_table, write_table
from gnnpool.data import duplicates as module
from gnnpool.data.duplicates import NEAREST, find_duplicates, fingerprint, group_duplicates, solid_of
from gnnpool.data.groups import count_leaks, read_groups
from gnnpool.data.structure import StructureSet, write_structures
from gnnpool.errors import ArtifactError

SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
QUARTZ = Structure.from_spacegroup(
    "P3_221", Lattice.hexagonal(4.916, 5.405), ["Si", "O"], [[0.4697, 0, 0], [0.4135, 0.2669, 0.1191]]
)


def layer(height, phase="1T"):
    """One layer of TaS2 in a cell of some height, Å."""
    fractional = {"1T": [[0, 0, 0], [1 / 3, 2 / 3, 1.5], [2 / 3, 1 / 3, -1.5]]}
    fractional["1H"] = [[0, 0, 0], [1 / 3, 2 / 3, 1.56], [1 / 3, 2 / 3, -1.56]]
    positions = np.array(fractional[phase]) / [1, 1, height]
    return Structure(Lattice.hexagonal(3.36, height), ["Ta", "S", "S"], positions)


@pytest.fixture
def pack():
    """Structures of pymatgen as a set, named a, b, c ..."""

    def _pack(*structures):
        return StructureSet(
            ids=[chr(ord("a") + place) for place in range(len(structures))],
            lattices=np.stack([one.lattice.matrix for one in structures]),
            numbers=np.concatenate([one.atomic_numbers for one in structures]).astype(np.uint8),
            fractional=np.concatenate([one.frac_coords for one in structures]),
            positions=np.concatenate([one.cart_coords for one in structures]),
            node_ptr=np.cumsum([0, *map(len, structures)]),
            targets=np.zeros(len(structures)),
            metadata={"dataset": "some", "unit": "eV"},
        )

    return _pack


def _supercell(crystal):
    return crystal.make_supercell([[2, 1, 0], [0, 1, 0], [0, 0, 1]], in_place=False)


def _turned(crystal):
    turn = SymmOp.from_axis_angle_and_translation([1, 2, 3], 40)
    return crystal.copy().apply_operation(turn)


def _shifted(crystal):
    return crystal.copy().translate_sites(range(len(crystal)), [0.3, 0.4, 0.1], to_unit_cell=True)


def _relaxed(crystal):
    return crystal.copy().perturb(0.05, seed=1)


def _reordered(crystal):
    return Structure.from_sites(crystal[::-1])


@pytest.mark.parametrize("crystal", [SALT, QUARTZ, layer(20)], ids=["salt", "quartz", "layer"])
@pytest.mark.parametrize(
    "change", [Structure.get_primitive_structure, _supercell, _turned, _shifted, _relaxed, _reordered]
)
def test_the_same_crystal_in_another_form_is_found(crystal, change, pack):
    assert group_duplicates(pack(crystal, change(crystal))) == ["a", "a"]


CESIUM = Structure(Lattice.cubic(3.6), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
WURTZITE = Structure.from_spacegroup(
    "P6_3mc", Lattice.hexagonal(3.82, 6.26), ["Zn", "S"], [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.375]]
)
SPHALERITE = Structure.from_spacegroup(
    "F-43m", Lattice.cubic(5.41), ["Zn", "S"], [[0, 0, 0], [0.25, 0.25, 0.25]]
)
PEROVSKITE = Structure.from_spacegroup(
    "Pm-3m", Lattice.cubic(3.9), ["Sr", "Ti", "O"], [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0]]
)


def _with(crystal, species):
    other = crystal.copy()
    other.replace_species(species)
    return other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(SALT, CESIUM, id="another structure type"),
        pytest.param(WURTZITE, SPHALERITE, id="another stacking, with the same nearest distances"),
        pytest.param(PEROVSKITE, _with(PEROVSKITE, {"Sr": "Ti", "Ti": "Sr"}), id="atoms exchanged"),
        pytest.param(layer(20), layer(20, "1H"), id="another phase of a layer"),
        pytest.param(SALT, _with(SALT, {"Na": "K"}), id="another element"),
    ],
)
def test_another_crystal_is_not_taken_for_the_same(one, other, pack):
    assert group_duplicates(pack(one, other)) == ["a", "b"]


def test_a_layer_is_the_same_with_more_vacuum(pack):
    """pymatgen's matcher alone takes the cells for different crystals."""
    assert group_duplicates(pack(layer(20), layer(33), layer(33, "1H"), layer(21, "1H"))) == list("aacc")


def test_layers_that_touch_are_no_single_layer(pack):
    assert group_duplicates(pack(layer(20), layer(5.9))) == ["a", "b"]


def test_vacuum_beyond_eight_angstrom_is_cut_and_distances_stay(pack):
    crystals = pack(layer(33), SALT)
    solid = solid_of(crystals, 0)
    assert np.linalg.norm(solid.lattice[2]) == pytest.approx(3.0 + 8.0)
    shortened = Structure(solid.lattice, solid.numbers, solid.positions, coords_are_cartesian=True)
    assert shortened.distance_matrix == pytest.approx(layer(33).distance_matrix)
    assert solid_of(crystals, 1).lattice == pytest.approx(SALT.lattice.matrix)


@pytest.mark.parametrize("change", [_supercell, _turned, _shifted])
def test_a_fingerprint_depends_on_the_crystal_alone(change, pack):
    crystals = pack(QUARTZ, change(QUARTZ))
    first, second = (fingerprint(solid_of(crystals, place)) for place in (0, 1))
    assert second == pytest.approx(first, abs=1e-6)
    nearest_to_oxygen, nearest_to_silicon = first[0], first[12]
    assert nearest_to_silicon == pytest.approx(1.61, abs=0.01)
    assert nearest_to_oxygen == pytest.approx(1.61, abs=0.01)


def test_groups_are_named_by_their_first_structure_and_singles_by_themselves(pack):
    crystals = pack(CESIUM, SALT, QUARTZ, _turned(SALT), _supercell(QUARTZ), _shifted(SALT))
    assert group_duplicates(crystals) == ["a", "b", "c", "b", "c", "b"]


def test_the_effort_grows_with_the_number_of_structures_not_with_its_square(pack, monkeypatch):
    """Sixty crystals of one composition, each like its neighbors and unlike all others."""
    fits = []

    class Matcher(module.StructureMatcher):
        def fit(self, one, other, **options):
            fits.append((one, other))
            return False

    monkeypatch.setattr(module, "StructureMatcher", Matcher)
    cells = [Structure(Lattice.cubic(4 + 0.001 * n), ["Cs", "Cl"], [[0] * 3, [0.5] * 3]) for n in range(60)]
    assert len(set(group_duplicates(pack(*cells)))) == 60
    assert 60 < len(fits) <= 60 * NEAREST


def test_many_copies_of_one_crystal_are_one_group(pack):
    copies = [_relaxed(SALT.copy().apply_strain(0.0005 * n)) for n in range(3 * NEAREST)]
    assert set(group_duplicates(pack(*copies))) == {"a"}


def test_duplicates_are_written_with_what_they_are_of(pack, tmp_path):
    crystals = pack(SALT, QUARTZ, _turned(SALT))
    structures, output = tmp_path / "structures.parquet", tmp_path / "duplicates.parquet"
    write_structures(structures, crystals)
    find_duplicates(structures=structures, output=output)
    table = read_table(output)
    assert table.to_pydict() == {"id": ["a", "b", "c"], "group": ["a", "b", "a"]}
    assert table.schema.metadata[b"structures_sha256"].decode() == file_sha256(structures)
    assert read_groups(output, ids=["a", "b", "c"]) == ["a", "b", "a"]
    with pytest.raises(ArtifactError, match="made from other structures"):
        read_groups(output, ids=["a", "b", "d"])


def test_another_table_is_not_taken_for_duplicates(tmp_path):
    path = tmp_path / "duplicates.parquet"
    write_table(path, pa.table({"id": ["a"], "part": ["train"]}))
    with pytest.raises(ArtifactError, match="expected the columns id and group"):
        read_groups(path, ids=["a"])


def test_leaks_count_structures_whose_duplicate_is_in_another_part():
    groups = ["a", "a", "a", "d", "d", "f", "f", "h"]
    parts = ["test", "train", "test", "val", "train", "test", "val", "test"]
    assert count_leaks(groups, parts) == {"test_in_train": 2, "test_in_val": 1, "val_in_train": 1}
    assert sum(count_leaks(groups, ["train"] * 8).values()) == 0
