"""Read and merge configuration files as Snakemake does, and report each fault with its line."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from gnnpool.config.parts import complete_variants
from gnnpool.errors import ConfigError
from gnnpool.extras import extra

with extra("workflow"):
    import yaml

# The C loader, if PyYAML has it, is ten times as fast.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_config(paths: Sequence[str | Path], *, needs: Sequence[str] = ()) -> dict:
    """Read a configuration and its overlays as Snakemake does: dictionaries merge, all else is replaced.

    Datasets with a split of their own are completed; see :func:`gnnpool.config.complete_variants`.

    Args:
        paths: YAML files, overlays last.
        needs: Keys that the caller reads.

    Raises:
        ConfigError: If a file is missing, is not YAML, gives a key twice, or does not hold a dictionary; or
            a needed key is missing.
    """
    config: dict = {}
    for path in map(Path, paths):
        content = _read(path)
        if not isinstance(content, dict):
            raise ConfigError(f"{path}: expected a dictionary, found {type(content).__name__}")
        config = _merged(config, content)
    if missing := [key for key in needs if key not in config]:
        raise ConfigError(
            f"{', '.join(map(str, paths))}: found no {', '.join(map(repr, missing))}; name all configuration "
            "files, as given to snakemake, such as config/config.yaml my.yaml"
        )
    return complete_variants(config)


def _read(path: Path) -> object:
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        _refuse_repeated_keys(path, node)
        content = loader.construct_document(node) if node else None
        json.dumps(content, default=str, skipkeys=True)  # fails where an alias holds itself
        return content
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such file; `gnnpool init FOLDER` makes a folder of the workflow"
        ) from error
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error


def _refuse_repeated_keys(path: Path, root: yaml.Node | None) -> None:
    """A loader that refuses a repeated key, of which YAML would silently keep the last."""
    seen, left = set(), [root] if root else []
    while left:
        node = left.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left += node.value
            continue
        lines: dict[str, int] = {}
        for key, value in node.value:
            left += [key, value]
            if not isinstance(key, yaml.ScalarNode):
                continue
            name, line = key.value, key.start_mark.line + 1
            if name in lines:
                raise ConfigError(
                    f"{path}: line {line}: the key {name!r} is given twice, see line {lines[name]}"
                )
            lines[name] = line


def _merged(config: Mapping, overlay: Mapping) -> dict:
    merged = dict(config)
    for key, value in overlay.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merged(merged[key], value) if both else value
    return merged
