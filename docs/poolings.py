"""Print docs/poolings.md: every pooling with formula, laws, weights and time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from gnnpool.analysis.values import AVERAGE
from gnnpool.artifacts import read_table
from gnnpool.bundle.files import open_bundle
from gnnpool.config import labels_of, read_config
from gnnpool.network import build_network
from gnnpool.pooling_catalog import FAMILIES, OPERATORS, PoolingFacts, describe_pooling
from gnnpool.pooling_names import read_operators
from gnnpool.records import READINGS
from gnnpool.wording import interval, number

ROOT = Path(__file__).resolve().parents[1]
MODEL, EDGES = "cgcnn", "mdl"
SKETCHES = {
    "moments": r"""
x_1  x_2  x_3  x_4        embeddings of the atoms
  \    |    |   /
  mean, max, std, ...     each channel for itself
         |
        h_g""",
    "attention": r"""
x_1    x_2    x_3    x_4
 | w_1  | w_2  | w_3  | w_4      trained weights with the sum 1
  \     |      |     /
     sum of w_i x_i
          |
         h_g""",
    "clusters": r"""
x_1  x_2  x_3  x_4
 |  \/ |   | \/  |        soft assignment S of atoms to clusters
 c_1       c_2            contents: sums over the atoms, which grow with the cell
    \     /
      h_g""",
    "hierarchical": r"""
x_1  x_2  x_3  x_4
 |  \/ |   | \/  |        soft assignment S of atoms to clusters
 c_1 <---> c_2            contents: means over the cell; neighboring clusters exchange messages
    \     /
      h_g                 mean over the clusters, weighted by their shares of the atoms""",
    "control": r"""
x_1  x_2  x_3  x_4
  \    |    |   /
       mean               or unequal weights that are never trained
         |
   more weights           as many as the other pooling has
         |
        h_g""",
}


@dataclass(frozen=True)
class Row:
    """A pooling of the page."""

    name: str
    label: str
    facts: PoolingFacts
    weights: str
    seconds: str
    made_of: str

    @property
    def supercell(self) -> str:
        """Whether the vector of a supercell is that of its cell."""
        if self.facts.sees_size:
            return "another"
        return "the same (OCP)" if "edges" in self.facts.needs else "the same"

    @property
    def reads(self) -> str:
        """What it reads beside the embeddings."""
        return ", ".join(self.facts.needs) or "-"


def page() -> str:
    """The page, from the package, the configuration and the trials in evidence/."""
    config = read_config([ROOT / "config/config.yaml", ROOT / "config/principle.yaml"])
    names = {**dict.fromkeys(OPERATORS), **config["poolings"]}
    passes = seconds_of_passes()
    base = parameters("mean", config)
    rows = [
        Row(
            name,
            (entry or {}).get("label") or name.replace("_", " ").title(),
            describe_pooling(name, entry),
            f"{parameters(name, config) - base:,}",
            passes.get(name, "-"),
            made_of(name, entry),
        )
        for name, entry in names.items()
    ]
    rows.sort(key=lambda row: (list(FAMILIES).index(str(row.facts.family)), bool(row.made_of)))
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    template = Path(__file__).with_name("poolings.md.jinja").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        rows=rows,
        operators=[row for row in rows if not row.made_of],
        combined=[row for row in rows if row.made_of],
        families=FAMILIES,
        sketches={family: sketch.strip("\n") for family, sketch in SKETCHES.items()},
        channels=config["models"][MODEL]["options"]["channels"],
        base=base,
        measured={
            edges: measured({row.name: row.label for row in rows}, tables)
            for edges, tables in _TABLES.items()
        },
    )


# Tables of evidence/ with the changes of both readings, by edges.
_TABLES = {
    "MDL": ("intervals", "intervals_averaged"),
    "OCP": ("intervals_ocp", "intervals_ocp_averaged"),
}


def measured(labels: Mapping[str, str], tables: Sequence[str]) -> dict:
    """Changes of the test error against mean pooling, from evidence/.

    Args:
        labels: Printed names of the poolings, in the order of the page.
        tables: Tables of evidence/, one for each reading.

    Returns:
        columns (dataset and reading), and rows: label, and the change of each column.
    """
    bundle = open_bundle(ROOT / "evidence")
    names = labels_of(bundle.config)["datasets"]
    columns, changes = [], {}
    for reading, table in zip(READINGS, tables, strict=True):
        found = read_table(bundle.path(f"tables/{table}")).to_pandas()
        found = found[(found["method"] == "decides") & (found["dataset"] != AVERAGE) & found["low"].notna()]
        for dataset, group in found.groupby("dataset"):
            columns.append(f"{names[dataset]}, {reading}")
            for row in group.itertuples():
                said = f"{number(row.value, digits=1)} ({interval(row.low, row.high, digits=1)})"
                changes[row.pooling, columns[-1]] = said
    rows = [
        [label, *(changes.get((name, column), "-") for column in columns)]
        for name, label in labels.items()
        if any((name, column) in changes for column in columns)
    ]
    return {"columns": columns, "rows": rows}


def seconds_of_passes() -> dict[str, str]:
    """Forward and backward passes on graphs of 20 atoms, on the first machine of docs/performance.md."""
    text = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ([\w ]+?) forward and backward[^|]*\| 20 atoms (?:\|[^|]*){4}\| ([^|]*?) \|", text, re.M
    )
    return {label.lower().replace(" ", "_"): seconds for label, seconds in reversed(rows)}


def parameters(pooling: str, config: Mapping) -> int:
    """Trained numbers of the network."""
    network = build_network(
        model=config["models"][MODEL],
        pooling=pooling,
        pooling_entry=config["poolings"].get(pooling),
        cutoff=config["edges"][EDGES]["cutoff"],
    )
    return network.num_parameters


def made_of(name: str, entry: Mapping | None) -> str:
    """Operators, head and decoder of an entry; empty for an operator alone."""
    if not (entry or {}).get("operators"):
        return ""
    parts = [
        f"`{choice.name}`"
        + (f" with {', '.join(f'{k} {v:,}' for k, v in choice.options.items())}" * bool(choice.options))
        for choice in read_operators(name, entry)
    ]
    notes = ["with a gradual head"] * (entry.get("head") == "gradual") + ["with a decoder"] * (
        "encoder_decoder" in entry
    )
    return ", ".join([*parts, *notes])


if __name__ == "__main__":
    print(page(), end="")
