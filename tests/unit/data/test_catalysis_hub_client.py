import json
import logging
import re
import subprocess
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow.parquet as pq
import pytest

from gnnpool.data.catalysis_hub_client import KEY, fetch_publication
from gnnpool.data.download import Limits
from gnnpool.data.fetch import fetch_dataset
from gnnpool.data.graphql import Service
from gnnpool.data.sources.catalysis_hub import read
from gnnpool.data.validate import validate
from gnnpool.errors import ArtifactError, FetchError

SECRET = "s3cret-key.of/nobody"
LIMITS = {"deadline": 30.0, "stall": 5.0, "tries": 5, "pause": 0.01, "patience": 60.0}
EQUATIONS = ["0.5H2(g) + * -> H*", "H2O(g) - H2(g) + * -> O*", "H2(g) + 2* -> 2H*"]  # the last is not wanted


class Hub(ThreadingHTTPServer):
    """A loopback server that speaks as much GraphQL as the client asks."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, structures):
        super().__init__(("127.0.0.1", 0), Handler)
        self.structures = structures  # of each system; a missing one is None
        self.reactions = [
            {
                "id": f"r{number:03d}",
                "Equation": EQUATIONS[number % 3],
                "reactionEnergy": number / 10,
                "sites": '{"X": "top"}',
                "reactionSystems": [
                    {"name": "star", "aseId": "clean"},
                    {"name": "Hstar" if number % 3 == 0 else "Ostar", "aseId": f"a{number:03d}"},
                ],
            }
            for number in range(30)
        ]
        self.asked = []  # "reactions r010", "systems a000 a001", ...
        self.keys = []
        self.times = []
        self.failures = []  # functions that answer the next questions instead
        self.largest = 1000  # rows and structures in one answer
        self.held = threading.Event()  # an answer has begun and does not go on
        self.closing = threading.Event()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_port}/graphql"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        self.server.times.append(time.time())
        self.server.keys.append(self.headers.get("X-API-Key"))
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["query"]
        systems = dict(re.findall(r'(\w+): systems\(uniqueId: "(\w+)"\)', question))
        self.server.asked.append(f"systems {' '.join(systems.values())}" if systems else "reactions")
        if self.server.failures and (failure := self.server.failures.pop(0)):
            failure(self, question)
        else:
            self.reply({"data": self.systems(systems) if systems else self.page(question)})

    def systems(self, systems):
        found = {}
        for alias, system in systems.items():
            text = self.server.structures.get(system)
            given = text is not None and len(found) < self.server.largest
            found[alias] = {"edges": [{"node": {"InputFile": text}}] if given else []}
        return found

    def page(self, question):
        match = re.search(r'pubId: "Mamun", first: (\d+), after: "(\w*)", order: "id"', question)
        first, after = min(int(match[1]), self.server.largest), int(match[2] or 0)
        rows = self.server.reactions
        return {
            "reactions": {
                "totalCount": len(rows),
                "pageInfo": {"hasNextPage": after + first < len(rows), "endCursor": str(after + first)},
                "edges": [{"node": row} for row in rows[after : after + first]],
            }
        }

    def reply(self, answer, status=200, **headers):
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content_Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)


def status(code, **headers):
    return lambda handler, _: handler.reply(b"later", code, **headers)


def answer(content):
    return lambda handler, _: handler.reply(content)


def cut(handler, question):
    """Half a page, and then nothing more."""
    body = json.dumps({"data": handler.page(question)}).encode()
    handler.reply(body[: len(body) // 2], Content_Length=len(body))
    handler.close_connection = True


def hang_up(handler, _):
    handler.close_connection = True


def hold(handler, question):
    """Half a page, and then silence."""
    cut(handler, question)
    handler.wfile.flush()
    handler.server.held.set()
    handler.server.closing.wait()


def drip(handler, _):
    handler.reply(b"", Content_Length=10_000)
    while not handler.server.closing.wait(0.05):
        try:
            handler.wfile.write(b" ")
        except OSError:
            return


@pytest.fixture
def hub(crystals, ase_json, serve):
    server = Hub({f"a{n:03d}": ase_json(crystals[n][1]) for n in range(30)})
    yield from serve(server)


@pytest.fixture
def fetch(hub, tmp_path, monkeypatch):
    """Fetch the publication; returns the table."""
    monkeypatch.setenv(KEY, SECRET)

    def _fetch(**changes):
        settings = {"page_size": 7, "requests_per_minute": 1e6, "requests_per_day": 1000}
        settings |= {"limits": Limits(**LIMITS), **changes}
        output = tmp_path / "raw" / "surface.parquet"
        fetch_publication(
            dataset="surface",
            endpoint=hub.endpoint,
            publication="Mamun",
            output=output,
            **settings,
        )
        assert [path.name for path in output.parent.iterdir()] == ["surface.parquet"]
        return pq.read_table(output).to_pylist()

    return _fetch


def check(rows, hub):
    """Every reaction once, and the structure of every wanted one."""
    assert [row["id"] for row in rows] == [reaction["id"] for reaction in hub.reactions]
    for number, row in enumerate(rows):
        assert row["energy"] == pytest.approx(number / 10)
        assert row["structure"] == (hub.structures[f"a{number:03d}"] if number % 3 < 2 else None)


def test_every_page_is_fetched_and_only_wanted_structures_are_asked_for(fetch, hub):
    check(fetch(), hub)
    assert hub.asked.count("reactions") == 5
    asked = [system for one in hub.asked if one != "reactions" for system in one.split()[1:]]
    assert sorted(asked) == [f"a{n:03d}" for n in range(30) if n % 3 < 2]


def test_what_was_fetched_is_read_as_a_dataset(fetch, hub, tmp_path):
    fetch()
    rows = read(tmp_path / "raw" / "surface.parquet")
    structures, _ = validate(rows, dataset="surface", on_bad_row="error")
    assert len(structures) == 20


@pytest.mark.parametrize(
    "failure",
    [status(429), status(503), status(502), cut, hang_up],
    ids=["429", "503", "502", "cut", "hang up"],
)
def test_a_failure_that_may_pass_is_tried_again(failure, fetch, hub):
    hub.failures = [None, failure, failure, None, failure]
    check(fetch(), hub)


@pytest.mark.parametrize("wait", [lambda: 1, lambda: formatdate(time.time() + 1.9, usegmt=True)])
def test_retry_after_is_respected(wait, fetch, hub):
    hub.failures = [None, status(429, Retry_After=wait())]
    check(fetch(), hub)
    assert hub.times[2] - hub.times[1] > 0.8


def test_a_long_retry_after_ends_the_run_and_is_reported(fetch, hub):
    hub.failures = [None, status(429, Retry_After=7200)]
    with pytest.raises(FetchError, match=r"status 429 .*it asks to wait 7200 s(.|\n)*is kept in"):
        fetch()
    check(fetch(), hub)


@pytest.mark.parametrize("at", range(8))
def test_an_interrupted_run_is_continued_without_asking_twice(at, fetch, hub, tmp_path):
    hub.failures = [*[None] * at, *[status(503)] * 5]
    with pytest.raises(FetchError, match=rf"surface: {hub.endpoint}: status 503 \(5 tries\)"):
        fetch()
    assert not (tmp_path / "raw" / "surface.parquet").exists()
    assert not list(tmp_path.rglob(".*.tmp"))
    check(fetch(), hub)
    del hub.asked[at : at + 5]
    assert hub.asked[:5] == ["reactions"] * 5
    assert len(hub.asked) == 8  # 20 structures are three pages


KILLED = """
import json, os, sys, time
from gnnpool.data.catalysis_hub_client import fetch_publication
from gnnpool.data.download import Limits

settings, blocked = json.loads(sys.argv[1]), sys.argv[2]
replace = os.replace

def block(source, target):
    if blocked and str(target).endswith(blocked):
        print("now", flush=True)
        time.sleep(600)
    replace(source, target)

os.replace = block
fetch_publication(**{**settings, "limits": Limits(**settings["limits"])})
"""


@pytest.mark.parametrize(
    "blocked", ["", "reactions-000001.json", "structures-000000.json", "surface.parquet"]
)
def test_a_killed_run_is_continued_without_loss(blocked, fetch, hub, tmp_path):
    """SIGKILL in the middle of an answer, or of writing a page or the table."""
    settings = {
        "dataset": "surface",
        "endpoint": hub.endpoint,
        "publication": "Mamun",
        "page_size": 7,
        "requests_per_minute": 1e6,
        "requests_per_day": 1000,
        "limits": {**LIMITS, "stall": 600.0, "deadline": 600.0},
        "output": str(tmp_path / "raw" / "surface.parquet"),
    }
    hub.failures = [None, None, hold] if not blocked else []
    command = [sys.executable, "-c", KILLED, json.dumps(settings), blocked]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        if blocked:
            assert child.stdout.readline() == b"now\n"
        else:
            assert hub.held.wait(timeout=60)
        child.kill()
    kept = [path.name for path in (tmp_path / "raw" / "surface.parquet.pages").glob("*.json")]
    asked = len(hub.asked)
    check(fetch(), hub)
    assert len(kept) + len(hub.asked) - asked == 8  # five pages of reactions and three of structures


def test_a_journal_of_requests_that_was_cut_short_does_no_harm(fetch, hub, tmp_path):
    hub.failures = [None, status(403)]
    with pytest.raises(FetchError):
        fetch()
    (journal,) = tmp_path.rglob("requests.txt")
    journal.write_text(journal.read_text() + "17")
    check(fetch(), hub)


def test_a_journal_of_requests_that_cannot_be_written_is_named(fetch, hub, tmp_path):
    hub.failures = [None, status(403)]
    with pytest.raises(FetchError):
        fetch()
    (journal,) = tmp_path.rglob("requests.txt")
    journal.unlink()
    journal.symlink_to(tmp_path / "vanished/requests.txt")
    with pytest.raises(ArtifactError, match=r"requests.txt: cannot be written: No such file or directory"):
        fetch()


def test_a_silent_service_is_asked_again(fetch, hub):
    hub.failures = [None, hold]
    check(fetch(limits=Limits(**{**LIMITS, "stall": 0.3})), hub)
    assert hub.asked[:6] == ["reactions"] * 6


def test_a_dripping_service_is_left_at_the_deadline_and_what_came_is_kept(fetch, hub, tmp_path):
    hub.failures = [None, drip]
    with pytest.raises(FetchError, match=r"the deadline passed after \d+ bytes \(1 try\)(.|\n)*is kept in"):
        fetch(limits=Limits(**{**LIMITS, "deadline": 1.0}))
    assert len(list(tmp_path.rglob("reactions-*.json"))) == 1
    check(fetch(), hub)


def test_no_flipped_bit_of_a_page_goes_unnoticed(fetch, hub, tmp_path):
    hub.failures = [None, status(403)]
    with pytest.raises(FetchError):
        fetch()
    (page,) = tmp_path.rglob("reactions-*.json")
    content = bytearray(page.read_bytes())
    content[content.index(b'"energy": 0.3') + 12] ^= 1
    page.write_bytes(content)
    with pytest.raises(FetchError, match=r"reactions-000000\.json: damaged"):
        fetch()


def test_pages_that_repeat_rows_lose_and_double_nothing(fetch, hub):
    def overlapping(handler, question):
        again = re.sub(r'after: "7"', 'after: "3"', question)
        page = handler.page(again)
        handler.reply({"data": page})

    hub.failures = [None, overlapping]
    check(fetch(), hub)


def test_a_page_that_is_repeated_for_ever_ends(fetch, hub):
    hub.failures = [None, *[lambda handler, _: handler.reply({"data": handler.page(FIRST)})] * 50]
    with pytest.raises(FetchError, match=r"expected 30 reactions of Mamun, found 7 different"):
        fetch()
    assert len(hub.asked) == 2


FIRST = 'pubId: "Mamun", first: 7, after: "", order: "id"'


def test_a_service_that_returns_fewer_per_request_gets_more_requests(fetch, hub):
    hub.largest = 3
    check(fetch(page_size=10), hub)


def test_a_structure_that_the_service_lacks_is_an_invalid_row(fetch, hub, tmp_path):
    hub.structures["a004"] = None
    rows = fetch()
    check(rows, hub)
    assert rows[4]["structure"] is None
    assert hub.asked[-1] == "systems a004"
    kept, bad = validate(read(tmp_path / "raw" / "surface.parquet"), dataset="surface", on_bad_row="skip")
    assert len(kept) == 19
    assert bad[0].id == "r004"


def test_the_daily_limit_ends_a_run_and_the_next_one_resumes(fetch, hub, tmp_path, monkeypatch):
    with pytest.raises(FetchError, match=r"4 requests in 24 hours, .* the next one is possible in 24\.0"):
        fetch(requests_per_day=4)
    with pytest.raises(FetchError, match="which is the limit"):
        fetch(requests_per_day=4)
    assert len(hub.asked) == 4
    now = time.time()
    monkeypatch.setattr("gnnpool.data.graphql.time.time", lambda: now + 86500)
    check(fetch(requests_per_day=4), hub)
    assert len(hub.asked) == 8


def test_requests_keep_their_distance_across_runs(fetch, hub):
    hub.failures = [None, status(403)]
    with pytest.raises(FetchError):
        fetch(requests_per_minute=300)
    fetch(requests_per_minute=300)
    apart = [later - earlier for earlier, later in zip(hub.times, hub.times[1:], strict=False)]
    assert min(apart) > 0.18


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>sign in</html>", "expected JSON, found: <html>sign in</html>"),
        (b"", "expected JSON, found"),
        (b"[]", r"expected data, found: \[\]"),
        (
            {"data": None, "errors": [{"message": "Unknown argument order"}]},
            "expected data, found: .*Unknown argum",
        ),
        ({"data": {"reactions": None}}, r"an answer lacks requested data \(TypeError"),
        (
            {"data": {"catapp": {}}},
            r"an answer lacks requested data .*KeyError\('reactions'\)\): .*catapp",
        ),
    ],
)
def test_an_unexpected_answer_is_reported_and_nothing_is_written(content, message, fetch, hub, tmp_path):
    hub.failures = [answer(content)]
    with pytest.raises(FetchError, match=f"surface: {hub.endpoint}: {message}"):
        fetch()
    assert not list(tmp_path.rglob("*.parquet"))
    assert [path.name for path in tmp_path.rglob("*.*") if path.is_file()] == ["requests.txt"]
    check(fetch(), hub)


def test_a_redirect_is_not_followed(fetch, hub):
    hub.failures = [status(302, Location="http://localhost:1/")]
    with pytest.raises(FetchError, match="status 302, expected 200"):
        fetch()
    assert len(hub.asked) == 1


def test_a_damaged_page_is_reported_with_what_to_do(fetch, hub, tmp_path):
    hub.failures = [None, status(403)]
    with pytest.raises(FetchError):
        fetch()
    (page,) = tmp_path.rglob("reactions-*.json")
    page.write_text(page.read_text()[:50])
    message = (
        r"reactions-000000\.json: damaged .*; delete it and run again, or delete .*\.pages to start over"
    )
    with pytest.raises(FetchError, match=message):
        fetch()


def test_the_key_is_sent_and_never_written(fetch, hub, tmp_path, caplog, capsys):
    def quote(handler, _):
        handler.reply({"errors": [{"message": "x" * 190 + f" bad key {handler.headers['X-API-Key']}"}]})

    messages = []
    with caplog.at_level(logging.DEBUG):
        for failure in (quote, status(401), status(403), status(500, Retry_After=9999), status(418), cut):
            hub.failures = [None, failure]
            try:
                fetch()
            except FetchError as error:
                messages.append(repr(error) + str(error.__cause__) + str(error.__context__))
    check(fetch(), hub)
    assert set(hub.keys) == {SECRET}
    printed = "".join([*messages, caplog.text, *capsys.readouterr()])
    assert "the key of CATHUB_API_KEY was refused" in printed
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for part in (SECRET, SECRET[:8], SECRET[-8:]):
        assert part not in printed
        assert part.encode() not in files


def test_without_a_key_none_is_sent_and_a_refusal_says_so(fetch, hub, monkeypatch):
    monkeypatch.delenv(KEY)
    hub.failures = [status(401)]
    with pytest.raises(FetchError, match="status 401: CATHUB_API_KEY holds no key"):
        fetch()
    assert hub.keys == [None]


def service(folder, endpoint, key):
    limits = Limits(**LIMITS)
    return Service(
        endpoint, key=key, journal=folder / "j", requests_per_minute=1, requests_per_day=1, limits=limits
    )


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "“quoted”"])
def test_an_invalid_key_is_refused_and_not_printed(key, tmp_path):
    with pytest.raises(FetchError, match="the key holds characters that no key has") as refused:
        service(tmp_path, "https://hub.org", key)
    assert key not in str(refused.value)


def test_a_key_is_not_sent_in_the_clear(tmp_path):
    with pytest.raises(FetchError, match=r"http://hub\.org/graphql: a key is sent over https only"):
        service(tmp_path, "http://hub.org/graphql", SECRET)


def test_a_dataset_with_a_service_asks_it_unless_the_file_is_in_the_mirror_folder(hub, tmp_path, monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    service = {
        "endpoint": hub.endpoint,
        "publication": "Mamun",
        "page_size": 50,
        "requests_per_minute": 1e6,
        "requests_per_day": 1000,
    }
    entry = {"file": "surface.parquet", "url": None, "md5": None, "service": service}
    output, mirror = tmp_path / "raw" / "surface.parquet", tmp_path / "mirror"
    fetch_dataset(dataset="surface", entry=entry, mirror=mirror, download=LIMITS, output=output)
    check(pq.read_table(output).to_pylist(), hub)
    mirror.mkdir()
    (mirror / "surface.parquet").write_bytes(b"from a friend")
    asked = len(hub.asked)
    fetch_dataset(dataset="surface", entry=entry, mirror=mirror, download=LIMITS, output=output)
    assert output.read_bytes() == b"from a friend"
    assert len(hub.asked) == asked
