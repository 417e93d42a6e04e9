"""Damaged and hostile raw files and answers of servers: refused in words, within a stated memory.

`make torture` tries 5,000 of each.
"""

import gzip
import hashlib
import io
import json
import re
import socketserver
import tarfile
import threading
import tracemalloc
import zipfile
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.io.vasp import Poscar

from gnnpool import plugins
from gnnpool.data.archive import read_archive
from gnnpool.data.build import SOURCES
from gnnpool.data.fetch import fetch_dataset
from gnnpool.data.validate import validate
from gnnpool.errors import DataError, FetchError

# MiB that a reader may take for a file of a few kB.
MOST = 64
HOSTILE = [
    *("", "nan", "-inf", "1e999", "-1", "0", "7", "1000000", "999999999", "9" * 400, "1_000", "²"),
    *("null", "true", "[]", "{}", "[[[[", '"', "'", ",", "\n", "\n\n", "\r", "\x00", "\ud800", "Qq", "../x"),
    *("_cell_length_a", "loop_", "data_", "x,y,z", "1/0", "Direct", "Properties=", "NaCl"),
]
# Body-centred, so that symmetry makes four atoms of two.
CIF = """\
data_salt
_cell_length_a 4.1
_cell_length_b 4.2(1)
_cell_length_c 6.3
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 91
loop_
_symmetry_equiv_pos_as_xyz
'x, y, z'
'x+1/2, y+1/2, z+1/2'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na1 Na 0.0 0.0 0.0 1
Cl1 Cl 0.5 0.5 0.0 1
"""
# Which word, what becomes of it, and how often it is repeated.
edits = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(HOSTILE), st.integers(0, 3)),
    min_size=1,
    max_size=4,
)


def changed(text, edits):
    """A text some of whose words are replaced by hostile ones and repeated; without repetition, removed."""
    words = re.findall(r"[\w.+-]+|\s|[^\w\s]", text)
    for place, hostile, times in edits:
        words[int(place * len(words))] = hostile * times
    return "".join(words).encode("utf-8", "surrogatepass")


def outcome(call, *errors):
    """What a call returns and no message, or nothing and the message with which it refuses."""
    try:
        return call(), None
    except errors as error:
        return None, str(error)


@contextmanager
def within_memory():
    """Fail if what is inside takes more memory than stated."""
    tracemalloc.start()
    try:
        yield
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < MOST * 2**20


def in_folder(name, structure):
    """A packed folder with one structure file of any content."""

    def pack(content):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("targets.csv", f"{name},1.5\n")
            archive.writestr(name, content)
        return packed.getvalue()

    return "folder", "mine.zip", {}, structure, pack


@pytest.fixture(scope="module")
def forms(crystals):
    """Reader, name of the file, options, a good text, and how the file is made of a text."""
    (_, crystal, _), (_, other, _) = crystals[:2]
    species = [{"name": "Na", "chemical_symbols": ["Na"], "concentration": [1.0]}]
    optimade = {
        "lattice_vectors": crystal.lattice.matrix.tolist(),
        "cartesian_site_positions": crystal.cart_coords.tolist(),
        "species_at_sites": [site.specie.name for site in crystal],
        "species": species,
        "gap": 1.5,
    }
    mapping = {
        "structure_id": "a",
        "positions": crystal.cart_coords.tolist(),
        "cell": crystal.lattice.matrix.tolist(),
        "atomic_numbers": list(crystal.atomic_numbers),
        "y": 1.5,
    }
    ase = {"cell": mapping["cell"], "numbers": mapping["atomic_numbers"], "positions": mapping["positions"]}
    atoms = "\n".join(f"{site.specie.name} {' '.join(map(str, site.coords))}" for site in crystal)
    lattice = " ".join(map(str, crystal.lattice.matrix.ravel()))
    xyz = f'{len(crystal)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 energy=1.5\n{atoms}\n'
    task = {"index": ["a", "b"], "columns": ["structure", "y"]}
    task["data"] = [[crystal.as_dict(), 1.5], [other.as_dict(), 2.5]]

    def same(content):
        return content

    return {
        "matbench": ("matbench", "task.json.gz", {}, json.dumps(task), gzip.compress),
        "extxyz": ("extxyz", "mine.xyz", {"target": "energy"}, xyz * 2, same),
        "optimade": (
            *("optimade", "mine.json", {"target": "gap"}),
            *(json.dumps({"data": [{"id": "a", "type": "structures", "attributes": optimade}]}), same),
        ),
        "matdeeplearn": ("matdeeplearn", "data.json", {}, json.dumps([mapping]), same),
        "table": ("table", "mine.csv", {"target": "y", "structure": "cif"}, f'cif,y\n"{CIF}",1.5\n', same),
        "folder, cif": in_folder("a.cif", CIF),
        "folder, poscar": in_folder("a.vasp", str(Poscar(crystal))),
        "folder, json": in_folder("a.json", json.dumps(ase)),
        "folder, xyz": in_folder("a.xyz", xyz),
    }


FORMS = (
    *("matbench", "extxyz", "optimade", "matdeeplearn", "table"),
    *("folder, cif", "folder, poscar", "folder, json", "folder, xyz"),
)


def read(form, path, options):
    return validate(plugins.load_function(SOURCES, form, "read")(path, **options), **KEPT)


KEPT = {"dataset": "mine", "on_bad_row": "skip"}


@pytest.mark.parametrize("form", FORMS)
def test_a_changed_file_is_refused_in_words_or_read(form, forms, tmp_path):
    source, name, options, text, pack = forms[form]
    path = tmp_path / name

    def attempt(content):
        path.write_bytes(pack(content))
        tracemalloc.start()
        with within_memory():
            valid, refused = outcome(lambda: read(source, path, options), DataError)
        assert refused is None or "mine" in refused or str(path) in refused
        return valid

    assert len(attempt(text.encode())[0]) >= 1

    @given(edits)
    def holds(edits):
        attempt(changed(text, edits))

    holds()


# ---- Archives


def packed(kind):
    """A good archive of two files."""
    found = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in ("a.txt", "b/c.txt"):
                archive.writestr(name, name * 50)
    else:
        with tarfile.open(fileobj=found, mode=f"w:{kind}") as archive:
            for name in ("a.txt", "b/c.txt"):
                member = tarfile.TarInfo(name)
                member.size = 50 * len(name)
                archive.addfile(member, io.BytesIO(name.encode() * 50))
    return found.getvalue()


spots = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8)


@pytest.mark.parametrize("kind", ["zip", "", "gz"])
def test_a_damaged_archive_is_refused_in_words_or_read(kind, tmp_path):
    path, whole = tmp_path / "mine", packed(kind)
    path.write_bytes(whole)
    assert set(read_archive(path)) == {"a.txt", "b/c.txt"}

    @given(spots, st.floats(0, 1))
    def holds(spots, end):
        content = bytearray(whole)
        for place, value in spots:
            content[int(place * len(content))] = value
        path.write_bytes(content[: int(len(content) * end)] if end < 0.5 else content)
        with within_memory():
            _, refused = outcome(lambda: read_archive(path, max_bytes=10_000, max_files=10), DataError)
        assert refused is None or str(path) in refused

    holds()


# ---- Answers of servers

GOOD = b"the right content"
DOWNLOAD = {"deadline": 60.0, "stall": 20.0, "tries": 2, "pause": 0.0, "patience": 0.0}
addresses = st.sampled_from(
    [
        "http://[",
        "http://127.0.0.1:99999/",
        "http://ä/",
        "//",
        "?",
        "http:",
        "ftp://a",
        "http://elsewhere/",
        "/a",
    ]
)
numbers = st.sampled_from(["²", "9" * 400, "-1", "nan", "1 Jan 99999999999999999999 00:00:00 GMT", "17", "3"])
headers = st.lists(
    st.one_of(
        addresses.map(lambda value: ("Location", value)),
        numbers.map(lambda value: ("Retry-After", value)),
        numbers.map(lambda value: ("Content-Length", value)),
        st.sampled_from(["gzip", "identity", "²"]).map(lambda value: ("Content-Encoding", value)),
        st.sampled_from(["chunked", "gzip, chunked", "²"]).map(lambda value: ("Transfer-Encoding", value)),
        st.tuples(
            st.sampled_from(["Content-Type", "Set-Cookie", "", "a b"]), st.text("a=;,²\x00 ", max_size=6)
        ),
    ),
    max_size=3,
)
statuses = st.sampled_from(["200", "301", "302", "307", "404", "429", "503", "100", "999", "-1", "²", ""])


def as_bytes(status, headers, body):
    lines = [f"HTTP/1.1 {status} words", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1", "replace") + body


answers = st.builds(as_bytes, statuses, headers, st.sampled_from([GOOD, b"", b"5\r\nabc", b"zz\r\n"]))


@pytest.fixture
def server():
    """A server that answers each request with the bytes `answer`, and closes the connection."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            while self.rfile.readline().strip():
                pass
            self.wfile.write(self.server.answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


# Connections that are given up amid an answer are closed when they are collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_answer_of_anything_is_refused_in_words_or_the_right_file(server, tmp_path):
    output = tmp_path / "task.json.gz"
    entry = {
        "file": output.name,
        "sha256": hashlib.sha256(GOOD).hexdigest(),
        "url": f"http://127.0.0.1:{server.server_address[1]}/a",
    }

    @given(answers | st.binary(max_size=60))
    def holds(answer):
        server.answer = answer
        output.unlink(missing_ok=True)
        given = {"dataset": "mine", "entry": entry, "mirror": None, "download": DOWNLOAD}
        _, refused = outcome(lambda: fetch_dataset(**given, output=output), FetchError)
        if refused:
            assert "mine: task.json.gz could not be obtained" in refused
            assert list(tmp_path.iterdir()) == []
        else:
            assert output.read_bytes() == GOOD

    holds()
