"""What a pooling is: family, idea, formula, source, laws and use, read without torch.

Families and uses stand here and not in the operators, whose code is part of the fingerprint of a trial. All
else is read from the source of the operators.
"""

import ast
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from gnnpool import plugins
from gnnpool.pooling_names import GROUP, PACKAGE, read_operators, sees_size
from gnnpool.signatures import class_constant

FAMILIES = {
    "moments": "Statistics of each channel over the atoms or bonds of a cell.",
    "attention": "Weighted means of the atoms, with weights that are trained.",
    "clusters": "Atoms are assigned to learned clusters, and the clusters are summed.",
    "hierarchical": "Atoms are assigned to clusters, which interact before they are averaged.",
    "control": "Mean pooling with one property of another pooling: its number of weights, its layers, or "
    "unequal weights without training.",
}

# Of each operator of this package its family, and when to use it; in the order of docs/poolings.md.
OPERATORS = {
    "mean": (
        "moments",
        "The baseline: for targets of a material, which do not depend on the choice of the cell.",
    ),
    "sum": ("moments", "For extensive targets, such as an energy of the whole cell."),
    "max": ("moments", "Where a single atom may decide the target; beside the mean."),
    "min": ("moments", "As the maximum; beside the mean."),
    "std": ("moments", "Where atoms differ from each other and the mean hides it; beside the mean."),
    "softmax_mean": ("moments", "To let training choose between mean, maximum and minimum in each channel."),
    "layer_mean": (
        "moments",
        "If early layers, which see the element more than its surroundings, should count.",
    ),
    "bond_mean": ("moments", "For targets that bonds decide; with OCP edges if supercells must agree."),
    "set2set": ("attention", "If few atoms matter and their number is small; several steps cost time."),
    "set_transformer": (
        "attention",
        "If atoms must be compared with each other; the cost grows with atoms squared.",
    ),
    "gmt": ("attention", "Published attention with several seeds; the most weights of all single operators."),
    "crystal_attention": (
        "attention",
        "If sites of one element matter differently; with OCP edges for supercells.",
    ),
    "fraction_attention": ("attention", "If rare elements matter more than their fraction; few weights."),
    "memory": ("clusters", "To compare with the paper; in effect a sum, as its docstring shows."),
    "dense_diff": ("clusters", "For extensive targets; its vector grows with the cell."),
    "cluster_mean": (
        "hierarchical",
        "A hierarchy for targets that do not grow with the cell; with OCP edges.",
    ),
    "phi_mean": ("control", "To separate layers on each atom from the interaction of atoms."),
    "random_attention": ("control", "To separate trained attention from unequal weights."),
    "mean_wide": ("control", "To separate the principle of a pooling from its number of weights."),
}


@dataclass(frozen=True)
class PoolingFacts:
    """What a pooling is.

    Args:
        family: One of :data:`FAMILIES`; None for operators of other packages.
        idea: First sentence of the operator's documentation; the operators, if there are several.
        formula: LaTeX; empty for operators of other packages.
        source: Publications; empty for operators of other packages.
        use: When to use it; empty for several operators and those of other packages.
        sees_size: Whether a supercell has another vector than its cell; None if it is not known.
        needs: What operators of this package read beside the embeddings after the last layer: "edges",
            "layers" (embeddings after each layer), "species".
    """

    family: str | None
    idea: str
    formula: str
    source: str
    use: str
    sees_size: bool | None
    needs: tuple[str, ...]


def describe_pooling(name: str, entry: Mapping | None = None) -> PoolingFacts:
    """Describe a pooling.

    Args:
        name: Its name.
        entry: Its entry of the configuration, if it has one.

    Raises:
        ConfigError: If its entry does not name operators, or an operator is unknown.
    """
    choices = read_operators(name, entry)
    operators = [choice.name for choice in choices]
    own = [choice.kind == "operator" and plugins.origin(choice.name, GROUP) is None for choice in choices]
    for operator in (o for o, ours in zip(operators, own, strict=True) if ours):
        plugins.require(operator, plugins.names(PACKAGE), what=f"operator of pooling {name!r}")
    alone = len(operators) == 1
    sections = _sections(operators[0]) if alone and own[0] else {}
    joined = ", ".join(rf"h^\mathrm{{{operator.replace('_', ' ')}}}_g" for operator in operators)
    return PoolingFacts(
        family=_family(operators) if all(own) else None,
        idea=sections.get("idea", "") if alone else f"Side by side: {', '.join(operators)}.",
        formula=sections.get("formula", "") if alone else f"h_g = [{joined}]",
        source=sections.get("source", ""),
        use=OPERATORS.get(operators[0], ("", ""))[1] if alone and own[0] else "",
        sees_size=sees_size(name, entry),
        needs=tuple(
            what
            for what in ("edges", "layers", "species")
            if any(class_constant(PACKAGE, o, f"needs_{what}", group=GROUP) for o in operators)
        ),
    )


def _family(operators: list[str]) -> str | None:
    """Of several operators the one that is not a moment; the same one several times is a control."""
    if len(operators) > len(set(operators)):
        return "control"
    found = [OPERATORS.get(operator, (None,))[0] for operator in operators]
    return next((family for family in found if family != "moments"), "moments")


@cache
def _sections(operator: str) -> Mapping[str, str]:
    """First sentence, first formula and source in the docstring of an operator of this package."""
    spec = find_spec(f"{PACKAGE}.{operator}")
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))  # type: ignore[union-attr, arg-type]
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))
    text = inspect.cleandoc(ast.get_docstring(next(classes)) or "")
    formula = re.search(r"^\.\. math::(.*(?:\n(?: +.*|(?=\n +)))*)", text, flags=re.M)
    source = re.search(r"^Source:\n((?: +.*\n?)+)", text, flags=re.M)
    return {
        "idea": " ".join(text.partition("\n\n")[0].split()),
        "formula": " ".join(formula[1].split()) if formula else "",
        "source": " ".join(source[1].split()) if source else "",
    }
