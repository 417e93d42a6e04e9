import hashlib
import os

import pytest

from gnnpool.data.archive import read_archive
from gnnpool.data.packed_folder import pack_folder, raw_hash
from gnnpool.errors import DataError


@pytest.fixture
def salts(tmp_path):
    folder = tmp_path / "salts"
    (folder / "more").mkdir(parents=True)
    for name, content in (("targets.csv", "1,2\n"), ("1.cif", "data_1"), ("more/ä.cif", "data_2")):
        (folder / name).write_text(content)
    return folder


@pytest.fixture
def pack(tmp_path):
    def _pack(folder):
        with open(tmp_path / "packed", "wb") as file:
            pack_folder(folder, file)
        return tmp_path / "packed"

    return _pack


def test_a_packed_folder_is_read_as_an_archive(salts, pack):
    files = read_archive(pack(salts))
    assert files == {"1.cif": b"data_1", "more/ä.cif": b"data_2", "targets.csv": b"1,2\n"}


def test_the_hash_of_a_folder_is_that_of_its_archive(salts, pack):
    assert raw_hash(salts) == hashlib.sha256(pack(salts).read_bytes()).hexdigest() == raw_hash(pack(salts))


def test_only_names_and_contents_decide_the_hash(salts):
    before = raw_hash(salts)
    os.utime(salts / "1.cif", (0, 0))
    (salts / "1.cif").chmod(0o600)
    (salts / ".DS_Store").write_text("hidden")
    (salts / ".ipynb_checkpoints").mkdir()
    (salts / ".ipynb_checkpoints/1.cif").write_text("hidden")
    os.mkfifo(salts / "pipe")
    assert raw_hash(salts) == before
    (salts / "more/ä.cif").write_text("data_3")
    edited = raw_hash(salts)
    (salts / "more/ä.cif").rename(salts / "more/ö.cif")
    assert len({before, edited, raw_hash(salts)}) == 3


def test_a_link_to_a_file_is_packed_as_the_file_and_a_broken_one_is_reported(salts, tmp_path, pack):
    (tmp_path / "elsewhere.cif").write_text("data_4")
    (salts / "2.cif").symlink_to(tmp_path / "elsewhere.cif")
    assert read_archive(pack(salts))["2.cif"] == b"data_4"
    (tmp_path / "elsewhere.cif").unlink()
    with pytest.raises(DataError, match=r"salts/2\.cif: cannot be read: No such file or directory"):
        raw_hash(salts)
