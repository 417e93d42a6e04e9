"""What is kept under evidence/ is what comes out of its trials."""

from pathlib import Path

import pytest

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
    assert compare_texts(ROOT / "docs/findings.md", findings_of(EVIDENCE)) == ""
