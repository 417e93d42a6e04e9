import io
import tarfile
import zipfile

import pytest
from pymatgen.io.cif import CifWriter
from pymatgen.io.vasp import Poscar

from gnnpool.data.sources.folder import read
from gnnpool.data.validate import validate
from gnnpool.errors import DataError


@pytest.fixture
def files(crystals, ase_json):
    """Three salts in three forms, and their targets."""
    salt, rutile, other = (structure.get_sorted_structure() for _, structure, _ in crystals[:3])
    return {
        "targets.csv": "1,-1.5\n2,-2.5\n3,-3.5\n",
        "1.cif": str(CifWriter(salt, significant_figures=10)),
        "2.vasp": Poscar(rutile).get_str(significant_figures=12),
        "3.json": ase_json(other),
    }


@pytest.fixture
def pack(tmp_path, files):
    """Pack the files into an archive; any of them may be replaced, or left out with None."""

    def _pack(folder="salts/", **changes):
        path = tmp_path / "salts.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in {**files, **changes}.items():
                if content is not None:
                    archive.writestr(f"{folder}{name}", content)
        return path

    return _pack


@pytest.mark.parametrize("folder", ["", "salts/", "home/me/salts/"])
def test_structures_in_several_forms_are_read_in_the_order_of_the_table(folder, pack, crystals, same_crystal):
    rows = read(pack(folder))
    assert [(row.id, row.target) for row in rows] == [("1", -1.5), ("2", -2.5), ("3", -3.5)]
    for row, (_, structure, _) in zip(rows, crystals, strict=False):
        assert same_crystal(row, structure.get_sorted_structure())


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_archive_does_as_well(mode, tmp_path, files):
    path = tmp_path / "salts.tar"
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"salts/{name}")
            member.size = len(content.encode())
            archive.addfile(member, io.BytesIO(content.encode()))
    assert [(row.id, row.target) for row in read(path)] == [("1", -1.5), ("2", -2.5), ("3", -3.5)]


@pytest.mark.parametrize("heading", ["id,energy", "file,y"])
def test_a_heading_is_not_read_as_a_row(heading, pack, files):
    table = f"{heading}\n{files['targets.csv']}"
    assert [row.id for row in read(pack(**{"targets.csv": table}))] == ["1", "2", "3"]


def test_names_may_carry_their_ending(pack):
    rows = read(pack(**{"targets.csv": "3.json,1\n1.cif,2\n"}))
    assert [(row.id, row.target) for row in rows] == [("3.json", 1.0), ("1.cif", 2.0)]


def test_one_of_several_targets_is_chosen(pack):
    rows = read(pack(**{"targets.csv": "1,1.0,10.0\n2,2.0,20.0\n"}), column=2)
    assert [row.target for row in rows] == [10.0, 20.0]


@pytest.mark.parametrize("column", [3, "gap"])
@pytest.mark.parametrize("first", ["energy", "1 energy"])
def test_a_target_is_chosen_by_its_heading_or_number(first, column, pack):
    table = f"id,{first},n,gap\n1,1.0,7,10.0\n2,2.0,8,20.0\n"
    assert [row.target for row in read(pack(**{"targets.csv": table}), column=column)] == [10.0, 20.0]


@pytest.mark.parametrize(
    ("heading", "there"),
    [("", "1, 3"), ("id,energy,note,gap\n", "energy, gap"), ("id,energy\n", "energy, 3")],
)
def test_several_targets_of_which_none_is_chosen_are_refused(heading, there, pack):
    table = f"{heading}1,1.0,PBE,10.0\n2,2.0,PBE,20.0\n"
    reported = rf"salts/targets\.csv: expected names and one target, found more .* column: {there}$"
    with pytest.raises(DataError, match=reported):
        read(pack(**{"targets.csv": table}))


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("1,1.0\n2,2.0\n", "1, 1.0"),
        ("id,energy\n1,1.0\n", "id, energy"),
        ("id,gap,gap\n1,1.0,2.0\n", "id, gap, gap"),
    ],
)
def test_a_heading_without_the_column_is_refused(table, found, pack):
    with pytest.raises(DataError, match=rf"expected one column 'gap' in the first row, found {found}"):
        read(pack(**{"targets.csv": table}), column="gap")


def test_a_table_may_have_the_name_that_cgcnn_gives_it(pack, files):
    table = {"targets.csv": None, "id_prop.csv": "1,-1.5\n2,-2.5\n", "atom_init.json": '{"1": [0, 1]}'}
    assert [(row.id, row.target) for row in read(pack(**table))] == [("1", -1.5), ("2", -2.5)]
    with pytest.raises(DataError, match=r"expected one file targets\.csv or id_prop\.csv, found \['salts/"):
        read(pack(**{**table, "targets.csv": files["targets.csv"]}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"2.vasp": None}, r"salts row 2 \(2\): lattice is no file 2 in the folder,"),
        ({"2.vasp": "no crystal"}, r"salts row 2 \(2\): lattice is unreadable poscar"),
        ({"2.vasp": None, "2.pdb": "ATOM"}, r"salts row 2 \(2\): lattice is 2\.pdb, of no known form,"),
        ({"targets.csv": "1,-1.5\n2,high\n"}, r"salts row 2 \(2\): target is 'high'"),
        ({"targets.csv": "1,-1.5\n2\n"}, r"salts row 2 \(2\): target is None"),
        ({"2.vasp": b"\xff\xfe"}, r"salts row 2 \(2\): lattice is unreadable poscar \("),
    ],
)
def test_a_row_that_cannot_be_used_is_reported(changes, message, pack):
    with pytest.raises(DataError, match=message):
        validate(read(pack(**changes)), dataset="salts", on_bad_row="error")


@pytest.mark.parametrize("names", [("1.vasp", "1.cif"), ("1.cif", "1.vasp")])
def test_a_row_that_names_two_structures_makes_the_row_invalid_in_whatever_order(names, pack, files):
    texts = {"1.cif": files["1.cif"], "1.vasp": files["2.vasp"]}
    path = pack(**{"1.cif": None})
    with zipfile.ZipFile(path, "a") as archive:
        for name in names:
            archive.writestr(f"salts/{name}", texts[name])
    fault = r"salts row 1 \(1\): lattice is in several files: salts/1\.cif, salts/1\.vasp,"
    with pytest.raises(DataError, match=fault):
        validate(read(path), dataset="salts", on_bad_row="error")
    kept, _ = validate(read(path), dataset="salts", on_bad_row="skip")
    assert kept.ids == ["2", "3"]


@pytest.mark.parametrize(
    "beside", [{"1.out": "log"}, {"1.json": '{"note": 1}'}, {"1.json": "no json"}, {"old/1.cif": "data_x"}]
)
def test_a_file_that_is_no_structure_is_no_candidate(beside, pack):
    assert read(pack(**beside))[0] == read(pack())[0]


def test_a_structure_in_a_subfolder_is_named_by_its_path(pack, files):
    table = {"targets.csv": "cif/1.cif,1\ncif/1,2\n", "cif/1.cif": files["1.cif"]}
    assert [row.species for row in read(pack(**table))] == [read(pack())[0].species] * 2


@pytest.mark.parametrize("first", ["gone,1.0,PBE", "gone,n/a,PBE", "gone,,PBE", "gone,-,1.0", "gone,nan"])
def test_a_first_row_is_a_heading_only_if_it_has_no_target(first, pack):
    rows = read(pack(**{"targets.csv": f"{first}\n1,2.0,PBE\n"}))
    assert [row.id for row in rows] == ["gone", "1"]
    with pytest.raises(DataError, match=r"salts row 1 \(gone\): lattice is no file gone in the folder,"):
        validate(rows, dataset="salts", on_bad_row="error")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
def test_a_table_and_its_structures_are_read_in_whatever_encoding(encoding, pack, files):
    changes = {
        "targets.csv": "1,-1.5,Müller\n2,-2.5,Åse\n".encode(encoding),
        "1.cif": ("# Müller\n" + files["1.cif"]).encode(encoding),
        "2.vasp": ("Müller " + files["2.vasp"]).encode(encoding),
    }
    kept, _ = validate(read(pack(**changes)), dataset="salts", on_bad_row="error")
    assert kept.targets.tolist() == [-1.5, -2.5]


@pytest.mark.parametrize("value", ["1_0", "1_000", "1_0.5"])
def test_underscores_make_no_number(value, pack):
    with pytest.raises(DataError, match=rf"salts row 1 \(1\): target is '{value}'"):
        validate(read(pack(**{"targets.csv": f"1,{value}\n2,1\n"})), dataset="salts", on_bad_row="error")


def test_an_archive_without_a_table_is_refused(pack):
    with pytest.raises(
        DataError, match=r"salts\.zip: expected one file targets\.csv or id_prop\.csv, found none"
    ):
        read(pack(**{"targets.csv": None}))


@pytest.mark.parametrize("table", [b"\xff\xfe1,2", b"1," + b"2" * 200_000])
def test_a_table_that_is_no_text_is_refused(table, pack):
    with pytest.raises(DataError, match=r"salts\.zip: expected a table salts/targets\.csv, found: "):
        read(pack(**{"targets.csv": table}))


def test_two_tables_are_refused(pack):
    with pytest.raises(
        DataError, match=r"expected one file targets\.csv or id_prop\.csv, found \['salts/targets\.csv'"
    ):
        read(pack(**{"old/targets.csv": "1,2\n"}))


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_read(pack):
    path = pack(**{"bomb.cif": "0" * 3_000_000})
    assert path.stat().st_size < 20_000
    with pytest.raises(DataError, match=r"salts\.zip: expected at most 1000000 bytes unpacked, found 300"):
        read(path, max_bytes=1_000_000)


@pytest.mark.parametrize("content", [b"", b"<html>sign in</html>", b"PK\x03\x04" + b"\x00" * 50])
def test_a_file_that_is_no_archive_is_refused(content, tmp_path):
    (tmp_path / "salts.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"salts\.zip: expected a zip or tar archive, found: "):
        read(tmp_path / "salts.zip")


def test_a_damaged_member_is_refused(pack):
    path = pack()
    content = bytearray(path.read_bytes())
    place = content.index(b"1.cif") + 60
    content[place : place + 8] = b"\xff" * 8
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"salts\.zip: expected a zip or tar archive, found: "):
        read(path)
