import json
import zipfile

import pytest
from pymatgen.io.cif import CifWriter

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
        ({"atomic_numbers": [[11], {}]}, "species"),
        ({"atomic_numbers": [True, True]}, "species"),
        ({"atomic_numbers": [10**400, 1.5]}, "species"),
        ({"positions": [["1_0", "0", "0"]]}, "positions"),
        ({"positions": [[10**400, 0, 0]]}, "positions"),
        ({"positions": {"a": 1}}, "positions"),
        ({"y": 10**400}, "target"),
        ({"y": "1_0"}, "target"),
        ({"structure_id": "a\ud800"}, "id"),
        ({"structure_id": None}, "id"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_wrong_value_makes_the_row_invalid(values, field, write):
    with pytest.raises(DataError, match=rf"salts row 2 \(.*\): {field} is "):
        validate(read(write(**values)), dataset="salts", on_bad_row="error")


@pytest.mark.parametrize("content", ["", "{}", "<html>", '{"data": [1]}'])
def test_another_layout_is_refused(content, tmp_path):
    (tmp_path / "data.json").write_text(content)
    with pytest.raises(DataError, match=r"data\.json: expected a JSON list"):
        read(tmp_path / "data.json")


@pytest.mark.parametrize("row", ["{}", "3", '{"structure_id": "1", "positions": []}'])
def test_a_row_without_its_keys_is_reported_with_its_number(row, tmp_path):
    (tmp_path / "data.json").write_text(f"[{row}]")
    with pytest.raises(DataError, match=r"data\.json: row 1: expected the keys \['atomic_numbers', 'cell'"):
        read(tmp_path / "data.json")


@pytest.fixture
def pack(tmp_path):
    """Pack files by their names into an archive."""

    def _pack(**files):
        path = tmp_path / "folder.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path

    return _pack


@pytest.mark.parametrize("folder", ["", "my_data/"])
def test_a_folder_with_a_list_is_read_out_of_its_archive(folder, write, pack):
    content = write().read_text()
    rows = read(pack(**{f"{folder}data.json": content, f"{folder}atom_dict.json": "{}"}))
    assert [row.id for row in rows] == [row.id for row in read(write())]


def test_a_folder_of_numbered_files_is_read_out_of_its_archive(pack, crystals, same_crystal):
    salts = [structure.get_sorted_structure() for _, structure, _ in crystals[:3]]
    files = {f"{number}.cif": str(CifWriter(salt)) for number, salt in enumerate(salts, start=1)}
    path = pack(**files, **{"targets.csv": "1,-1.5,10\n2,-2.5,20\n3,-3.5,30\n"})
    rows = read(path)
    assert [(row.id, row.target) for row in rows] == [("1", -1.5), ("2", -2.5), ("3", -3.5)]
    assert all(same_crystal(row, salt) for row, salt in zip(rows, salts, strict=True))
    assert [row.target for row in read(path, target=1)] == [10, 20, 30]


def test_an_archive_with_neither_is_refused(pack):
    with pytest.raises(DataError, match=r"folder\.zip: expected one file targets\.csv, found none"):
        read(pack(**{"1.cif": "data_1"}))


def test_an_archive_with_two_lists_is_refused(pack):
    with pytest.raises(
        DataError, match=r"folder\.zip: expected one file data\.json, found \['a/data\.json', "
    ):
        read(pack(**{"a/data.json": "[]", "b/data.json": "[]"}))


def test_a_list_in_an_archive_is_reported_with_its_place(pack):
    with pytest.raises(
        DataError, match=r"folder\.zip/a/data\.json: expected a JSON list of structures, found dict"
    ):
        read(pack(**{"a/data.json": "{}"}))


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(DataError, match=r"data\.json: expected a JSON list or an archive, found: "):
        read(tmp_path / "data.json")
