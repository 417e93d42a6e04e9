import csv
import gzip
import json
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pymatgen.io.cif import CifWriter

from gnnpool.data.sources.table import read
from gnnpool.data.validate import validate
from gnnpool.errors import ConfigError, DataError


@pytest.fixture
def columns(crystals):
    """Names, CIF texts and targets of four salts."""
    names, structures, targets = zip(*crystals[:4], strict=True)
    texts = [str(CifWriter(structure, significant_figures=10)) for structure in structures]
    return {"name": list(names), "structure": texts, "energy": list(targets)}


def write(path, columns):
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
    elif path.suffix == ".csv":
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows([columns, *zip(*columns.values(), strict=True)])
    else:
        path.write_text(json.dumps(columns))
    return path


@pytest.mark.parametrize("ending", ["parquet", "csv", "json"])
def test_a_table_of_cifs_is_read(ending, tmp_path, columns, crystals, same_crystal):
    rows = read(write(tmp_path / f"my.{ending}", columns), target="energy", id="name")
    assert [row.id for row in rows] == columns["name"]
    assert [row.target for row in rows] == pytest.approx(columns["energy"])
    assert all(same_crystal(row, crystal[1]) for row, crystal in zip(rows, crystals, strict=False))


@pytest.mark.parametrize("ending", ["parquet", "csv", "json"])
def test_without_names_a_row_is_named_by_its_number(ending, tmp_path, columns):
    rows = read(write(tmp_path / f"my.{ending}", columns), target="energy")
    assert [row.id for row in rows] == ["1", "2", "3", "4"]


def test_json_may_be_a_list_of_rows(tmp_path, columns):
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    path = tmp_path / "my.json"
    path.write_text(json.dumps(rows))
    assert [row.target for row in read(path, target="energy")] == columns["energy"]


@pytest.mark.parametrize(("names", "read_as"), [("abcd", "abcd"), ("0123", "1234")])
def test_json_may_be_columns_of_named_rows_as_pandas_writes_them(names, read_as, tmp_path, columns):
    path = tmp_path / "my.json"
    frame = pd.DataFrame({name: columns[name] for name in ("structure", "energy")}, index=list(names))
    frame.to_json(path, double_precision=15)
    rows = read(path, target="energy")
    assert [row.id for row in rows] == list(read_as)
    assert [row.target for row in rows] == pytest.approx(columns["energy"])


def test_json_may_be_rows_by_name(tmp_path, columns):
    values = zip(*columns.values(), strict=True)
    content = {name: {"structure": text, "energy": target} for name, text, target in values}
    path = tmp_path / "my.json"
    path.write_text(json.dumps(content))
    rows = read(path, target="energy")
    assert [(row.id, row.target) for row in rows] == list(
        zip(columns["name"], columns["energy"], strict=True)
    )
    del content[columns["name"][1]]["energy"]
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=rf"salts row 2 \({columns['name'][1]}\): target is nan"):
        validate(read(path, target="energy"), dataset="salts", on_bad_row="error")


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_a_table_may_be_packed(ending, tmp_path, columns):
    path = write(tmp_path / f"my.{ending}", columns)
    whole = read(path, target="energy", id="name")
    (tmp_path / f"my.{ending}.gz").write_bytes(gzip.compress(path.read_bytes()))
    with zipfile.ZipFile(tmp_path / f"my.{ending}.zip", "w") as archive:
        archive.write(path, "inside.txt")
    for packed in ("gz", "zip"):
        assert read(tmp_path / f"my.{ending}.{packed}", target="energy", id="name") == whole
    with pytest.raises(DataError, match=rf"my\.{ending}\.gz: expected at most 10 bytes unpacked"):
        read(tmp_path / f"my.{ending}.gz", target="energy", max_bytes=10)
    with zipfile.ZipFile(tmp_path / f"my.{ending}.zip", "a") as archive:
        archive.writestr("another.txt", "")
    with pytest.raises(DataError, match=r"expected an archive of one file, found 2 files"):
        read(tmp_path / f"my.{ending}.zip", target="energy")


@pytest.mark.parametrize("ending", ["parquet", "json"])
def test_dictionaries_of_pymatgen_need_not_be_text(ending, tmp_path, crystals, same_crystal):
    dictionaries = [structure.as_dict() for _, structure, _ in crystals[:3]]
    if ending == "parquet":  # empty mappings have no place in a Parquet file
        dictionaries = json.loads(json.dumps(dictionaries).replace('"properties": {}', '"label": "x"'))
    columns = {"crystal": dictionaries, "y": [1, 2, 3]}
    rows = read(write(tmp_path / f"my.{ending}", columns), target="y", structure="crystal", format="json")
    assert [row.target for row in rows] == [1, 2, 3]
    assert all(same_crystal(row, crystal[1]) for row, crystal in zip(rows, crystals, strict=False))


def test_names_of_a_csv_keep_their_zeros(tmp_path, columns):
    columns["name"] = ["007", "7", "1e3", "NA"]
    rows = read(write(tmp_path / "my.csv", columns), target="energy", id="name")
    assert [row.id for row in rows] == ["007", "7", "1e3", "NA"]


def test_whole_numbers_of_a_parquet_column_name_rows(tmp_path, columns):
    columns["name"] = [4, 3, 2, 1]
    rows = read(write(tmp_path / "my.parquet", columns), target="energy", id="name")
    assert [row.id for row in rows] == ["4", "3", "2", "1"]


@pytest.mark.parametrize(("value", "shown"), [("high", "'high'"), ("", "''"), ("nan", "nan")])
def test_a_target_that_is_no_number_is_reported_as_it_stands(value, shown, tmp_path, columns):
    columns["energy"][2] = value
    rows = read(write(tmp_path / "my.csv", columns), target="energy", id="name")
    with pytest.raises(DataError, match=rf"mine row 3 \(.*\): target is {shown}, expected a finite number"):
        validate(rows, dataset="mine", on_bad_row="error")


@pytest.mark.parametrize("ending", ["csv", "json"])
@pytest.mark.parametrize("value", ["1_0", "1_000"])
def test_underscores_make_no_number(value, ending, tmp_path, columns):
    columns["energy"][2] = value
    rows = read(write(tmp_path / f"my.{ending}", columns), target="energy", id="name")
    assert rows[2].target == value


@pytest.mark.parametrize(
    "odd",
    [{"energy": 10**400}, {"energy": [1]}, {"energy": None}, {"name": "a\ud800"}, {"structure": {"a": 1}}],
    ids=["huge", "list", "none", "half a character", "mapping"],
)
def test_an_odd_value_of_a_json_table_is_one_invalid_row(odd, tmp_path, columns):
    for column, value in odd.items():
        columns[column][2] = value
    rows = read(write(tmp_path / "my.json", columns), target="energy", id="name")
    kept, bad = validate(rows, dataset="mine", on_bad_row="skip")
    assert len(kept) == 3
    assert [fault.row for fault in bad] == [3]
    assert all(str(fault).encode() for fault in bad)


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_a_repeated_column_is_refused(ending, tmp_path, columns):
    path = write(tmp_path / f"my.{ending}", columns)
    names, values = [*columns, "energy"], [*columns.values(), [1.0] * 4]
    if ending == "parquet":
        pq.write_table(pa.Table.from_arrays([pa.array(one) for one in values], names), path)
    elif ending == "csv":
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows([names, *zip(*values, strict=True)])
    else:
        path.write_text(path.read_text().replace("{", '{"energy": [], ', 1))
    with pytest.raises(DataError, match=rf"my\.{ending}: expected a table, found: .*'energy'"):
        read(path, target="energy", id="name")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
def test_a_csv_is_read_in_whatever_encoding(encoding, tmp_path, columns):
    path = write(tmp_path / "my.csv", {**columns, "author": ["Müller"] * 4})
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    assert [row.id for row in read(path, target="energy", id="name")] == columns["name"]


def test_json_that_is_nested_too_deeply_is_refused(tmp_path):
    (tmp_path / "my.json").write_text("[" * 100_000)
    with pytest.raises(DataError, match=r"my\.json: expected a table, found: it is nested too deeply"):
        read(tmp_path / "my.json", target="energy")


@pytest.mark.parametrize("options", [{"target": "gap"}, {"target": "energy", "structure": "cif"}])
def test_a_missing_column_is_reported_with_those_that_are_there(options, tmp_path, columns):
    path = write(tmp_path / "my.csv", columns)
    with pytest.raises(
        DataError, match=r"expected the columns \['.*'\], found \['name', 'structure', 'energy'\]"
    ):
        read(path, **options)


def test_an_unknown_form_is_refused_and_the_known_listed(tmp_path, columns):
    with pytest.raises(ConfigError, match="expected a format of cif, poscar, json, xyz, got 'pdb'"):
        read(write(tmp_path / "my.csv", columns), target="energy", format="pdb")


@pytest.mark.parametrize("ending", ["parquet", "csv", "json"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'{"a": 1'])
def test_a_damaged_table_is_refused(ending, content, tmp_path):
    path = tmp_path / f"my.{ending}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"my\.{ending}: expected "):
        read(path, target="energy")


def test_a_missing_table_and_an_unknown_ending_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"my\.csv: cannot be read: No such file or directory"):
        read(tmp_path / "my.csv", target="energy")
    with pytest.raises(DataError, match=r"my\.xlsx: expected a file that ends in"):
        read(tmp_path / "my.xlsx", target="energy")
