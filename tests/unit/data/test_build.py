import gzip
import hashlib
import json
import logging
import re

import pytest

from gnnpool import stages
from gnnpool.artifacts import file_sha256
from gnnpool.data.structure import read_structures
from gnnpool.errors import ConfigError, DataError

ENTRY = {
    "source": "matbench",
    "target": "formation energy",
    "unit": "eV/cell",
    "structures": 3,
    "citation": "Somebody, J. Cryst. 1, 1 (2020)",
}


@pytest.fixture
def build(tmp_path, build_in):
    """Build structures, and return them with their manifest."""

    def _build(raw, entry, on_bad_row="error"):
        structures, manifest = build_in(tmp_path / "out", raw, entry, dataset="some", on_bad_row=on_bad_row)
        return read_structures(structures), json.loads(manifest.read_text())

    return _build


def test_structures_and_manifest_state_their_source(build, matbench):
    raw = matbench()
    structures, manifest = build(raw, ENTRY)
    assert structures.ids == ["mb-1", "mb-2", "mb-3"]
    assert structures.metadata == {
        "dataset": "some",
        "target": "formation energy",
        "unit": "eV/cell",
        "raw_sha256": file_sha256(raw),
        "stage_version": str(stages.STRUCTURES),
    }
    assert manifest["raw_sha256"] == file_sha256(raw)
    assert manifest["citation"] == ENTRY["citation"]
    assert (manifest["rows_read"], manifest["rows_kept"], manifest["skipped"]) == (3, 3, [])
    assert manifest["atoms"] == {"min": 1, "mean": pytest.approx(5 / 3), "max": 2}
    assert manifest["one_atom_cells"] == 1
    assert manifest["targets"]["mean"] == pytest.approx(-1.0)
    assert manifest["targets"]["std"] == pytest.approx((3.5 / 3) ** 0.5)


def test_another_number_of_rows_than_expected_is_refused(build, matbench, tmp_path):
    with pytest.raises(DataError, match=r"some: expected 4 structures, found 3 rows in .*matbench\.json\.gz"):
        build(matbench(), {**ENTRY, "structures": 4})
    assert not (tmp_path / "out").exists()


def test_skipped_rows_are_in_the_manifest_with_their_reason(build, matbench):
    raw = matbench()
    content = json.loads(gzip.decompress(raw.read_bytes()))
    content["data"][1][1] = float("nan")
    raw = matbench(**content)
    with pytest.raises(DataError, match=r"some row 2 \(mb-2\): target is nan"):
        build(raw, ENTRY)
    structures, manifest = build(raw, ENTRY, on_bad_row="skip")
    assert structures.ids == ["mb-1", "mb-3"]
    assert (manifest["rows_read"], manifest["rows_kept"]) == (3, 2)
    (skipped,) = manifest["skipped"]
    assert (skipped["row"], skipped["id"], skipped["field"], skipped["value"]) == (2, "mb-2", "target", "nan")


def test_an_unknown_source_is_refused_and_the_nearest_offered(build, matbench):
    with pytest.raises(ConfigError, match=r"source of dataset 'some': 'matbensch'; did you mean matbench"):
        build(matbench(), {**ENTRY, "source": "matbensch"})


def test_options_that_a_source_does_not_know_are_refused(build, matbench):
    with pytest.raises(ConfigError, match=r"source 'matbench' does not fit: .*'fold'"):
        build(matbench(), {**ENTRY, "options": {"fold": 1}})


def test_a_source_that_needs_a_file_asks_for_it(build):
    with pytest.raises(ConfigError, match="'path'"):
        build(None, ENTRY)


def test_a_source_without_a_file_makes_its_structures(build):
    entry = {**ENTRY, "source": "demo", "structures": 5, "options": {"target": "per_cell", "count": 5}}
    structures, manifest = build([], entry)
    assert len(structures) == 5
    assert manifest["raw_sha256"] == ""


def test_another_number_is_reported_and_recorded_where_the_count_is_not_exact(build, matbench, caplog):
    with caplog.at_level(logging.WARNING, "gnnpool"):
        structures, manifest = build(matbench(), {**ENTRY, "structures": 4, "exact_count": False})
    assert len(structures) == 3
    assert (manifest["rows_expected"], manifest["rows_read"]) == (4, 3)
    assert "some: expected 4 structures, found 3 rows in" in caplog.text


def test_the_expected_number_is_no_cause_for_a_warning(build, matbench, caplog):
    build(matbench(), {**ENTRY, "exact_count": False})
    assert not caplog.records


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_a_raw_file_that_changed_since_it_was_fetched_is_refused(kind, build, matbench, tmp_path):
    raw = matbench()
    hash_ = hashlib.new(kind, raw.read_bytes()).hexdigest()
    structures, _ = build(raw, {**ENTRY, kind: hash_})
    assert len(structures) == 3
    raw.write_bytes(raw.read_bytes() + b"\0")
    found = hashlib.new(kind, raw.read_bytes()).hexdigest()
    message = (
        f"some: {raw} does not match the configured hash: expected {kind} {hash_}, found {found}; delete"
    )
    with pytest.raises(DataError, match=re.escape(message)):
        build(raw, {**ENTRY, kind: hash_})
