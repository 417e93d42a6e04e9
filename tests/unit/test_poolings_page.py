"""docs/poolings.md is what its script prints."""

import re
import subprocess
import sys
from pathlib import Path

from gnnpool import plugins

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "poolings.md").read_text(encoding="utf-8")


def test_the_page_of_poolings_is_up_to_date():
    run = subprocess.run(
        [sys.executable, DOCS / "poolings.py"], capture_output=True, encoding="utf-8", check=True
    )
    assert run.stdout == PAGE, "run python docs/poolings.py > docs/poolings.md"


def test_every_operator_has_a_section_with_formula_use_and_source():
    sections = dict(re.findall(r"^### [^\n]* \(`(\w+)`\)\n(.*?)(?=^##|\Z)", PAGE, flags=re.M | re.S))
    assert sorted(sections) == plugins.names("gnnpool.pooling")
    for name, text in sections.items():
        assert re.search(r"^\$\$\n.+\n\$\$$", text, flags=re.M), name
        assert re.search(r"^- \*Use\*: .+\.$", text, flags=re.M), name
        assert re.search(r"^- \*Source\*: .+$", text, flags=re.M), name


def test_measured_passes_are_those_of_the_page_of_performance():
    measured = (DOCS / "performance.md").read_text(encoding="utf-8")
    row = re.search(r"^\| GMT forward and backward.*20 atoms.*$", measured, flags=re.M)[0]
    in_table = re.search(r"^\| GMT \|.*\| ([^|]+) \|$", PAGE, flags=re.M)[1]
    assert f"| {in_table} |" in row
