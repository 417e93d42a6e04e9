"""From the measurements in a folder to one page with a table and figures.

python benchmarks/report.py [--output results/benchmarks] [--page docs/performance.md]
"""

import argparse
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pictures import draw_all, slope
from protocol import OURS, ROOT, kind_of

from gnnpool.artifacts import copy_file, read_table, write_atomically

# Order of the rows; missing ones were not measured.
_ORDER = (
    *("batch_making", "cgcnn_step", "torchmd_step", "readouts", "whole_trial", "two_readings", "two_trials"),
    *("peak_memory", "graph_building", "planning", "slurm_packs", "scaling", "gpu"),
)
_KEYS = ["benchmark", "name", "case", "quantity"]
_TOLD = ["unit", "peer", "reach", "aim", "at_most", "note", "limit", "deviation"]
_HEAD = """# Benchmarks

Times less: cost of the peer over cost of gnnpool, median of the rounds [quartiles].
Costs are medians. Met: the aim, the reach alone, or no."""
# Marks of the section of a kind of machine.
_BEGIN, _END = "<!-- Measured on {}. Begin. -->", "<!-- End. -->"
_SECTION = re.compile(r"^<!-- Measured on ([^\n]*)\. Begin\. -->$(.*?)^<!-- End\. -->$", flags=re.M | re.S)
# A row of a comparison: what, on what, and the ratio.
_RATIO = re.compile(r"^\| (.*?)(?: \(\d+\))* \| (.*?) \| \*\*([\d.]+)\*\* ", flags=re.M)
# Name of the section of all kinds.
_ALL = "all kinds of machine"
# Lowest value, divisor and name of the units of a quantity.
_UNITS = {
    "s": ((1, 1, "s"), (1e-3, 1e-3, "ms"), (0, 1e-6, "µs")),
    "MiB": ((1000, 1024, "GiB"), (0, 1, "MiB")),
    "1/s": ((0, 1, "1/s"),),
    "h": ((0, 1, "h"),),
    "%": ((0, 1, "%"),),
}


def main() -> None:
    """Write README.md and the figures beside the measurements, and their sections of another page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "results/benchmarks")
    parser.add_argument("--page", type=Path, help="Markdown with a section for each kind of machine")
    given = parser.parse_args()
    paths = {name: given.output / f"{name}.parquet" for name in _ORDER}
    tables = {name: read_table(path) for name, path in paths.items() if path.exists()}
    if not tables:
        raise SystemExit(f"{given.output}: no measurements there; `make bench` makes them")
    about = {name: json.loads(table.schema.metadata[b"about"]) for name, table in tables.items()}
    kinds: dict[str, list[str]] = {}
    for name, one in about.items():
        kinds.setdefault(kind_of(one["machine"]), []).append(name)
    sections = {
        kind: write_section(kind, {name: tables[name] for name in names}, about, given.output)
        for kind, names in kinds.items()
    }
    page = "\n\n".join([_HEAD, *sections.values()]) + "\n"
    write_text(given.output / "README.md", page)
    if given.page:
        page = merge(given.page.read_text(encoding="utf-8"), sections)
        write_text(given.page, merge(page, {_ALL: write_least(page)}, first=True))
        for picture in (path for kind in kinds for path in given.output.glob(f"*_{_slug(kind)}.png")):
            copy_file(picture, given.page.parent / picture.name)
    print(f"{given.output}/README.md: {'; '.join(kinds)}; {page.count('| no |')} claims not met")


def write_section(kind: str, tables: Mapping[str, pa.Table], about: Mapping[str, dict], folder: Path) -> str:
    """What was measured on a kind of machine, between two marks; its figures go into a folder."""
    rows = pd.concat([table.to_pandas().assign(benchmark=name) for name, table in tables.items()])
    claims, curves = summarize(rows[rows["size"].isna()]), rows[rows["size"].notna()]
    pictures = draw_all(folder, claims, curves, kind=_slug(kind))
    lines = write_page(claims, curves, pictures, {name: about[name] for name in tables})
    return "\n".join([f"## {kind}", "", _BEGIN.format(kind), "", *lines, "", _END])


def _slug(kind: str) -> str:
    return re.sub(r"\W+", "_", kind).strip("_").lower()


def merge(page: str, sections: Mapping[str, str], *, first: bool = False) -> str:
    """A page in which the sections of these kinds of machine replace older ones; others stay.

    Args:
        page: The page.
        sections: Section by kind.
        first: Whether a new section comes before the others, else after them.
    """
    for kind, section in sections.items():
        head, begin, end = (re.escape(text) for text in ("## ", _BEGIN.format(kind), _END))
        old = re.compile(rf"^{head}[^\n]*\n\n{begin}.*?{end}$", flags=re.M | re.S)
        if old.search(page):
            page = old.sub(lambda _, section=section: section, page)
        elif first:
            page = page.replace("\n## ", f"\n{section}\n\n## ", 1)
        else:
            page = f"{page.rstrip()}\n\n{section}\n"
    return page


def write_least(page: str) -> str:
    """A section with the lowest ratio of each comparison that a page has for several kinds of machine."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for kind, section in _SECTION.findall(page):
        for what, on, ratio in _RATIO.findall(section) if kind != _ALL else ():
            found.setdefault((what, on), {})[kind] = float(ratio)
    lines = [
        "Of what was measured on several kinds of machine, we claim the lowest ratio, rounded down. Other",
        "ratios hold for their kind alone. An emulated kind is a processor that does without some of its",
        "instructions; its caches and its memory are those of the real one.",
        "",
        "| what | on | times less, at least | measured on kinds |",
        "| --- | --- | ---: | ---: |",
    ]
    lines += [
        f"| {what} | {on} | **{math.floor(10 * min(ratios.values())) / 10:.1f}** | {len(ratios)} |"
        for (what, on), ratios in found.items()
        if len(ratios) > 1
    ]
    return "\n".join([f"## On {_ALL}", "", _BEGIN.format(_ALL), "", *lines, "", _END])


def write_text(path: Path, text: str) -> None:
    """Write a page, completely or not at all."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def summarize(rows: pd.DataFrame) -> pd.DataFrame:
    """One line for each claim: medians, the ratio to the peer with its quartiles, and whether it is met.

    The ratio of a round is the peer's cost over gnnpool's; its median and quartiles are over the rounds.
    """
    found = []
    for key, group in rows.groupby(_KEYS, sort=False):
        costs = group.pivot(index="round", columns="competitor", values="value")
        line = dict(zip(_KEYS, key, strict=True)) | group.iloc[0][_TOLD].to_dict()
        line["ours"] = costs[OURS].median()
        if line["peer"]:
            line["theirs"] = costs[line["peer"]].median()
            line["q1"], line["ratio"], line["q3"] = (costs[line["peer"]] / costs[OURS]).quantile(
                [0.25, 0.5, 0.75]
            )
        others = [name for name in group["competitor"].unique() if name not in (OURS, line["peer"])]
        line["others"] = {name: costs[name].median() for name in others}
        found.append(line)
    table = pd.DataFrame(found, columns=[*_KEYS, *_TOLD, "ours", "theirs", "q1", "ratio", "q3", "others"])
    table["met"] = [verdict(line) for line in table.itertuples()]
    return table


def verdict(line: object) -> str:
    """Whether a claim is met: "aim", "reach" or "no"; empty where nothing is claimed."""
    if pd.notna(line.at_most):
        return "reach" if line.ours <= line.at_most else "no"
    if pd.isna(line.reach):
        return ""
    shown = round(line.ratio, 2)  # as it is printed, so that the page does not contradict itself
    return "aim" if shown >= line.aim else "reach" if shown >= line.reach else "no"


def write_page(
    claims: pd.DataFrame, curves: pd.DataFrame, pictures: dict[str, str], about: dict[str, dict]
) -> list[str]:
    """Machine, tables and figures as lines of Markdown."""
    on_gpu = claims["benchmark"].eq("gpu")
    lines = describe(about)
    if any(one["quick"] for one in about.values()):
        lines += ["", "**Made with tiny sizes, to show that everything runs: the numbers mean nothing.**"]
    for title, part in (("One CPU thread", claims[~on_gpu]), ("GPU", claims[on_gpu])):
        lines += ["", f"### {title}", "", *write_table(part)] if len(part) else []
    lines += ["", "### Growth", "", *write_curves(curves)] if len(curves) else []
    for file, text in pictures.items():
        lines += ["", f"![{text}]({file})"]
    return lines


def write_table(claims: pd.DataFrame) -> list[str]:
    """One line for each claim, and numbered notes."""
    lines = [
        "| what | on | times less | reach | aim | met | gnnpool | peer | further |",
        "| --- | --- | ---: | ---: | ---: | --- | ---: | ---: | --- |",
    ]
    notes: dict[str, int] = {}
    for line in claims.itertuples():
        remarks = [text for text in (line.note, line.limit if line.met == "no" else "") if text]
        marks = "".join(f" ({notes.setdefault(text, len(notes) + 1)})" for text in remarks)
        bound = f"≤ {amount(line.at_most, line.unit)}" if pd.notna(line.at_most) else plain(line.reach)
        cells = [
            f"{line.name}{marks}",
            line.case,
            f"**{line.ratio:.2f}** [{line.q1:.2f}, {line.q3:.2f}]" if line.peer else "",
            *(bound, plain(line.aim), line.met, amount(line.ours, line.unit)),
            f"{amount(line.theirs, line.unit)} ({line.peer})" if line.peer else "",
            "; ".join(f"{name} {amount(cost, line.unit)}" for name, cost in line.others.items()),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, "", *(f"{number}. {text}" for text, number in notes.items())]


def write_curves(curves: pd.DataFrame) -> list[str]:
    """One line for each curve: the costs, and the slope in the logarithms."""
    lines = ["| what | of | grows with | cost at each size | slope |", "| --- | --- | --- | --- | ---: |"]
    keys = ["name", "quantity", "case", "sized_by", "unit"]
    for (name, quantity, case, sized_by, unit), curve in curves.groupby(keys, sort=False):
        medians = curve.groupby("size")["value"].median()
        costs = ", ".join(f"{size:,.0f}: {amount(cost, unit)}" for size, cost in medians.items())
        lines.append(f"| {name}, {quantity} | {case} | {sized_by} | {costs} | {slope(medians):.2f} |")
    return lines


def describe(about: dict[str, dict]) -> list[str]:
    """Machine, versions and load, once for all benchmarks that agree in machine and versions."""
    lines = []
    kinds = {name: json.dumps([one["machine"], one["versions"]]) for name, one in about.items()}
    for kind in dict.fromkeys(kinds.values()):
        machine, versions = json.loads(kind)
        those = {name: one for name, one in about.items() if kinds[name] == kind}
        loads = [load for one in those.values() for load in one["load"]]
        disturbed = max(loads) > machine["cores"] + 1  # the benchmark itself is one
        hardware = [kind_of(machine), f"{machine['cores']} cores", f"{machine['memory_gib']} GiB"]
        hardware.append(machine["system"])
        lines.append(
            f"- {', '.join(those)}. {', '.join(hardware)}; "
            f"{', '.join(f'{name} {version}' for name, version in versions.items())}. "
            f"Started {min(one['started'] for one in those.values())}, "
            f"{sum(one['seconds'] for one in those.values()) / 60:.0f} minutes of measuring, "
            f"load {min(loads):.1f} to {max(loads):.1f}."
            + (" **Disturbed by other processes: read the ratios alone.**" if disturbed else "")
        )
    return lines


def plain(number: float) -> str:
    """A bound as it was given; nothing where there is none."""
    return "" if pd.isna(number) else f"{number:g}"


def amount(value: float, unit: str) -> str:
    """A quantity with three digits, in a unit that suits it."""
    divisor, name = next((divisor, name) for least, divisor, name in _UNITS[unit] if value >= least)
    return f"{value / divisor:.3g} {name}"


if __name__ == "__main__":
    main()
