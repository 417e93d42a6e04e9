"""Archives of structures, good ones and ones that were made to do harm."""

import gzip
import hashlib
import io
import stat
import tarfile
import tempfile
import tracemalloc
import zipfile

import pytest

from gnnpool.data.archive import is_archive, read_archive
from gnnpool.errors import DataError

FILES = {"salts/targets.csv": b"1,-1.5\n", "salts/1.cif": b"data_1", "salts/deep/2.cif": b""}
MILLION = 1_000_000
MEGABYTE = 1_000_000


def pack_zip(path, files=FILES, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("salts/", b"")
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def pack_tar(path, files=FILES, mode="w", **last):
    """A tar file of some files, and at last a member with the given attributes."""
    with tarfile.open(path, mode) as archive:
        folder = tarfile.TarInfo("salts")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        if last:
            member = tarfile.TarInfo()
            for name, value in last.items():
                setattr(member, name, value)
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return path


PACK = {
    "zip": lambda path: pack_zip(path),
    "zip, stored": lambda path: pack_zip(path, compression=zipfile.ZIP_STORED),
    "tar": lambda path: pack_tar(path),
    "tar.gz": lambda path: pack_tar(path, mode="w:gz"),
    "tar from .": lambda path: pack_tar(path, {f"./{name}": content for name, content in FILES.items()}),
}


@pytest.mark.parametrize("form", PACK)
def test_files_are_read_from(form, tmp_path):
    path = PACK[form](tmp_path / "archive")
    assert is_archive(path)
    assert read_archive(path) == FILES
    assert [one.name for one in tmp_path.iterdir()] == ["archive"]


@pytest.mark.parametrize("content", [b"", b"[]", b"[" * 300, b"\x93NUMPY"])
def test_other_files_are_no_archives(content, tmp_path):
    (tmp_path / "file").write_bytes(content)
    assert not is_archive(tmp_path / "file")
    with pytest.raises(DataError, match="file: expected a zip or tar archive, found: "):
        read_archive(tmp_path / "file")


@pytest.mark.parametrize("form", PACK)
@pytest.mark.parametrize("share", [0.01, 0.1, 0.14, 0.16, 0.2, 0.3, 0.5, 0.99])
def test_an_archive_cut_short_is_refused(form, share, tmp_path):
    path = PACK[form](tmp_path / "archive")
    content = path.read_bytes().rstrip(b"\0")  # a tar file is filled up with zeros
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"archive: expected a zip or tar archive, found: .+"):
        read_archive(path)


def test_a_repeated_file_is_refused(tmp_path):
    path = pack_tar(tmp_path / "archive", name="./salts/1.cif")
    with pytest.raises(DataError, match=r"archive: expected each file once, found './salts/1.cif' twice"):
        read_archive(path)


# ---- Attacks: each makes a file, and returns the fault that is reported.

OUTSIDE = "expected names inside of the archive, found '{}'"
KIND = "expected files and folders only, found another kind: '{}'"


def zip_slip(path):
    pack_zip(path, {**FILES, "../../escaped.cif": b"x"})
    return OUTSIDE.format("../../escaped.cif")


def windows_slip(path):
    pack_zip(path, {**FILES, "salts\\..\\..\\escaped.cif": b"x"})
    return OUTSIDE.format("salts\\\\..\\\\..\\\\escaped.cif")


def tar_slip(path):
    pack_tar(path, name="salts/../../escaped.cif", size=3)
    return OUTSIDE.format("salts/../../escaped.cif")


def absolute_in_zip(path):
    name = str(path.parents[1] / "escaped.cif")
    pack_zip(path, {**FILES, name: b"x"})
    return OUTSIDE.format(name)


def absolute_in_tar(path):
    name = str(path.parents[1] / "escaped.cif")
    pack_tar(path, name=name, size=3)
    return OUTSIDE.format(name)


def symlink_in_tar(path):
    pack_tar(path, name="salts/2.cif", type=tarfile.SYMTYPE, linkname="../../sentinel")
    return KIND.format("salts/2.cif")


def symlink_in_zip(path):
    pack_zip(path)
    link = zipfile.ZipInfo("salts/2.cif")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "../../sentinel")
    return KIND.format("salts/2.cif")


def hardlink(path):
    pack_tar(path, name="salts/2.cif", type=tarfile.LNKTYPE, linkname="../../sentinel")
    return KIND.format("salts/2.cif")


def device(path):
    pack_tar(path, name="salts/2.cif", type=tarfile.CHRTYPE, devmajor=1, devminor=5)  # /dev/zero
    return KIND.format("salts/2.cif")


def pipe(path):
    pack_tar(path, name="salts/2.cif", type=tarfile.FIFOTYPE)
    return KIND.format("salts/2.cif")


def header(name, size=0):
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.USTAR_FORMAT)


def million_entries(path):
    """A few kB for each ten thousand: gzip files joined are one gzip file."""
    many = b"".join(header(f"salts/{number}.cif") for number in range(10_000))
    path.write_bytes(gzip.compress(many) * (MILLION // 10_000))
    return "expected at most 1000 files and folders, found more"


def many_entries_in_zip(path):
    pack_zip(path, {f"salts/{number}.cif": b"" for number in range(1001)})
    return "expected at most 1000 files and folders, found more"


def gzip_bomb(path):
    """300 MB of zeros in 300 kB."""
    zeros = gzip.compress(bytes(3 * MEGABYTE)) * 100
    path.write_bytes(gzip.compress(header("salts/targets.csv", 300 * MEGABYTE)) + zeros)
    return "expected at most 4000000 bytes unpacked, found more"


def header_bomb(path):
    """A name of 300 MB."""
    name = tarfile.TarInfo("././@LongLink")
    name.type, name.size = tarfile.GNUTYPE_LONGNAME, 300 * MEGABYTE
    zeros = gzip.compress(b"x" * 3 * MEGABYTE) * 100
    path.write_bytes(gzip.compress(name.tobuf(tarfile.GNU_FORMAT)) + zeros)
    return "expected at most 4000000 bytes unpacked, found more"


def sparse_bomb(path):
    """A file of a terabyte of which nothing is stored."""
    member = tarfile.TarInfo("salts/targets.csv")
    member.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.size": str(10**12),
        "GNU.sparse.map": "0,0",
    }
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member)
    return KIND.format("salts/targets.csv")


def zip_bomb(path):
    pack_zip(path, {"salts/targets.csv": bytes(300 * MEGABYTE)})
    return "expected at most 4000000 bytes unpacked, found 300000000"


def lying_zip_bomb(path):
    """A member that unpacks to more than it says."""
    pack_zip(path, {"targets.csv": bytes(9 * MEGABYTE)})
    path.write_bytes(
        path.read_bytes().replace((9 * MEGABYTE).to_bytes(4, "little"), (9000).to_bytes(4, "little"))
    )
    return "expected a zip or tar archive, found: Bad CRC-32 for file 'targets.csv'"


ATTACKS = {
    "names that lead out of a zip": [zip_slip, windows_slip],
    "names that lead out of a tar": [tar_slip],
    "absolute names": [absolute_in_zip, absolute_in_tar],
    "symbolic links": [symlink_in_tar, symlink_in_zip],
    "hard links": [hardlink],
    "devices": [device, pipe],
    "a million entries": [million_entries, many_entries_in_zip],
    "bombs": [gzip_bomb, header_bomb, sparse_bomb, zip_bomb, lying_zip_bomb],
}
EVERY = [pytest.param(make, id=f"{name}: {make.__name__}") for name, made in ATTACKS.items() for make in made]


def everything_in(folder):
    """Path, kind and content of whatever is in a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (path.lstat().st_mode, content)
    return found


@pytest.mark.parametrize("source", ["folder", "matdeeplearn"])
@pytest.mark.parametrize("attack", EVERY)
def test_an_attack_is_refused_and_nothing_is_written(attack, source, tmp_path, monkeypatch, build_in):
    (tmp_path / "sentinel").write_text("untouched")
    raw = tmp_path / "a" / "b" / "raw.archive"
    raw.parent.mkdir(parents=True)
    fault = attack(raw)
    before = everything_in(tmp_path)
    monkeypatch.chdir(raw.parent)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    entry = {"source": source, "target": "energy", "unit": "eV", "structures": 1}
    entry["options"] = {"max_bytes": 4 * MEGABYTE, "max_files": 1000}
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as refused:
            build_in(tmp_path, raw, entry, on_bad_row="skip")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(refused.value) == f"{raw}: {fault}"
    assert everything_in(tmp_path) == before
    if "bomb" in attack.__name__:
        assert most < 3 * 4 * MEGABYTE
