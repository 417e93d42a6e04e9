import gzip
import hashlib
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
import requests

from gnnpool.data.fetch import _check_redirect, _Refused, fetch_dataset
from gnnpool.errors import FetchError

CONTENT = b"not really a gzipped file, but these very bytes" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HTML = b"<html>please sign in</html>"


class Server(ThreadingHTTPServer):
    """A loopback server that behaves as the path asks, and remembers what it was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []
        self.busy = 0
        self.closing = threading.Event()

    def address(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path[1:])
        getattr(self, self.path[1:].split("/")[0])()

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def good(self):
        self.answer(200, CONTENT)

    def packed(self):
        self.answer(200, CONTENT, **{"Content-Encoding": "gzip"})

    def zipping(self):
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            self.answer(200, gzip.compress(CONTENT), **{"Content-Encoding": "gzip"})
        else:
            self.good()

    def other(self):
        self.answer(200, CONTENT[:-1] + b"!")

    def page(self):
        self.answer(200, HTML, **{"Content-Type": "text/html"})

    def missing(self):
        self.answer(404, HTML)

    def busy(self):
        self.server.busy -= 1
        self.answer(*((503, HTML) if self.server.busy >= 0 else (200, CONTENT)))

    def short(self):
        self.answer(200, CONTENT[:1000], **{"Content-Length": len(CONTENT)})

    def hang_up(self):
        self.close_connection = True

    def drip(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        for byte in CONTENT:
            if self.server.closing.wait(0.05):
                return
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return

    def here(self):
        self.answer(302, Location="/good")

    def elsewhere(self):
        self.answer(302, Location=self.server.address("good", host="localhost"))


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fetch(tmp_path, server):
    """Fetch from paths of the server; returns the file's folder, bytes, and the message of a failure."""
    output = tmp_path / "raw" / "some" / "some.json.gz"

    def _fetch(*paths, mirror=None, deadline=30.0, **entry):
        first, *more = [path if ":" in path else server.address(path) for path in paths]
        entry = {"file": "some.json.gz", "sha256": SHA256, "url": first, "mirrors": more, **entry}
        message = None
        try:
            fetch_dataset(
                dataset="some", entry=entry, mirror=mirror, output=output, deadline=deadline, pause=0.01
            )
        except FetchError as error:
            message = str(error)
        left = sorted(path.name for path in output.parent.glob("*"))
        content = output.read_bytes() if output.exists() else None
        return SimpleNamespace(message=message, content=content, left=left)

    return _fetch


def test_a_good_file_is_fetched_and_nothing_else_is_left(fetch, server):
    result = fetch("good")
    assert result.message is None
    assert result.content == CONTENT
    assert result.left == ["some.json.gz"]
    assert server.asked == ["good"]


@pytest.mark.parametrize("path", ["other", "page", "missing", "short", "hang_up", "elsewhere", "busy"])
def test_a_failure_leaves_nothing_and_tells_all(path, fetch, server):
    server.busy = 100
    result = fetch(path, "missing/too")
    assert result.content is None
    assert result.left == []
    for told in (
        "some: ",
        "some.json.gz",
        server.address(path),
        server.address("missing/too"),
        SHA256,
        "`mirror`",
    ):
        assert told in result.message


@pytest.mark.parametrize("path", ["other", "page", "missing", "short", "hang_up", "elsewhere", "busy"])
def test_a_further_address_helps_after_a_failure(path, fetch, server):
    server.busy = 100
    result = fetch(path, "good")
    assert (result.message, result.content, result.left) == (None, CONTENT, ["some.json.gz"])


def test_a_wrong_file_is_told_with_both_hashes(fetch):
    found = hashlib.sha256(HTML).hexdigest()
    message = fetch("page").message
    assert SHA256 in message
    assert found in message


def test_a_busy_server_is_asked_again(fetch, server):
    server.busy = 2
    assert fetch("busy").content == CONTENT
    assert server.asked == ["busy"] * 3


def test_a_server_that_stays_busy_is_left_after_three_tries(fetch, server):
    server.busy = 100
    message = fetch("busy").message
    assert server.asked == ["busy"] * 3
    assert "503" in message
    assert "3 times" in message


def test_a_lost_connection_is_tried_again(fetch, server):
    fetch("short")
    fetch("hang_up")
    assert server.asked == ["short"] * 3 + ["hang_up"] * 3


@pytest.mark.parametrize("path", ["missing", "other", "elsewhere"])
def test_what_cannot_pass_is_not_tried_again(path, fetch, server):
    fetch(path)
    assert server.asked == [path]


def test_a_dripping_server_is_left_at_the_deadline(fetch, server):
    start = time.monotonic()
    result = fetch("drip", "good", deadline=0.5)
    assert time.monotonic() - start < 2.0
    assert result.content is None
    assert result.left == []
    assert "deadline passed after" in result.message
    assert server.asked == ["drip"]


@pytest.mark.parametrize("path", ["packed", "zipping"])
def test_a_file_is_kept_as_it_is_stored_and_not_packed_on_the_way(path, fetch):
    assert fetch(path).content == CONTENT


def test_a_redirect_inside_a_host_is_followed(fetch):
    assert fetch("here").content == CONTENT


def test_a_redirect_to_another_host_is_refused_before_it_is_followed(fetch, server):
    assert "redirects to the host localhost" in fetch("elsewhere").message
    assert server.asked == ["elsewhere"]


def test_a_redirect_to_a_host_that_the_entry_names_is_followed(fetch):
    assert fetch("elsewhere", redirect_hosts=["localhost"]).content == CONTENT


def test_a_redirect_to_the_host_of_another_address_is_followed(fetch, server):
    result = fetch("elsewhere", server.address("missing", host="localhost"))
    assert result.content == CONTENT
    assert server.asked == ["elsewhere", "good"]


def test_a_redirect_from_https_to_http_is_refused():
    response = requests.Response()
    response.status_code = 301
    response.url = "https://data.org/a"
    response.headers["location"] = "http://data.org/a"
    with pytest.raises(_Refused, match="from https to http"):
        _check_redirect(response, hosts={"data.org"})
    response.headers["location"] = "https://data.org/b"
    _check_redirect(response, hosts={"data.org"})


@pytest.fixture
def mirror(tmp_path):
    """A folder that holds the file."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "some.json.gz").write_bytes(CONTENT)
    return folder


def test_a_file_in_the_mirror_folder_spares_the_network(fetch, mirror, server):
    result = fetch("other", mirror=mirror)
    assert (result.message, result.content, result.left) == (None, CONTENT, ["some.json.gz"])
    assert server.asked == []


def test_the_mirror_folder_is_relative_to_the_working_directory(fetch, mirror, monkeypatch, server):
    monkeypatch.chdir(mirror.parent)
    assert fetch("other", mirror="mirror").content == CONTENT
    assert server.asked == []


def test_a_wrong_file_in_the_mirror_folder_is_told_and_not_replaced_from_the_network(fetch, mirror, server):
    (mirror / "some.json.gz").write_bytes(HTML)
    result = fetch("good", mirror=mirror)
    assert result.left == []
    assert server.asked == []
    for told in ("some: ", str(mirror / "some.json.gz"), SHA256, hashlib.sha256(HTML).hexdigest()):
        assert told in result.message


def test_a_mirror_folder_without_the_file_leads_to_the_network(fetch, tmp_path):
    assert fetch("good", mirror=tmp_path).content == CONTENT


def test_a_dataset_without_addresses_says_where_to_put_the_file(tmp_path):
    entry = {"file": "c2db.db", "sha256": SHA256}
    with pytest.raises(FetchError, match=r"c2db\.db(.|\n)*no address is known(.|\n)*`mirror`"):
        fetch_dataset(dataset="2d", entry=entry, mirror=tmp_path, output=tmp_path / "raw" / "c2db.db")


def test_a_file_without_a_known_hash_is_taken_from_the_mirror_folder_and_logged(mirror, tmp_path, caplog):
    entry = {"file": "some.json.gz", "by_hand": "ask the authors"}
    with caplog.at_level(logging.INFO, "gnnpool"):
        fetch_dataset(dataset="2d", entry=entry, mirror=mirror, output=tmp_path / "raw" / "some.json.gz")
    assert (tmp_path / "raw" / "some.json.gz").read_bytes() == CONTENT
    assert f"has no known hash; found sha256 {SHA256}" in caplog.text


@pytest.mark.parametrize("folder", [None, "nowhere"])
def test_a_file_to_be_placed_by_hand_says_where_from_where_to_and_under_which_name(folder, tmp_path):
    entry = {"file": "c2db.db", "by_hand": "ask for it at https://cmr.fysik.dtu.dk"}
    with pytest.raises(FetchError) as refused:
        fetch_dataset(dataset="2d", entry=entry, mirror=folder, output=tmp_path / "raw" / "c2db.db")
    for told in (
        "2d: c2db.db could not be obtained",
        "no address is known",
        "where to get it: ask for it at https://cmr.fysik.dtu.dk",
        f"put it as c2db.db into {'the folder nowhere' if folder else 'a folder'}, named as `mirror`",
    ):
        assert told in str(refused.value)
    assert "sha256" not in str(refused.value)
    assert list((tmp_path / "raw").iterdir()) == []


@pytest.mark.parametrize("path", ["good", "other"])
def test_an_md5_pins_a_file_where_no_sha256_is_known(path, fetch):
    md5 = hashlib.md5(CONTENT).hexdigest()
    result = fetch(path, sha256=None, md5=md5)
    if path == "good":
        assert (result.message, result.content) == (None, CONTENT)
    else:
        assert result.left == []
        assert f"expected md5 {md5}" in result.message


def test_a_file_of_another_md5_in_the_mirror_folder_is_refused(fetch, mirror):
    (mirror / "some.json.gz").write_bytes(HTML)
    md5 = hashlib.md5(CONTENT).hexdigest()
    assert (
        f"expected md5 {md5}, found {hashlib.md5(HTML).hexdigest()}"
        in fetch("good", mirror=mirror, sha256=None, md5=md5).message
    )
