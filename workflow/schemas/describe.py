"""Print config/README.md: every key of the configuration, as the schema describes it."""

from pathlib import Path

import yaml

SCHEMA = yaml.safe_load(Path(__file__).with_name("config.schema.yaml").read_text(encoding="utf-8"))
HEAD = """# The configuration

`config.yaml` is the paper's experiment. Change it through an overlay:
`snakemake --configfile config/config.yaml my.yaml`. Dictionaries of an overlay are merged into it, lists
replace its lists. Before any job the workflow checks the form (below), then the names and options of
components, then whether the values fit each other. Numbers are finite, an integer has no decimal point (`3`,
not `3.0`), no key is given twice, and texts neither begin nor end with a space. A plan has at most 50,000
trials.

Written by `python workflow/schemas/describe.py > config/README.md` from the schema beside that script.

| key | values | meaning |
| --- | --- | --- |"""
BOUNDS = {"minimum": "≥ {}", "exclusiveMinimum": "> {}", "maximum": "≤ {}", "exclusiveMaximum": "< {}"}


def resolve(node: dict) -> dict:
    """Put what a reference points to under the keys of the node itself."""
    if "$ref" not in node:
        return node
    target = resolve(SCHEMA["$defs"][node["$ref"].rpartition("/")[2]])
    return {**target, **node, "properties": {**target.get("properties", {}), **node.get("properties", {})}}


def values(node: dict) -> str:
    """Type, choices and bounds of a node."""
    if "enum" in node:
        return ", ".join(f"`{choice}`" for choice in node["enum"])
    kinds = node.get("type", "")
    kind = " or ".join(kinds) if isinstance(kinds, list) else kinds
    bounds = [text.format(node[key]) for key, text in BOUNDS.items() if key in node]
    return " ".join([kind.replace("object", "mapping").replace("array", "list"), ", ".join(bounds)]).strip()


def rows(node: dict, path: str) -> list[str]:
    """One row for a node and each one below it."""
    node = resolve(node)
    found = [f"| `{path}` | {values(node)} | {node.get('description', '')} |"] if path else []
    for key, child in node.get("properties", {}).items():
        found += rows(child, f"{path}.{key}" if path else key)
    if isinstance(node.get("additionalProperties"), dict):
        found += rows(node["additionalProperties"], f"{path}.<slug>")
    items = resolve(node.get("items", {}))
    if items.get("type") == "object":
        found += rows(items, f"{path}[]")
    return found


if __name__ == "__main__":
    print("\n".join([HEAD, *rows(SCHEMA, "")]))
