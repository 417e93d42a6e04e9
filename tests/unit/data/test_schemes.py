"""Laws of the schemes that hold structures out."""

import dataclasses
import json
from collections import Counter

import numpy as np
import pytest
from scipy.spatial import KDTree

from gnnpool import plugins
from gnnpool.data.build import build_structures
from gnnpool.data.elements import symbol
from gnnpool.data.groups import write_groups
from gnnpool.data.held_out import choose_groups, divide_rest
from gnnpool.data.schemes import cluster, prototype
from gnnpool.data.similarity import fingerprints
from gnnpool.data.split_file import read_split
from gnnpool.data.splits import SCHEMES, assign_parts, hold_out, make_split
from gnnpool.data.structure import StructureSet, read_structures
from gnnpool.errors import ConfigError, DataError

PAPER = {"train": 0.80, "val": 0.05, "test": 0.15}
COUNT = 240


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("salts")
    entry = {"source": "demo", "target": "energy", "unit": "eV/cell", "structures": COUNT}
    build_structures(
        raw=None,
        dataset="salts",
        entry=entry | {"options": {"target": "per_cell", "count": COUNT}},
        on_bad_row="error",
        structures=folder / "structures.parquet",
        manifest=folder / "manifest.json",
    )
    return folder / "structures.parquet"


@pytest.fixture(scope="module")
def crystals(path):
    return read_structures(path)


def split(crystals, scheme, seed=1, groups=None, **options):
    found = hold_out(crystals, scheme=scheme, options=options, seed=seed, fractions=PAPER, groups=groups)
    return np.array(found[0]), found[1]


def elements(crystals):
    parts = np.split(crystals.numbers, crystals.node_ptr[1:-1])
    return [frozenset(symbol(n) for n in part.tolist()) for part in parts]


LABELS = {
    "chemical_system": elements,
    "prototype": lambda crystals: [prototype.prototype_of(crystals, place) for place in range(len(crystals))],
    "cluster": lambda crystals: cluster.cluster_labels(crystals, 20),
}
each_scheme = pytest.mark.parametrize("scheme", plugins.names(SCHEMES))
each_grouping = pytest.mark.parametrize("scheme", sorted(LABELS))


def test_these_are_the_schemes():
    assert plugins.names(SCHEMES) == ["chemical_system", "cluster", "element", "prototype", "size", "target"]


@each_scheme
def test_every_structure_is_in_one_part_and_no_part_is_empty(crystals, scheme):
    parts, what = split(crystals, scheme)
    assert len(parts) == COUNT
    assert set(parts) == {"train", "val", "test"}
    assert what


@each_scheme
def test_a_seed_gives_the_same_split_again_whatever_is_drawn_in_between(crystals, scheme):
    first, _ = split(crystals, scheme, seed=7)
    np.random.seed(3)  # noqa: NPY002 - the global state must not matter
    assert split(crystals, scheme, seed=7)[0].tolist() == first.tolist()


@each_scheme
def test_seeds_divide_the_rest_differently(crystals, scheme):
    assert split(crystals, scheme, seed=1)[0].tolist() != split(crystals, scheme, seed=2)[0].tolist()


@each_scheme
def test_the_rest_is_divided_in_the_ratio_of_train_and_val(crystals, scheme):
    counts = Counter(split(crystals, scheme)[0].tolist())
    rest = counts["train"] + counts["val"]
    assert counts["val"] == int(rest * 5 / 85)


@each_scheme
def test_duplicates_share_a_part(crystals, scheme):
    pairs = [crystals.ids[n - n % 2] for n in range(COUNT)]
    parts, _ = split(crystals, scheme, groups=pairs)
    assert parts[::2].tolist() == parts[1::2].tolist()


@each_scheme
def test_with_duplicates_together_all_that_the_scheme_holds_out_is_still_tested(crystals, scheme):
    pairs = [crystals.ids[n - n % 2] for n in range(COUNT)]
    alone, together = split(crystals, scheme)[0], split(crystals, scheme, groups=pairs)[0]
    assert (together[alone == "test"] == "test").all()


@each_scheme
def test_the_scheme_reads_neither_order_nor_names_of_the_structures_it_chooses_by(crystals, scheme):
    """Structures in reverse order: the same ones are tested."""
    reverse = np.arange(COUNT)[::-1]
    atoms = [np.arange(*crystals.node_ptr[[place, place + 1]]) for place in reverse]
    order = np.concatenate(atoms)
    turned = StructureSet(
        ids=[crystals.ids[place] for place in reverse],
        lattices=crystals.lattices[reverse],
        numbers=crystals.numbers[order],
        fractional=crystals.fractional[order],
        positions=crystals.positions[order],
        node_ptr=np.concatenate([[0], np.cumsum([len(one) for one in atoms])]),
        targets=crystals.targets[reverse],
        metadata=crystals.metadata,
    )
    if scheme == "cluster":  # k-means starts from rows: the fingerprints agree, the clusters may not
        np.testing.assert_allclose(fingerprints(turned)[::-1], fingerprints(crystals), atol=1e-5)
        return
    assert split(turned, scheme)[0][::-1].tolist() == split(crystals, scheme)[0].tolist()


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_no_training_structure_holds_the_element_and_each_test_structure_does(crystals, seed):
    parts, what = split(crystals, "element", seed=seed)
    element = what.removeprefix("element ")
    assert [element in held for held in elements(crystals)] == (parts == "test").tolist()
    assert 0.05 <= np.mean(parts == "test") <= 0.25


def test_seeds_choose_several_elements(crystals):
    assert len({split(crystals, "element", seed=seed)[1] for seed in range(10)}) > 3


def test_an_element_outside_of_the_range_is_not_chosen(crystals):
    with pytest.raises(DataError, match=r"no element is in 0\.98 to 0\.99 of 240 structures; .* O in \d+"):
        split(crystals, "element", min_share=0.98, max_share=0.99)


@each_grouping
@pytest.mark.parametrize("seed", [1, 2])
def test_a_group_is_tested_as_a_whole(crystals, scheme, seed):
    labels, parts = LABELS[scheme](crystals), split(crystals, scheme, seed=seed)[0]
    tested, others = (
        {labels[n] for n in range(COUNT) if (parts[n] == "test") == held} for held in (True, False)
    )
    assert not tested & others


@each_grouping
def test_at_most_the_share_is_tested_and_no_group_that_is_not_would_fit(crystals, scheme):
    labels, parts = LABELS[scheme](crystals), split(crystals, scheme)[0]
    tested = int((parts == "test").sum())
    sizes = Counter(label for label, part in zip(labels, parts, strict=True) if part != "test")
    assert 36 - min(sizes.values()) < tested <= 36 == 0.15 * COUNT


def test_a_group_larger_than_the_share_leaves_nothing_to_test():
    with pytest.raises(
        DataError, match=r"found 2 halves of at least 5 structures each, .* at most 2, 0\.2 of 10"
    ):
        choose_groups(["a"] * 5 + ["b"] * 5, seed=1, share=0.2, what="halves")


def test_every_tested_cell_has_more_atoms_than_all_others(crystals):
    parts, atoms = split(crystals, "size")[0], np.diff(crystals.node_ptr)
    assert atoms[parts == "test"].min() > atoms[parts != "test"].max()
    assert 0.075 <= np.mean(parts == "test") <= 0.30


def test_cells_of_one_size_are_refused(crystals):
    first = np.flatnonzero(np.diff(crystals.node_ptr) == 2)
    ptr = np.arange(len(first) + 1) * 2
    same = dataclasses.replace(crystals, ids=[str(n) for n in first], node_ptr=ptr)
    with pytest.raises(
        DataError, match=r"no number of atoms per cell has 0\.075 to 0\.3 .* cells of 2 to 2 atoms"
    ):
        split(same, "size")


@pytest.mark.parametrize("tails", ["both", "low", "high"])
def test_targets_of_training_lie_between_those_of_the_tails(crystals, tails):
    parts, targets = split(crystals, "target", tails=tails)[0], crystals.targets
    tested, others = targets[parts == "test"], targets[parts != "test"]
    below, above = tested < others.min(), tested > others.max()
    assert (below | above).all()
    assert (below.any(), above.any()) == (tails != "high", tails != "low")
    assert 0.075 <= np.mean(parts == "test") <= 0.15


def test_equal_targets_are_refused(crystals):
    same = dataclasses.replace(crystals, targets=np.ones(COUNT))
    with pytest.raises(DataError, match="too many targets are equal"):
        split(same, "target")


def test_tails_of_another_name_are_refused(crystals):
    with pytest.raises(ConfigError, match=r"tails: found 'middle', expected one of both, low, high"):
        split(crystals, "target", tails="middle")


def test_tested_clusters_are_farther_from_training_than_a_random_test_part(crystals):
    points, far = fingerprints(crystals), []
    random = np.array(assign_parts(crystals.ids, seed=1, fractions=PAPER))
    for parts in (split(crystals, "cluster")[0], random):
        trained = KDTree(points[parts == "train"])
        far.append(np.median(trained.query(points[parts == "test"])[0]))
    assert far[0] > 1.2 * far[1]


def test_more_clusters_than_structures_are_refused(crystals):
    with pytest.raises(ConfigError, match=r"clusters: found 241, expected 2 to 240"):
        split(crystals, "cluster", clusters=241)


def test_a_fingerprint_does_not_depend_on_the_choice_of_the_cell(crystals):
    doubled = StructureSet(
        ids=crystals.ids,
        lattices=crystals.lattices * np.array([2.0, 1.0, 1.0])[:, None],
        numbers=np.concatenate([np.tile(p, 2) for p in np.split(crystals.numbers, crystals.node_ptr[1:-1])]),
        fractional=np.empty((2 * len(crystals.numbers), 3)),
        positions=np.empty((2 * len(crystals.numbers), 3)),
        node_ptr=2 * crystals.node_ptr,
        targets=crystals.targets,
        metadata=crystals.metadata,
    )
    for place, (start, end) in enumerate(zip(crystals.node_ptr, crystals.node_ptr[1:], strict=False)):
        own, new = crystals.fractional[start:end], slice(2 * start, 2 * end)
        doubled.fractional[new] = np.concatenate([own, own + np.array([1, 0, 0])]) / [2, 1, 1]
        doubled.positions[new] = doubled.fractional[new] @ doubled.lattices[place]
    np.testing.assert_allclose(fingerprints(doubled), fingerprints(crystals), atol=1e-5)


def test_a_tested_structure_takes_its_group_with_it():
    parts = divide_rest(
        list("abcdef"), {"b"}, seed=1, fractions=PAPER | {"train": 0.4, "val": 0.45}, groups=list("aaccef")
    )
    assert parts[:2] == ["test", "test"]
    assert parts[2] == parts[3]
    assert "test" not in parts[2:]


def test_a_written_split_names_scheme_options_and_what_is_held_out(path, crystals, tmp_path):
    output, duplicates = tmp_path / "seed-1.parquet", tmp_path / "duplicates.parquet"
    write_groups(duplicates, crystals.ids, crystals.ids, metadata={})
    method = {"scheme": "target", "options": {"tails": "high"}}
    make_split(structures=path, seed=1, fractions=PAPER, output=output, method=method, duplicates=duplicates)
    written = read_split(output)
    assert written.part.tolist() == split(crystals, "target", tails="high")[0].tolist()
    assert written.metadata["scheme"] == "target"
    assert json.loads(written.metadata["options"]) == {"tails": "high"}
    assert written.metadata["held_out"].startswith("targets below")
    assert written.metadata["keep_duplicates_together"] == "true"
