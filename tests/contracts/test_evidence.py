"""What is kept under evidence/ is what comes out of its trials."""

from pathlib import Path

import pytest

from gnnpool.analysis.matbench_record import read_folds
from gnnpool.bundle.agreement import compare_tables, compare_texts
from gnnpool.bundle.findings import findings_of
from gnnpool.bundle.remake import remake

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "evidence"
pytestmark = pytest.mark.skipif(not (EVIDENCE / "bundle.json").exists(), reason="no evidence here")


def test_the_tables_of_the_evidence_are_those_that_come_out(tmp_path):
    made = remake(EVIDENCE, tmp_path)
    assert made.tables
    assert compare_tables(EVIDENCE / "tables", tmp_path / "tables") == []


def test_the_findings_are_those_of_the_evidence():
    page = findings_of(EVIDENCE)
    assert compare_texts(ROOT / "docs/findings.md", page) == ""
    # Other datasets with the same file hold something out; the records are of their references.
    records = [read_folds(path) for path in (EVIDENCE / "matbench").glob("*.json.gz")]
    _, _, folds = page.partition("Matbench's five official folds")
    lines = [line for line in folds.split("\n## ")[0].splitlines() if line.startswith("|") and " ± " in line]
    assert records
    assert len(lines) == sum(map(len, records))
