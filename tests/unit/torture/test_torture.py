"""The torture of the promises, with few tries of each; `make torture` has many."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from page import BEGIN, END, put_into, table_of
from promise import LOST, SILENT, SURVIVED, Promise

from gnnpool.artifacts import read_table, write_table

ROOT = Path(__file__).parents[3]
FEW = {
    **{"kills": 4, "signals": 2, "flips": 5, "writes": 10},
    **{"twice": 1, "controllers": 0, "cluster": 0},
}
COUNTS = ("tried", "survived", "lost", "silent")


@pytest.mark.slow
def test_every_promise_survives_a_few_tries(tmp_path):
    options = [text for name, number in FEW.items() for text in (f"--{name}", str(number))]
    command = [sys.executable, ROOT / "tests/torture/run.py", *options, "--output", tmp_path / "p.parquet"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    rows = read_table(tmp_path / "p.parquet").to_pylist()
    assert len(rows) >= 12
    assert all(row["survived"] == row["tried"] > 0 for row in rows)


def test_outcomes_are_counted_and_explained():
    promise = Promise("It holds", "by trying")
    for outcome in (SURVIVED, SURVIVED, LOST, SILENT):
        promise.count(outcome, "a reason")
    assert [getattr(promise, name) for name in COUNTS] == [4, 2, 1, 1]
    assert promise.faults == ["lost: a reason", "silent: a reason"]


def test_a_measured_table_replaces_the_one_of_the_page(tmp_path):
    row = {"promise": "It holds", "tested": "by trying", **dict(zip(COUNTS, (4000, 3998, 1, 1), strict=True))}
    about = dict.fromkeys(("gnnpool", "python", "torch", "numpy", "finished", "minutes"), "1")
    about["finished"] = "2026-11-27T22:19:34+00:00"
    write_table(tmp_path / "p.parquet", pa.Table.from_pylist([row]), metadata=about)
    page = put_into(f"Before\n{BEGIN}\nolder\n{END}\nAfter", table_of(tmp_path / "p.parquet"))
    assert "| It holds | by trying | 4,000 | 3,998 | 1 | 1 | 2026-11-27 |" in page
    assert page.startswith("Before\n")
    assert page.endswith("\nAfter")
    assert "older" not in page
    assert put_into(page, ["new"]).count(BEGIN) == 1


def test_rows_of_promises_that_were_not_tried_can_be_kept():
    head = ["| promise | tried |", "| --- | --- |"]
    page = put_into(f"{BEGIN}\n{END}", [*head, "| It holds | 1 |", "| It stays | 2 |", "", "Measured once."])
    lines = [*head, "| It holds | 3 |", "", "Measured again."]
    kept = put_into(page, lines, keep=True).splitlines()
    assert kept[2:-2] == [*head, "| It stays | 2 |", "| It holds | 3 |", "", "Measured again."]
    assert "It stays" not in put_into(page, lines)
