import json

import pytest

from gnnpool.data.sources.matdeeplearn import read
from gnnpool.data.validate import validate
from gnnpool.errors import DataError


@pytest.fixture
def write(tmp_path, crystals):
    """A data.json of four salts; values of the second may be replaced."""

    def _write(**values):
        content = [
            {
                "structure_id": id_,
                "positions": structure.cart_coords.tolist(),
                "cell": structure.lattice.matrix.tolist(),
                "atomic_numbers": list(structure.atomic_numbers),
                "y": target,
            }
            for id_, structure, target in crystals[:4]
        ]
        content[1].update(values)
        path = tmp_path / "data.json"
        path.write_text(json.dumps(content))
        return path

    return _write


def test_every_structure_is_read_in_order(write, crystals, same_crystal):
    rows = read(write())
    assert [(row.id, row.target) for row in rows] == [(id_, target) for id_, _, target in crystals[:4]]
    assert all(same_crystal(row, crystal[1]) for row, crystal in zip(rows, crystals, strict=False))


def test_a_number_names_a_structure_too(write):
    assert read(write(structure_id=7))[1].id == "7"


def test_one_of_several_targets_is_chosen(write):
    assert read(write(y=[1.5]))[1].target == 1.5
    assert read(write(y=[1.5, 2.5]), target=1)[1].target == 2.5


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"y": "high"}, "target"),
        ({"y": []}, "target"),
        ({"y": None}, "target"),
        ({"cell": [[3, 0, 0], [0, 3, 0]]}, "lattice"),
        ({"positions": [[0, 0]]}, "positions"),
        ({"atomic_numbers": None}, "species"),
        ({"atomic_numbers": [0, 200]}, "species"),
        ({"structure_id": None}, "id"),
    ],
)
def test_a_wrong_value_is_a_bad_row(values, field, write):
    with pytest.raises(DataError, match=rf"salts row 2 \(.*\): {field} is "):
        validate(read(write(**values)), dataset="salts", on_bad_row="error")


@pytest.mark.parametrize("content", ["", "{}", "<html>", '{"data": [1]}'])
def test_another_layout_is_refused(content, tmp_path):
    (tmp_path / "data.json").write_text(content)
    with pytest.raises(DataError, match=r"data\.json: expected a JSON list"):
        read(tmp_path / "data.json")


@pytest.mark.parametrize("row", ["{}", "3", '{"structure_id": "1", "positions": []}'])
def test_a_row_without_its_keys_is_told_with_its_number(row, tmp_path):
    (tmp_path / "data.json").write_text(f"[{row}]")
    with pytest.raises(DataError, match=r"data\.json: row 1: expected the keys \['atomic_numbers', 'cell'"):
        read(tmp_path / "data.json")
