"""From the measurements in a folder to one page with a table and figures.

python benchmarks/report.py [--output results/benchmarks]
"""

import argparse
import json
from pathlib import Path

import pandas as pd
from pictures import draw_all, slope
from protocol import OURS, ROOT

from gnnpool.artifacts import read_table, write_atomically

# Order of the rows; missing ones were not measured.
_ORDER = (
    *("batch_making", "cgcnn_step", "torchmd_step", "readouts", "whole_trial", "two_readings", "two_trials"),
    *("peak_memory", "graph_building", "planning", "slurm_packs", "scaling", "gpu"),
)
_KEYS = ["benchmark", "name", "case", "quantity"]
_TOLD = ["unit", "peer", "reach", "aim", "at_most", "note", "limit", "deviation"]
# Lowest value, divisor and name of the units of a quantity.
_UNITS = {
    "s": ((1, 1, "s"), (1e-3, 1e-3, "ms"), (0, 1e-6, "µs")),
    "MiB": ((1000, 1024, "GiB"), (0, 1, "MiB")),
    "1/s": ((0, 1, "1/s"),),
    "h": ((0, 1, "h"),),
    "%": ((0, 1, "%"),),
}


def main() -> None:
    """Write README.md and the figures beside the measurements."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "results/benchmarks")
    folder = parser.parse_args().output
    paths = {name: folder / f"{name}.parquet" for name in _ORDER}
    tables = {name: read_table(path) for name, path in paths.items() if path.exists()}
    if not tables:
        raise SystemExit(f"{folder}: no measurements there; `make bench` makes them")
    rows = pd.concat([table.to_pandas().assign(benchmark=name) for name, table in tables.items()])
    about = {name: json.loads(table.schema.metadata[b"about"]) for name, table in tables.items()}
    claims = summarize(rows[rows["size"].isna()])
    curves = rows[rows["size"].notna()]
    page = "\n".join(write_page(claims, curves, draw_all(folder, claims, curves), about))
    write_atomically(folder / "README.md", lambda path: path.write_text(page, encoding="utf-8"))
    print(f"{folder}/README.md: {len(claims)} lines, {(claims['met'] == 'no').sum()} claims not met")


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
    """The page as lines of Markdown."""
    on_gpu = claims["benchmark"].eq("gpu")
    lines = [
        "# Benchmarks",
        "",
        *describe(about),
        "",
        "Times less: cost of the peer over cost of gnnpool, median of the rounds [quartiles].",
        "Costs are medians. Met: the aim, the reach alone, or no.",
    ]
    if any(one["quick"] for one in about.values()):
        lines += ["", "**Made with tiny sizes, to show that everything runs: the numbers mean nothing.**"]
    for title, part in (("One CPU thread", claims[~on_gpu]), ("GPU", claims[on_gpu])):
        lines += ["", f"## {title}", "", *write_table(part)] if len(part) else []
    lines += ["", "## Growth", "", *write_curves(curves)] if len(curves) else []
    for file, text in pictures.items():
        lines += ["", f"![{text}]({file})"]
    return [*lines, ""]


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
        hardware = [machine["processor"], f"{machine['cores']} cores", f"{machine['memory_gib']} GiB"]
        hardware += [machine[key] for key in ("accelerator", "system") if key in machine]
        lines.append(
            f"- {', '.join(those)}. {', '.join(hardware)}; "
            f"{', '.join(f'{name} {version}' for name, version in versions.items())}. "
            f"Started {min(one['started'] for one in those.values())}, "
            f"{sum(one['seconds'] for one in those.values()) / 60:.0f} minutes of measuring, "
            f"load {min(loads):.1f} to {max(loads):.1f}."
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
