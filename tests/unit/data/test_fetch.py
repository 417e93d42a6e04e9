"""Raw files from folders and from servers that behave in every way that servers do."""

import gzip
import hashlib
import logging
import re
import socket
import ssl
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
import trustme

from gnnpool.data.fetch import fetch_dataset
from gnnpool.data.packed_folder import raw_hash
from gnnpool.errors import FetchError

CONTENT = b"not really a gzipped file, but these very bytes" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HTML = b"<html>please sign in</html>"
DOWNLOAD = {"deadline": 30.0, "stall": 0.3, "tries": 3, "pause": 0.01, "patience": 5.0}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Server(ThreadingHTTPServer):
    """A loopback server that behaves as the path asks, and remembers what it was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []
        self.elsewhere = None
        self.retry_after = "0"
        self.closing = threading.Event()
        self.scheme = "http"

    def address(self, path, host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path[1:])
        self.times = self.server.asked.count(self.path[1:])
        getattr(self, self.path[1:].split("/")[0])()

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content_Length": len(body), **headers}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def drip(self, content, seconds=0.05):
        for byte in content:
            if self.server.closing.wait(seconds):
                return
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return

    def good(self):
        self.answer(200, CONTENT)

    def no_length(self):
        self.answer(200, CONTENT, Content_Length=None)

    def no_length_and_cut(self):
        self.answer(200, CONTENT[:1000], Content_Length=None)

    def packed(self):
        self.answer(200, CONTENT, Content_Encoding="gzip")

    def zipping(self):
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            self.answer(200, gzip.compress(CONTENT), Content_Encoding="gzip")
        else:
            self.good()

    def other(self):
        self.answer(200, CONTENT[:-1] + b"!")

    def stale_once(self):
        self.good() if self.times > 1 else self.other()

    def ever_changing(self):
        self.answer(200, CONTENT + str(self.times).encode())

    def page(self):
        self.answer(200, HTML, Content_Type="text/html")

    def missing(self):
        self.answer(404, HTML)

    def broken(self):
        self.answer(500, HTML)

    def busy(self):
        self.answer(503, HTML)

    def busy_twice(self):
        self.good() if self.times > 2 else self.busy()

    def busy_once(self):
        if self.times > 1:
            self.good()
        else:
            self.answer(429, HTML, Retry_After=self.server.retry_after)

    def to_nowhere(self):
        self.answer(302, Location="http://[")

    def short(self):
        self.answer(200, CONTENT[:1000], Content_Length=len(CONTENT))

    def hang_up(self):
        self.close_connection = True

    def stall(self):
        self.answer(200, CONTENT[:1000], Content_Length=len(CONTENT))
        self.server.closing.wait()

    def drip_body(self):
        self.answer(200, Content_Length=len(CONTENT))
        self.drip(CONTENT)

    def drip_headers(self):
        self.send_response(200)
        self.flush_headers()
        self.drip(b"X-Long: " + b"x" * 60_000)

    def here(self):
        self.answer(302, Location="/good")

    def to_localhost(self):
        self.answer(302, Location=self.server.address("good", host="localhost"))

    def to_http(self):
        self.answer(302, Location=self.server.elsewhere.address("good"))

    def in_circles(self):
        self.answer(302, Location="/in_circles")


@pytest.fixture
def server(serve):
    yield from serve(Server())


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def safe_server(server, authority, serve, tmp_path, monkeypatch):
    """A server that speaks TLS, which requests trusts; it may redirect to the other server."""
    safe = Server()
    safe.scheme, safe.elsewhere = "https", server
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    safe.socket = context.wrap_socket(safe.socket, server_side=True)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    yield from serve(safe)


@pytest.fixture
def output(tmp_path):
    return tmp_path / "raw" / "some" / "some.json.gz"


@pytest.fixture
def fetch(output, server):
    """Fetch from paths of the server; returns the file's folder, bytes, and the message of a failure."""

    def _fetch(*paths, mirror=None, download=(), **entry):
        first, *more = [path if ":" in path else server.address(path) for path in paths]
        message = None
        try:
            fetch_dataset(
                dataset="some",
                entry={"file": "some.json.gz", "sha256": SHA256, "url": first, "mirrors": more, **entry},
                mirror=mirror,
                download={**DOWNLOAD, **dict(download)},
                output=output,
            )
        except FetchError as error:
            message = str(error)
        left = sorted(path.name for path in output.parent.glob("*"))
        content = output.read_bytes() if output.exists() else None
        return SimpleNamespace(message=message, content=content, left=left)

    return _fetch


@pytest.fixture
def no_network(monkeypatch):
    """Any use of a socket fails."""

    def refuse(*_, **__):
        raise AssertionError("a socket was asked for")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


# What a server may do, and what is reported: the reason, the tries, and how often the server was asked.
FAILURES = {
    "404": ("missing", r"status 404, expected 200 \(1 try\)", 1),
    "500": ("broken", r"status 500 \(3 tries\)", 3),
    "503 for ever": ("busy", r"status 503 \(3 tries\)", 3),
    "short body": ("short", r"connection lost: IncompleteRead\(1000 bytes read, .*\) \(3 tries\)", 3),
    "connection closed": ("hang_up", r"connection lost: .* without response \(3 tries\)", 3),
    "no length, and cut": (
        "no_length_and_cut",
        rf"expected sha256 {SHA256}, found {sha256(CONTENT[:1000])}, 1000 bytes of no type \(2 tries\)",
        2,
    ),
    "HTML with status 200": (
        "page",
        rf"expected sha256 {SHA256}, found {sha256(HTML)}, {len(HTML)} bytes of text/html \(2 tries\)",
        2,
    ),
    "stall": ("stall", r"no byte for 0\.3 s \(3 tries\)", 3),
    "redirect to another host": (
        "to_localhost",
        r"redirects to the host localhost, which the configuration does not name \(1 try\)",
        1,
    ),
    "wrong hash": (
        "other",
        rf"expected sha256 {SHA256}, found {sha256(CONTENT[:-1] + b'!')}, \d+ bytes of no type \(2 tries\)",
        2,
    ),
    "another wrong hash each time": ("ever_changing", rf"expected sha256 {SHA256}, found .* \(3 tries\)", 3),
    "redirect to no address": ("to_nowhere", r"redirects to 'http://\[', which is no address \(1 try\)", 1),
    "redirect in circles": ("in_circles", r"Exceeded 30 redirects\. \(1 try\)", 31),
}


@pytest.mark.parametrize("behaviour", FAILURES)
def test_a_failure_leaves_nothing_and_names_all_addresses(behaviour, fetch, server, tmp_path):
    path, reason, asked = FAILURES[behaviour]
    result = fetch(path, "missing/too", mirror=tmp_path / "mirror")
    assert (result.content, result.left) == (None, [])
    assert server.asked == [path] * asked + ["missing/too"]
    lines = result.message.split("\n  ")
    assert lines[0] == (
        f"some: some.json.gz could not be obtained; the mirror folder {tmp_path}/mirror does not have it"
    )
    address, _, found = lines[1].partition(": ")
    assert address == server.address(path)
    assert re.fullmatch(reason, found), found
    assert lines[2:] == [
        f"{server.address('missing/too')}: status 404, expected 200 (1 try)",
        f"expected sha256 {SHA256}",
        f"by hand: put it as some.json.gz into the folder {tmp_path}/mirror, "
        "named as `mirror` in the configuration",
    ]


@pytest.mark.parametrize("behaviour", FAILURES)
def test_a_further_address_helps_after_a_failure(behaviour, fetch):
    result = fetch(FAILURES[behaviour][0], "good")
    assert (result.message, result.content, result.left) == (None, CONTENT, ["some.json.gz"])


@pytest.mark.parametrize("path", ["drip_body", "drip_headers"])
def test_a_dripping_server_is_left_at_the_deadline(path, fetch, server):
    result = fetch(path, "good", download={"deadline": 1.0})
    assert (result.content, result.left) == (None, [])
    assert rf"{server.address(path)}: the deadline passed" in result.message
    assert f"{server.address('good')}: the deadline had passed (1 try)" in result.message
    assert f"expected sha256 {SHA256}" in result.message
    assert server.asked == [path]


@pytest.mark.parametrize(
    ("path", "asked"), [("good", 1), ("no_length", 1), ("busy_twice", 3), ("stale_once", 2), ("busy_once", 2)]
)
def test_the_right_file_is_kept_and_nothing_else_is_left(path, asked, fetch, server):
    result = fetch(path)
    assert (result.message, result.content, result.left) == (None, CONTENT, ["some.json.gz"])
    assert server.asked == [path] * asked


def test_a_redirect_from_https_to_http_is_refused_before_it_is_followed(fetch, safe_server, server):
    address = safe_server.address("to_http")
    result = fetch(address, server.address("missing"))
    assert (result.content, result.left) == (None, [])
    assert f"{address}: redirects from https to {server.address('good')}, refused (1 try)" in result.message
    assert safe_server.asked == ["to_http"]
    assert server.asked == ["missing"]


def test_a_redirect_from_https_to_https_is_followed(fetch, safe_server):
    assert fetch(safe_server.address("here")).content == CONTENT
    assert safe_server.asked == ["here", "good"]


def test_a_server_with_an_untrusted_certificate_is_refused(fetch, safe_server, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    result = fetch(safe_server.address("good"))
    assert result.left == []
    assert "no safe connection: [SSL: CERTIFICATE_VERIFY_FAILED]" in result.message
    assert "(1 try)" in result.message


def test_a_damaged_file_in_its_place_is_fetched_again(fetch, output, server, caplog):
    output.parent.mkdir(parents=True)
    output.write_bytes(CONTENT[:-1])
    with caplog.at_level(logging.WARNING, "gnnpool"):
        assert fetch("good").content == CONTENT
    assert server.asked == ["good"]
    fault = f"expected sha256 {SHA256}, found {sha256(CONTENT[:-1])}; fetching it again"
    assert f"some: {output} does not match the configured hash: {fault}" in caplog.text


def test_a_file_in_its_place_with_another_hash_stays_if_it_cannot_be_fetched(fetch, output):
    """It may be the only copy; the structures are not built from it."""
    output.parent.mkdir(parents=True)
    output.write_bytes(CONTENT[:-1])
    result = fetch("missing")
    assert output.read_bytes() == CONTENT[:-1]
    assert "status 404" in result.message


def test_pauses_double(fetch, monkeypatch):
    waits = []
    monkeypatch.setattr("gnnpool.data.download.time.sleep", waits.append)
    fetch("busy", download={"tries": 5, "pause": 0.5})
    assert waits == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("wait", [lambda: "4", lambda: formatdate(time.time() + 4.5, usegmt=True)])
def test_a_server_that_asks_to_wait_is_given_the_time(wait, fetch, server, monkeypatch):
    waits = []
    monkeypatch.setattr("gnnpool.data.download.time.sleep", waits.append)
    server.retry_after = wait()
    assert fetch("busy_once").content == CONTENT
    assert waits == [pytest.approx(4, abs=0.9)]


@pytest.mark.parametrize("wait", ["soon", "²", "1 Jan 99999999999999999999 00:00:00 GMT"])
def test_a_wait_that_is_no_time_is_passed_over(wait, fetch, server):
    server.retry_after = wait
    assert fetch("busy_once").content == CONTENT


@pytest.mark.parametrize("download", [{"patience": 60.0}, {"patience": 1000.0, "deadline": 60.0}])
def test_a_server_that_asks_to_wait_for_too_long_is_left(download, fetch, server):
    server.retry_after = "61"
    message = fetch("busy_once", "missing", download=download).message
    assert server.asked == ["busy_once", "missing"]
    assert f"{server.address('busy_once')}: status 429 (1 try); it asks to wait 61 s" in message


@pytest.mark.parametrize("path", ["packed", "zipping"])
def test_a_file_is_transferred_without_compression(path, fetch):
    assert fetch(path).content == CONTENT


def test_a_redirect_inside_a_host_is_followed(fetch):
    assert fetch("here").content == CONTENT


def test_a_redirect_to_a_host_that_the_entry_names_is_followed(fetch):
    assert fetch("to_localhost", redirect_hosts=["localhost"]).content == CONTENT


def test_a_redirect_to_the_host_of_another_address_is_followed(fetch, server):
    result = fetch("to_localhost", server.address("missing", host="localhost"))
    assert result.content == CONTENT
    assert server.asked == ["to_localhost", "good"]


@pytest.fixture
def mirror(tmp_path):
    """A folder that holds the file."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "some.json.gz").write_bytes(CONTENT)
    return folder


def test_a_file_in_the_mirror_folder_spares_the_network(fetch, mirror, no_network):
    result = fetch("other", mirror=mirror)
    assert (result.message, result.content, result.left) == (None, CONTENT, ["some.json.gz"])


def test_a_file_in_its_place_spares_the_network(fetch, output, no_network):
    output.parent.mkdir(parents=True)
    output.write_bytes(CONTENT)
    result = fetch("other")
    assert (result.message, result.content, result.left) == (None, CONTENT, ["some.json.gz"])


def test_a_lack_of_network_is_reported_like_any_failure(fetch, monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    result = fetch("http://nowhere.invalid/some.json.gz")
    assert result.left == []
    fault = "connection lost: [Errno -2] Name or service not known (3 tries)"
    assert f"http://nowhere.invalid/some.json.gz: {fault}" in result.message


def test_the_mirror_folder_is_relative_to_the_working_directory(fetch, mirror, monkeypatch, server):
    monkeypatch.chdir(mirror.parent)
    assert fetch("other", mirror="mirror").content == CONTENT
    assert server.asked == []


def test_a_wrong_file_in_the_mirror_folder_is_refused_and_not_replaced_from_the_network(
    fetch, mirror, server
):
    (mirror / "some.json.gz").write_bytes(HTML)
    result = fetch("good", mirror=mirror)
    assert result.left == []
    assert server.asked == []
    assert result.message == (
        f"some: {mirror}/some.json.gz does not match the configured hash: "
        f"expected sha256 {SHA256}, found {sha256(HTML)}\n"
        "  put the right file there, or remove it to download the file"
    )
    assert (mirror / "some.json.gz").read_bytes() == HTML


def test_a_mirror_folder_without_the_file_leads_to_the_network(fetch, tmp_path):
    assert fetch("good", mirror=tmp_path).content == CONTENT


def test_a_dataset_without_addresses_says_where_to_put_the_file(fetch, tmp_path, no_network):
    message = fetch(":", url=None, mirrors=None, mirror=tmp_path).message
    assert "no address is known" in message
    assert f"put it as some.json.gz into the folder {tmp_path}, named as `mirror`" in message


def test_a_file_without_a_known_hash_is_taken_from_the_mirror_folder_and_logged(fetch, mirror, caplog):
    with caplog.at_level(logging.INFO, "gnnpool"):
        result = fetch(":", url=None, mirrors=None, sha256=None, by_hand="ask the authors", mirror=mirror)
    assert result.content == CONTENT
    assert f"has no known hash; found sha256 {SHA256}" in caplog.text


def test_a_folder_in_the_mirror_folder_is_packed_and_verified(fetch, tmp_path, no_network):
    folder = tmp_path / "mirror" / "some.json.gz"
    folder.mkdir(parents=True)
    (folder / "1.cif").write_text("data_1")
    known = {"sha256": raw_hash(folder), "url": None, "mirrors": None}
    result = fetch(":", **known, mirror=tmp_path / "mirror")
    assert sha256(result.content) == known["sha256"]
    (folder / "1.cif").write_text("data_2")
    message = fetch(":", **known, mirror=tmp_path / "mirror").message
    assert f"expected sha256 {known['sha256']}, found {raw_hash(folder)}" in message
    assert sha256(fetch(":", **known).content) == known["sha256"]


@pytest.mark.parametrize("folder", [None, "nowhere"])
def test_a_file_to_be_placed_by_hand_says_where_from_where_to_and_under_which_name(folder, fetch):
    entry = {"file": "c2db.db", "by_hand": "ask for it at https://cmr.fysik.dtu.dk"}
    result = fetch(":", url=None, mirrors=None, sha256=None, mirror=folder, **entry)
    for fault in (
        "some: c2db.db could not be obtained",
        "no address is known",
        "where to get it: ask for it at https://cmr.fysik.dtu.dk",
        f"put it as c2db.db into {'the folder nowhere' if folder else 'a folder'}, named as `mirror`",
    ):
        assert fault in result.message
    assert "sha256" not in result.message
    assert result.left == []


@pytest.mark.parametrize("path", ["good", "other"])
def test_an_md5_pins_a_file_where_no_sha256_is_known(path, fetch):
    md5 = hashlib.md5(CONTENT).hexdigest()
    result = fetch(path, sha256=None, md5=md5)
    if path == "good":
        assert (result.message, result.content) == (None, CONTENT)
    else:
        assert result.left == []
        assert f"expected md5 {md5}, found" in result.message


def test_a_file_of_another_md5_in_the_mirror_folder_is_refused(fetch, mirror):
    (mirror / "some.json.gz").write_bytes(HTML)
    md5 = hashlib.md5(CONTENT).hexdigest()
    fault = f"expected md5 {md5}, found {hashlib.md5(HTML).hexdigest()}"
    assert fault in fetch("good", mirror=mirror, sha256=None, md5=md5).message
