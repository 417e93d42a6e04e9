import logging

import numpy as np
import pytest

from gnnpool.data.structure import RawStructure
from gnnpool.data.text import printable
from gnnpool.data.validate import validate
from gnnpool.errors import DataError

nan, inf = float("nan"), float("inf")
CUBE = [[4.0, 0, 0], [0, 4.0, 0], [0, 0, 4.0]]
# A cell whose edges are long and which is nearly flat all the same.
FLAT = [[4.0, 0, 0], [0, 4.0, 0], [3.0, 3.0, 0.6]]

BAD = {
    "lattice of NaN": ("lattice", {"lattice": [[nan, 0, 0], [0, 4, 0], [0, 0, 4]]}),
    "infinite lattice": ("lattice", {"lattice": [[inf, 0, 0], [0, 4, 0], [0, 0, 4]]}),
    "lattice of two vectors": ("lattice", {"lattice": CUBE[:2]}),
    "no lattice": ("lattice", {"lattice": None}),
    "ragged lattice": ("lattice", {"lattice": [[4, 0], [0, 4, 0], [0, 0, 4]]}),
    "no volume": ("lattice", {"lattice": [[4, 0, 0], [0, 4, 0], [4, 4, 0]]}),
    "flat cell": ("lattice", {"lattice": FLAT}),
    "tiny cell": ("lattice", {"lattice": [[0.6, 0, 0], [0, 4, 0], [0, 0, 4]]}),
    "coordinate of NaN": ("fractional", {"fractional": [[nan, 0, 0], [0.5] * 3]}),
    "no coordinates": ("fractional", {"fractional": None}),
    "a coordinate missing": ("fractional", {"fractional": [[0, 0, None], [0.5] * 3]}),
    "coordinates of fewer atoms": ("fractional", {"fractional": [[0, 0, 0]]}),
    "atom far away": ("fractional", {"fractional": [[1e6, 0, 0], [0.5] * 3]}),
    "Cartesian ones disagree": ("positions", {"positions": [[0, 0, 0], [2.82, 2.82, 3.0]]}),
    "Cartesian ones of NaN": ("positions", {"positions": [[0, 0, 0], [2.82, 2.82, nan]]}),
    "same site twice": ("fractional", {"fractional": [[0.2, 0, 0], [0.2, 0, 0.001]]}),
    "same site across the border": ("fractional", {"fractional": [[0.0, 0.5, 0.5], [0.999, 0.5, 1.501]]}),
    "no atoms": ("species", {"species": [], "fractional": []}),
    "half an atom": ("species", {"species": [{"Na": 0.5}, {"Cl": 1}]}),
    "two species on a site": ("species", {"species": [{"Na": 0.5, "K": 0.5}, {"Cl": 1}]}),
    "occupancy missing": ("species", {"species": [{"Na": None}, {"Cl": 1}]}),
    "unknown element": ("species", {"species": [{"Qq": 1}, {"Cl": 1}]}),
    "dummy": ("species", {"species": [{"X": 1}, {"Cl": 1}]}),
    "element missing": ("species", {"species": [{None: 1}, {"Cl": 1}]}),
    "number above 100": ("species", {"species": [{"Md": 1}, {"Cl": 1}]}),
    "number zero": ("species", {"species": [{0: 1}, {"Cl": 1}]}),
    "target of NaN": ("target", {"target": nan}),
    "infinite target": ("target", {"target": -inf}),
    "target of text": ("target", {"target": "1.5"}),
    "no target": ("target", {"target": None}),
    "target of truth": ("target", {"target": True}),
    "huge lattice": ("lattice", {"lattice": [[10**400, 0, 0], [0, 4, 0], [0, 0, 4]]}),
    "lattice of text": ("lattice", {"lattice": [["4", "0", "0"], ["0", "4", "0"], ["0", "0", "1_0"]]}),
    "a coordinate of NaN far down": ("fractional", {"fractional": [[0, 0, 0], [0.5, nan, 0.5]]}),
    "truth for an element": ("species", {"species": [{True: 1}, {"Cl": 1}]}),
    "truth for an occupancy": ("species", {"species": [{"Na": True}, {"Cl": 1}]}),
    "vast lattice": ("lattice", {"lattice": [[1e200, 0, 0], [0, 4, 0], [0, 0, 4]]}),
    "vast coordinate": ("fractional", {"fractional": [[1e308, 0, 0], [0.5] * 3]}),
    "vast target": ("target", {"target": 1e300}),
    "huge occupancy": ("species", {"species": [{"Na": 10**400}, {"Cl": 1}]}),
    "huge target": ("target", {"target": 10**400}),
    "half a character in the name": ("id", {"id": "a\ud800"}),
    "no name": ("id", {"id": " "}),
    "numbered name": ("id", {"id": 7}),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_value_is_refused_and_named(case, salt):
    field, values = BAD[case]
    rows = [salt(), salt(**{"id": "salt-2", **values})]
    with pytest.raises(DataError) as caught:
        validate(rows, dataset="salts", on_bad_row="error")
    message = str(caught.value)
    assert message.encode()
    assert f"salts row 2 ({printable(rows[1].id)}): {field} is " in message
    assert "1 of 2 rows" in message
    assert "expected" in message


@pytest.mark.parametrize("case", BAD)
def test_an_invalid_row_is_excluded_and_listed_on_request(case, salt):
    field, values = BAD[case]
    rows = [salt(), salt(**{"id": "salt-2", **values}), salt(id="salt-3")]
    good, bad = validate(rows, dataset="salts", on_bad_row="skip")
    assert good.ids == ["salt-1", "salt-3"]
    assert [(fault.dataset, fault.row, fault.field) for fault in bad] == [("salts", 2, field)]


def test_the_row_of_a_long_list_that_is_odd_is_shown(salt):
    places = np.random.default_rng(0).random((50, 3))
    places[40, 1] = nan
    row = salt(species=[{"Na": 1}] * 50, fractional=places.tolist())
    fault = rf"fractional is \[{places[40, 0]}, nan, {places[40, 2]}\] in row 41, expected finite numbers"
    with pytest.raises(DataError, match=fault):
        validate([row], dataset="salts", on_bad_row="error")


def test_a_reason_of_a_source_is_one_fault_and_not_cut_before_its_cause(salt):
    reason = f"unreadable cif (ValueError: {'x' * 1000} the cause)"
    rows = [salt(), RawStructure(id="bad", lattice=reason, species=[], target=1.0)]
    _, bad = validate(rows, dataset="salts", on_bad_row="skip")
    assert len(bad) == 1
    assert bad[0].value.endswith("x the cause)")
    assert len(bad[0].value) < 420


def test_a_name_used_twice_is_refused_where_it_comes_again(salt):
    rows = [salt(), salt(id="other"), salt()]
    with pytest.raises(DataError, match=r"row 3 \(salt-1\): id is 'salt-1', expected .* row 1 has the same"):
        validate(rows, dataset="salts", on_bad_row="error")
    good, bad = validate(rows, dataset="salts", on_bad_row="skip")
    assert good.ids == ["salt-1", "other"]
    assert len(bad) == 1


def test_every_fault_of_every_row_is_reported(salt):
    rows = [salt(), salt(id="a", target=None, lattice=None), salt(id="b", target=nan)]
    with pytest.raises(DataError) as caught:
        validate(rows, dataset="salts", on_bad_row="error")
    lines = str(caught.value).splitlines()
    assert "2 of 3 rows" in lines[0]
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["salts row 2 (a)"] * 2 + ["salts row 3 (b)"]


def test_long_lists_of_faults_are_cut_with_their_number(salt):
    rows = [salt(id=f"salt-{n}", target=nan) for n in range(30)]
    with pytest.raises(DataError) as caught:
        validate(rows, dataset="salts", on_bad_row="error")
    lines = str(caught.value).splitlines()
    assert len(lines) == 1 + 20 + 1
    assert lines[-1].strip() == "... and 10 more"


def test_a_dataset_without_a_good_row_is_refused(salt):
    with pytest.raises(DataError, match="1 of 1 rows"):
        validate([salt(target=nan)], dataset="salts", on_bad_row="skip")
    with pytest.raises(DataError, match="found none"):
        validate([], dataset="salts", on_bad_row="skip")


def test_good_rows_are_packed_with_both_kinds_of_coordinates(salt):
    only_fractional = salt(id="f", positions=None)
    only_cartesian = salt(id="c", fractional=None, positions=[[0, 0, 0], [2.82, 2.82, 2.82]])
    structures, bad = validate([salt(), only_fractional, only_cartesian], dataset="salts", on_bad_row="error")
    assert not bad
    assert structures.node_ptr.tolist() == [0, 2, 4, 6]
    assert structures.numbers.tolist() == [11, 17] * 3
    np.testing.assert_allclose(structures.fractional, [[0] * 3, [0.5] * 3] * 3, atol=1e-12)
    np.testing.assert_allclose(structures.positions, [[0] * 3, [2.82] * 3] * 3, atol=1e-12)
    assert structures.targets.tolist() == [-3.9] * 3


def test_good_crystals_that_look_odd_are_kept(salt):
    odd = [
        salt(id="left-handed", lattice=[[4, 0, 0], [0, 0, 4], [0, 4, 0]], positions=None),
        salt(id="skewed", lattice=[[30, 0, 0], [29, 1.05, 0], [0, 0, 5]], positions=None),
        salt(id="outside", fractional=[[-3.1, 0, 0], [7.5, 0.5, 0.5]]),
        salt(id="one atom", species=[{"Fm": 1}], fractional=[[0, 0, 0]]),
        salt(id="by number", species=[{11: 1.0}, {17: 1.0}]),
        salt(id="rounded", positions=[[0, 0, 0], [2.8201, 2.82, 2.82]]),
        salt(id="whole target", target=3),
        salt(id="near but apart", fractional=[[0, 0, 0], [0.05, 0, 0]], lattice=CUBE),
    ]
    structures, bad = validate(odd, dataset="odd", on_bad_row="error")
    assert not bad
    assert len(structures) == len(odd)
    assert 100 in structures.numbers


@pytest.mark.parametrize("isotope", ["D", "T"])
def test_isotopes_of_hydrogen_count_as_hydrogen_and_are_logged(isotope, salt, caplog):
    with caplog.at_level(logging.INFO, logger="gnnpool"):
        structures, _ = validate(
            [salt(species=[{"Li": 1}, {isotope: 1}])], dataset="salts", on_bad_row="error"
        )
    assert structures.numbers.tolist() == [3, 1]
    assert f"salts row 1 (salt-1): {isotope} counted as H" in caplog.text
