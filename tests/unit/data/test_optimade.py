import json

import pytest

from gnnpool.data.sources.optimade import read
from gnnpool.data.validate import validate
from gnnpool.errors import DataError


def entry(name, gap, **attributes):
    """NaCl, as ``/structures`` of a provider answers; attributes may be added or replaced."""
    return {
        "id": name,
        "type": "structures",
        "attributes": {
            "lattice_vectors": [[0, 2.82, 2.82], [2.82, 0, 2.82], [2.82, 2.82, 0]],
            "cartesian_site_positions": [[0, 0, 0], [2.82, 2.82, 2.82]],
            "species_at_sites": ["Na", "Cl"],
            "species": [
                {"name": "Na", "chemical_symbols": ["Na"], "concentration": [1.0]},
                {"name": "Cl", "chemical_symbols": ["Cl"], "concentration": [1.0]},
            ],
            "nsites": 2,
            "_mine_gap": gap,
            "_mine_stability": {"r2scan+u": {"above_hull": gap / 10}},
            **attributes,
        },
    }


FIRST, SECOND = {"data": [entry("1", 5.0), entry("2", 6.0)]}, {"data": [entry("3", 7.0)]}
LAYOUTS = {
    "answer": {"data": [*FIRST["data"], *SECOND["data"]], "meta": {"api_version": "1.1.0"}},
    "pages": [FIRST, SECOND],
    "optimade-get": {
        "structures": {
            'elements HAS "Na"': {
                "https://a.org/optimade": {**FIRST, "errors": [], "links": {}, "included": [], "meta": {}},
                "https://b.org/optimade": {**SECOND, "errors": [], "links": {}, "included": [], "meta": {}},
            }
        }
    },
}


@pytest.fixture
def write(tmp_path):
    def _write(content):
        path = tmp_path / "answer.json"
        path.write_text(json.dumps(content))
        return path

    return _write


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_structure_of_every_answer_is_read(layout, write):
    rows = read(write(LAYOUTS[layout]), target="_mine_gap")
    assert [(row.id, row.target) for row in rows] == [("1", 5.0), ("2", 6.0), ("3", 7.0)]
    kept, _ = validate(rows, dataset="salts", on_bad_row="error")
    assert kept.numbers.tolist() == [11, 17] * 3


def test_an_answer_may_be_of_one_structure(write):
    assert [row.id for row in read(write({"data": entry("1", 5.0)}), target="_mine_gap")] == ["1"]


def test_a_property_may_be_inside_another(write):
    rows = read(write(FIRST), target="_mine_stability.r2scan+u.above_hull")
    assert [row.target for row in rows] == [0.5, 0.6]


@pytest.mark.parametrize(
    ("attributes", "fault"),
    [
        ({"_mine_gap": None}, "target is None, expected a finite number"),
        ({"_mine_gap": "high"}, "target is 'high', expected a finite number"),
        ({"lattice_vectors": None}, "lattice is None, expected finite numbers"),
        ({"cartesian_site_positions": None}, "fractional is None, expected finite numbers"),
        ({"species_at_sites": None}, r"lattice is unreadable json \(.*expected a list of elements"),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)
def test_a_structure_that_cannot_be_used_is_one_invalid_row(attributes, fault, write):
    rows = read(write({"data": [entry("1", 5.0), entry("2", 6.0, **attributes)]}), target="_mine_gap")
    with pytest.raises(DataError, match=rf"salts row 2 \(2\): {fault}"):
        validate(rows, dataset="salts", on_bad_row="error")


def test_a_property_that_no_structure_has_is_refused_with_those_that_exist(write):
    reported = (
        r"answer\.json: .* the property '_mine_gab', found none among 2, whose numbers are _mine_gap, nsites"
    )
    with pytest.raises(DataError, match=reported):
        read(write(FIRST), target="_mine_gab")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (
            {"data": [{"id": "1", "type": "references", "attributes": {}}]},
            "'references' in place of structures",
        ),
        ({"data": ["1"]}, "'str' in place of structures"),
        ({"errors": [{"status": "404"}]}, r"an answer without data \(\['errors'\]\)"),
        ([1], r"an answer without data \(int\)"),
    ],
)
def test_another_layout_is_refused(content, found, write):
    with pytest.raises(DataError, match=rf"answer\.json: expected answers of OPTIMADE, found: {found}"):
        read(write(content), target="_mine_gap")
