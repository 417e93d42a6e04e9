"""Hostile structures, configurations, records, journals and plug-ins: refused in words, or used as they are.

`make torture` tries 5,000 of each, and 500 configurations, whose check takes a fifth of a second.
"""

import dataclasses
import json
import sys
from importlib import invalidate_caches
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from gnnpool import plugins, signatures
from gnnpool.analysis.collect import read_records
from gnnpool.artifacts import read_table, write_table
from gnnpool.config import check_config, read_config
from gnnpool.data.structure import RawStructure
from gnnpool.data.validate import validate
from gnnpool.errors import ArtifactError, ConfigError, DataError, MissingExtra
from gnnpool.graphs.mdl import assign_edges
from gnnpool.graphs.neighbors import Cells
from gnnpool.journal import attempts, note, read_lines
from gnnpool.records import RECORD_UNITS, Trial

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
SHIPPED = json.dumps(read_config([ROOT / "config/config.yaml"]))
EXAMPLES = settings.default.max_examples

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["Na", "Qq", "X", "D", "mean", "../x", "nan", "1e9", ""]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


def outcome(call, *errors):
    """What a call returns and no message, or nothing and the message with which it refuses."""
    try:
        return call(), None
    except errors as error:
        return None, str(error)


# ---- Structures

GOOD = {
    "id": "salt",
    "lattice": [[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]],
    "species": [{"Na": 1.0}, {"Cl": 1.0}],
    "target": -3.9,
    "fractional": [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]],
    "positions": None,
}
numbers = st.one_of(st.floats(-10, 10), st.floats(), scalars)
lattices = st.lists(st.lists(st.floats(0.5, 9), min_size=3, max_size=3), min_size=3, max_size=3)
places = st.lists(st.lists(st.floats(-1, 2), min_size=3, max_size=3), min_size=2, max_size=2)
vectors = st.lists(st.lists(numbers, min_size=2, max_size=4), min_size=1, max_size=4) | values
sites = st.lists(st.dictionaries(scalars, scalars, max_size=2), max_size=3)
changes = st.fixed_dictionaries(
    {},
    optional={
        "id": scalars,
        "lattice": lattices | vectors,
        "species": sites,
        "target": scalars,
        "fractional": places | vectors,
        "positions": vectors,
    },
)


@given(changes)
def test_a_structure_is_refused_or_has_finite_edges(changed):
    rows = [RawStructure(**(GOOD | changed))]
    valid, refused = outcome(lambda: validate(rows, dataset="salts", on_bad_row="error"), DataError)
    if refused:
        assert refused.startswith("salts")
        return
    found, _ = valid
    for array in (found.lattices, found.fractional, found.positions, found.targets):
        assert np.isfinite(array).all()
    assert ((found.numbers >= 1) & (found.numbers <= 100)).all()
    cell = Cells.of((found.positions, found.lattices[0]))
    edges = assign_edges(cell, cutoff=3.0, max_neighbors=250, max_offsets=None)
    ends = found.positions[edges.source] + edges.shift @ found.lattices[0]
    lengths = np.linalg.norm(ends - found.positions[edges.target], axis=1)
    assert ((lengths > 0) & (lengths <= 3.0 + 1e-6)).all()


# ---- Configurations


@settings(max_examples=max(20, EXAMPLES // 10))
@given(st.data())
def test_a_changed_configuration_is_refused_in_words_or_passes(data):
    config = node = json.loads(SHIPPED)
    for _ in range(data.draw(st.integers(1, 5), label="depth")):
        keys = sorted(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
        if not keys:
            break
        parent, key = node, data.draw(st.sampled_from(keys), label="key")
        node = parent[key]
    action = data.draw(st.sampled_from(["replace", "remove", "add"]), label="action")
    if action == "replace":
        parent[key] = data.draw(values, label="value")
    elif action == "remove":
        del parent[key]
    elif isinstance(parent, dict):
        parent[data.draw(st.text(max_size=5), label="new key")] = data.draw(values, label="value")
    else:
        parent.append(data.draw(values, label="value"))
    _, refused = outcome(lambda: check_config(config, SCHEMA), ConfigError, MissingExtra)
    assert refused is None or len(refused) > 10


# ---- Records


def test_a_changed_record_is_refused_with_its_path_or_has_finite_errors(write_record):
    path = write_record(Trial("salts", "cgcnn", "mdl", "mean", 1), 2.0)
    whole = read_table(path)
    errors = [name for name, unit in RECORD_UNITS.items() if unit == "target unit"]

    @given(
        st.lists(st.tuples(st.sampled_from(whole.column_names), scalars), max_size=2),
        st.sets(st.sampled_from(whole.column_names), max_size=1),
        st.integers(0, 2),
    )
    def holds(replaced, removed, rows):
        row = {**whole.to_pylist()[0], **dict(replaced)}
        columns = {name: [value] * rows for name, value in row.items() if name not in removed}
        try:
            write_table(path, pa.table(columns), metadata={"units": json.dumps(RECORD_UNITS)})
        except (pa.ArrowException, OverflowError, UnicodeError):
            return  # no table holds this
        found, refused = outcome(lambda: read_records([path]), ArtifactError)
        if refused:
            assert str(path) in refused
        else:
            assert len(found) == 1
            assert np.isfinite(found[errors].to_numpy(float)).all()

    holds()


# ---- Journals

events = st.fixed_dictionaries(
    {},
    optional={
        "time": st.sampled_from(["2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00", "never"]) | scalars,
        "event": st.sampled_from(["started", "saved", "finished"]) | values,
        "epoch": scalars,
        "crc32": scalars,
    },
)
lines = st.one_of(
    events.map(lambda event: json.dumps(event).encode()),
    values.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=40),
    st.just(b"[" * 100_000),
)


def test_a_journal_of_anything_is_read(tmp_path):
    path = tmp_path / "trial.jsonl"
    note(path, "started", epoch=0)
    first = path.read_bytes()

    @given(st.lists(lines, max_size=4))
    def holds(further):
        path.write_bytes(first + b"\n".join(further))
        found, damaged = read_lines(path)
        assert found[0]["event"] == "started"
        assert damaged >= sum(line.startswith(b"[[") for line in further)
        assert len(attempts(found)) >= 1

    holds()


# ---- Plug-ins

constants = st.one_of(
    st.lists(st.sampled_from(plugins.NEEDED), max_size=2).map(tuple).map(repr),
    values.map(repr),
    st.sampled_from(["", "f()", "{[]: 1}", "1 +", "*a", "(" * 300, "-'a'", "a := 1", "\x00", "'\\ud800'"]),
)
sources = st.one_of(
    constants.map(lambda text: f"NEEDS = {text}\nclass A(Pooling):\n    sees_size = {text}\n"),
    constants.map(lambda text: f"class A(Pooling):\n    def __init__(self, a: {text or 'int'} = 1): pass\n"),
    st.text(max_size=40),
).map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=40)


def test_a_component_of_anything_is_refused_in_words_or_read(tmp_path, monkeypatch):
    module = tmp_path / "hostile_kind.py"
    module.touch()
    (tmp_path / "hostile_package").mkdir()
    inside = tmp_path / "hostile_package/kind.py"
    monkeypatch.syspath_prepend(tmp_path)
    invalidate_caches()
    point = EntryPoint("kind", "hostile_kind:build", "gnnpool.tables")
    points = {"gnnpool.tables": EntryPoints([point])}
    monkeypatch.setattr(plugins, "_entry_points", lambda group: points.get(group, EntryPoints([])))
    readers = (
        lambda: plugins.needs.__wrapped__("gnnpool.tables", "kind"),
        lambda: signatures.class_constant.__wrapped__("hostile_package", "kind", "sees_size"),
        lambda: signatures.declared.__wrapped__("hostile_package", "kind", "Pooling"),
    )

    @given(sources)
    def holds(source):
        module.write_bytes(source)
        inside.write_bytes(source)
        for read in readers:
            _, refused = outcome(read, ConfigError)
            assert refused is None or "hostile_" in refused

    holds()
    assert "hostile_kind" not in sys.modules


def test_names_of_components_are_refused_with_those_that_exist():
    @given(scalars)
    def holds(name):
        _, refused = outcome(lambda: plugins.require(name, plugins.NEEDED, what="name"), ConfigError)
        assert (refused is None) == (name in plugins.NEEDED)
        assert refused is None or "unknown name" in refused

    holds()


def test_trials_are_written_and_parsed_alike():
    names = st.from_regex(r"[a-z0-9_]+", fullmatch=True)
    numbers = st.integers(0, 10**9)

    @given(st.builds(Trial, names, names, names, names, numbers, numbers))
    def holds(trial):
        assert Trial.parse(str(trial)) == trial
        assert dataclasses.astuple(Trial.parse(str(trial))) == dataclasses.astuple(trial)

    holds()
