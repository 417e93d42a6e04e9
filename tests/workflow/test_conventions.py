"""What other workflows, catalogs and tools expect of this one."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/snakemake.md").read_text(encoding="utf-8")


def snakemake(*arguments, folder, status=0):
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments], cwd=folder, capture_output=True, text=True
    )
    assert run.returncode == status, run.stdout + run.stderr
    return run.stdout + run.stderr


def test_another_workflow_uses_the_rules_with_its_own_configuration(tmp_path):
    """The example of the page, with the smallest world as its overlay."""
    (example,) = re.findall(r"^```python\n(# Snakefile\n.*?)^```$", PAGE, flags=re.M | re.S)
    (tmp_path / "Snakefile").write_text(example)
    (tmp_path / "gnnpool").symlink_to(ROOT)
    (tmp_path / "my.yaml").symlink_to(ROOT / "tests/workflow/tiny.yaml")
    printed = snakemake("--cores", "1", folder=tmp_path)
    assert {"gnnpool_build_structures", "copy_sizes"} <= set(re.findall(r"^(\w+) +\d+$", printed, flags=re.M))
    assert (tmp_path / "sizes.json").read_bytes() == (
        tmp_path / "results/data/salts/manifest.json"
    ).read_bytes()
    printed = snakemake("results/report.html", "-n", "--quiet", "rules", folder=tmp_path)
    assert "gnnpool_train_trial               24" in re.sub(r" +", " " * 15, printed)


def test_lint_finds_what_the_page_explains_and_nothing_else():
    printed = snakemake("--lint", folder=ROOT, status=1)
    found = re.findall(r"^    \* (.*?)[:.]+$", printed, flags=re.M)
    assert found == [
        "Mixed rules and functions in same snakefile",
        "Param folder is a prefix of input or output file but hardcoded",
    ]
    assert "`common.smk`" in PAGE
    assert "`unpack_bundles`" in PAGE


def test_every_rule_says_in_one_sentence_what_it_does():
    files = [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]
    rules = [rule for file in files for rule in re.split(r"^rule ", file.read_text(), flags=re.M)[1:]]
    assert len(rules) >= 20
    assert [rule.split(":")[0] for rule in rules if not re.match(r'\w+:\n    """[^"]+\."""\n', rule)] == []


def test_the_catalog_describes_what_there_is():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    rules = "".join(file.read_text() for file in (ROOT / "workflow/rules").glob("*.smk"))
    assert usage["software-stack-deployment"]["conda"] == ("conda:" in rules)
    assert usage["software-stack-deployment"]["apptainer"] == (
        "container:" in (ROOT / "Snakefile").read_text()
    )
    assert usage["report"] == ("report(" in rules)
