import re
from argparse import Namespace
from pathlib import Path

import pytest

MACHINE = {"cpu_capability": "AVX2", "cores": 2, "memory_gib": 8.0, "system": "Linux"}


@pytest.fixture
def page(tmp_path, monkeypatch, capsys):
    """Write the page of some claims and costs; gives its lines."""
    import report
    from protocol import Claim, Results

    def write(*measured, quick=False, into=None):
        results = Results("cgcnn_step", Namespace(output=tmp_path, quick=quick))
        for claim, costs in measured:
            results.add(Claim(**claim), costs)
        for size in (10, 100, 1000):
            curve = Claim("growth", "CGCNN", peer="")
            results.add(curve, {"gnnpool": [2e-3 * size]}, size=size, sized_by="edges")
        results.write()
        further = ["--page", str(into)] if into else []
        monkeypatch.setattr("sys.argv", ["report.py", "--output", str(tmp_path), *further])
        report.main()
        return (tmp_path / "README.md").read_text().splitlines()

    return write


def line_of(page, name):
    (line,) = [line for line in page if line.startswith(f"| {name} ")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_ratios_are_those_of_the_rounds(page):
    claim = {"name": "step", "case": "small", "reach": 2, "aim": 3.5}
    costs = {"gnnpool": [1.0, 2.0, 1.0], "torch-geometric": [2.0, 6.0, 4.0], "gnnpool, eager": [1.5] * 3}
    cells = line_of(page((claim, costs)), "step")
    assert cells[1:4] == ["small", "**3.00** [2.50, 3.50]", "2"]
    assert cells[4:] == ["3.5", "reach", "1 s", "4 s (torch-geometric)", "gnnpool, eager 1.5 s"]


@pytest.mark.parametrize(("peer", "met"), [(1.99, "no"), (1.996, "reach"), (2.0, "reach"), (3.0, "aim")])
def test_a_claim_is_met_by_what_is_printed(page, peer, met):
    claim = {"name": "step", "case": "small", "reach": 2, "aim": 3, "limit": "a slow part"}
    lines = page((claim, {"gnnpool": [1.0], "torch-geometric": [peer]}))
    name = "step (1)" if met == "no" else "step"
    assert line_of(lines, name)[5] == met
    assert ("1. a slow part" in lines) == (met == "no")


@pytest.mark.parametrize(("seconds", "met"), [(59.0, "reach"), (61.0, "no")])
def test_a_bound_needs_no_peer(page, seconds, met):
    claim = {"name": "way", "case": "real", "peer": "", "at_most": 60}
    cells = line_of(page((claim, {"gnnpool": [seconds]})), "way")
    assert (cells[2], cells[3], cells[5]) == ("", "≤ 60 s", met)


def test_curves_are_listed_with_their_slope_and_drawn(page, tmp_path):
    claim = {"name": "step", "case": "small", "reach": 2, "aim": 3}
    lines = page((claim, {"gnnpool": [1.0], "torch-geometric": [2.0]}))
    assert "| growth, process CPU time | CGCNN | edges | 10: 20 ms, 100: 200 ms, 1,000: 2 s | 1.00 |" in lines
    (picture,) = tmp_path.glob("ratios_*.png")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_machine_is_named_by_its_processor_and_what_torch_uses_of_it(page):
    import torch
    from protocol import kind_of, machine

    here = machine()
    assert here["cpu_capability"] == torch.backends.cpu.get_cpu_capability()
    assert f"## {here['processor']}, {here['cpu_capability']}" in page()
    assert kind_of({"processor": "old"}) == "old, capability not recorded"
    assert kind_of({**here, "accelerator": "a GPU"}).endswith(", a GPU")


def test_a_processor_that_does_without_instructions_is_a_kind_of_its_own(monkeypatch):
    from protocol import EMULATED, arguments, kind_of, machine

    has = machine()["cpu_capability"]
    for name in EMULATED["default"]:
        monkeypatch.setenv(name, "")  # and later as it was
    monkeypatch.setattr("sys.argv", ["a.py", "--emulate", "default"])
    arguments("A benchmark.")
    here = machine()
    assert here["cpu_capability"] == "DEFAULT"
    assert here.get("emulated", False) == (has != "DEFAULT")
    assert kind_of({"processor": "one", "cpu_capability": "AVX2", "emulated": True}) == "one, AVX2 emulated"


def test_a_page_keeps_a_section_for_each_kind_of_machine(page, tmp_path, monkeypatch):
    claim = {"name": "step", "case": "small", "reach": 2, "aim": 3}
    common = tmp_path / "docs/performance.md"
    common.parent.mkdir()
    common.write_text("# Performance\n\nThe methods.\n")
    for processor, cost in (("first", 2.0), ("second", 4.0), ("first", 8.0)):
        monkeypatch.setattr("protocol.machine", lambda _, name=processor: {**MACHINE, "processor": name})
        page((claim, {"gnnpool": [1.0], "torch-geometric": [cost]}), into=common)
    text = common.read_text()
    head, least, first, second = text.split("\n## ")
    assert head == "# Performance\n\nThe methods.\n"
    assert "| step | small | **4.0** | 2 |" in least
    assert first.startswith("first, AVX2\n")
    assert "**8.00**" in first
    assert second.startswith("second, AVX2\n")
    assert "**4.00**" in second
    assert "**2.00**" not in text
    for link in re.findall(r"\]\((.*?)\)", text):
        assert (common.parent / link).read_bytes().startswith(b"\x89PNG")


def test_the_page_of_performance_can_be_written_again():
    from report import merge, write_least

    text = (Path(__file__).parents[3] / "docs/performance.md").read_text(encoding="utf-8")
    kinds = re.findall(r"<!-- Measured on (.*?)\. Begin\. -->", text)
    again = merge(text, dict.fromkeys(kinds, "## new"))
    assert text.count("\n## ") == again.count("\n## ") >= len(kinds)
    assert again.count("## new") == len(kinds)
    assert "One CPU thread" not in again
    assert merge(text, {"all kinds of machine": write_least(text)}) == text


@pytest.mark.parametrize("load", [1.0, 9.0])
def test_a_disturbed_measurement_says_so(load, page, monkeypatch):
    monkeypatch.setattr("protocol.machine", lambda _: {**MACHINE, "processor": "one"})
    monkeypatch.setattr("protocol.os.getloadavg", lambda: (load, load, load))
    lines = page(({"name": "step", "case": "small"}, {"gnnpool": [1.0], "torch-geometric": [2.0]}))
    assert any("Disturbed by other processes" in line for line in lines) == (load > 3)


def test_tiny_sizes_are_stated(page):
    claim = {"name": "step", "case": "small", "reach": 2, "aim": 3}
    costs = {"gnnpool": [1.0], "torch-geometric": [2.0]}
    assert any("tiny sizes" in line for line in page((claim, costs), quick=True))
    assert not any("tiny sizes" in line for line in page((claim, costs)))
