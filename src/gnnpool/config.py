"""The configuration: read outside of Snakemake, and checked before any job: form, then names, then sense."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from gnnpool import plugins
from gnnpool.data.matbench_folds import FOLDS
from gnnpool.errors import ConfigError
from gnnpool.grid import plan_trials, slice_of
from gnnpool.pooling_names import GROUP, check_pooling

_DECIDING = (
    *("seeds", "noise_floor", "split", "on_bad_row", "blocks", "training"),
    *("statistic", "statistics"),
)
_NOT_DECIDING = {"label", "url", "mirrors", "redirect_hosts"}


def read_config(paths: Sequence[str | Path]) -> dict:
    """Read a configuration and its overlays as Snakemake does: dictionaries merge, all else is replaced.

    Args:
        paths: YAML files, overlays last.

    Raises:
        ConfigError: If there is no such file, or it does not hold a dictionary.
    """
    config: dict = {}
    for path in map(Path, paths):
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error
        if not isinstance(content, dict):
            raise ConfigError(f"{path}: expected a dictionary, found {type(content).__name__}")
        config = _merged(config, content)
    return config


def check_config(config: Mapping, schema: str | Path) -> None:
    """Refuse a configuration that cannot be carried out.

    Args:
        config: The merged configuration.
        schema: JSON Schema, as YAML.

    Raises:
        ConfigError: With the key, where it stands, what was found and what was expected.
    """
    _check_form(config, schema)
    _check_names(config)
    _check_sense(config)


def _merged(config: Mapping, overlay: Mapping) -> dict:
    merged = dict(config)
    for key, value in overlay.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _check_form(config: Mapping, schema: str | Path) -> None:
    validator = Draft202012Validator(yaml.safe_load(Path(schema).read_text(encoding="utf-8")))
    errors = sorted(validator.iter_errors(config), key=lambda error: list(map(str, error.absolute_path)))
    if errors:
        raise ConfigError("\n".join(f"config: {_explain(error)}" for error in errors[:5]))


def _explain(error: ValidationError) -> str:
    where = ".".join(str(step) for step in error.absolute_path) or "top level"
    if error.validator == "additionalProperties" and error.validator_value is False:
        known = list(error.schema["properties"])
        unknown = [key for key in error.instance if key not in known]
        hints = []
        for key in unknown:
            near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
            hints.append(
                f"unknown key {key!r}" + (f", did you mean {near[0]!r}?" if near else f"; known: {known}")
            )
        return f"{where}: {'; '.join(hints)}"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"{where}: missing {', '.join(map(repr, missing))}"
    if error.validator == "oneOf" and error.context:
        return f"{where}: {error.instance!r}: {best_match(error.context).message}"
    expected = error.schema.get("description", "")
    return f"{where}: {error.message}" + (f" ({expected})" if expected else "")


def _check_names(config: Mapping) -> None:
    readers = plugins.names("gnnpool.data.sources")
    encoders = plugins.names("gnnpool.models", group="gnnpool.models")
    for slug, entry in config["datasets"].items():
        plugins.require(entry["source"], readers, what=f"source of dataset {slug!r}")
    for slug, entry in config["models"].items():
        plugins.require(entry["encoder"], encoders, what=f"encoder of model {slug!r}")
    for key in ("tables", "figures"):
        kinds = plugins.names(f"gnnpool.{key}")
        for entry in config[key]:
            plugins.require(entry["kind"], kinds, what=f"kind of {key.removesuffix('s')} {entry['name']!r}")
            _check_slice(config, entry, f"{key} entry {entry['name']!r}")
    for entry in config["explanations"]:
        _check_slice(config, slice_of(entry), f"explanations entry {entry['name']!r}")
    for block in config["blocks"]:
        for axis in ("datasets", "models", "edges"):
            for name in block[axis]:
                plugins.require(name, config[axis], what=f"entry of {axis} in block {block['name']!r}")
        for name in block["poolings"]:
            try:
                check_pooling(name, config["poolings"].get(name))
            except ConfigError as error:
                near = difflib.get_close_matches(name, config["poolings"], n=1, cutoff=0.5)
                hint = f" (or the combination {near[0]!r}?)" if near and near[0] != name else ""
                raise ConfigError(f"block {block['name']!r}: {error}{hint}") from error

    trained = {name for block in config["blocks"] for name in block["poolings"]}
    for name in config["noise_floor"]["poolings"]:
        plugins.require(name, trained, what="pooling of a block, named by noise_floor")


def _check_slice(config: Mapping, entry: Mapping, where: str) -> None:
    operators = plugins.names("gnnpool.pooling", group=GROUP)
    for name in entry["poolings"]:
        plugins.require(name, {*operators, *config["poolings"]}, what=f"pooling in {where}")
    for name in entry["datasets"]:
        plugins.require(name, config["datasets"], what=f"dataset in {where}")
    for model, edges in entry["settings"]:
        plugins.require(model, config["models"], what=f"model in {where}")
        plugins.require(edges, config["edges"], what=f"edges in {where}")


def _check_sense(config: Mapping) -> None:
    _check_split(config["split"], config["seeds"])
    for key in ("blocks", "tables", "figures", "explanations"):
        given = [entry["name"] for entry in config[key]]
        repeated = {name for name in given if given.count(name) > 1}
        if repeated:
            raise ConfigError(f"{key}: expected distinct names, {', '.join(sorted(repeated))} is given twice")
    for slug, entry in config["datasets"].items():
        _check_origin(slug, {key for key, value in entry.items() if value is not None})
    plan_trials(config["blocks"], config["seeds"], config["noise_floor"])


def _check_split(split: Mapping, seeds: Sequence[int]) -> None:
    shares = {part: split[part] for part in ("train", "val", "test")}
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        raise ConfigError(f"split: expected shares that sum to 1, got {shares}, which sum to {total:g}")
    if split["scheme"] != "matbench":
        return
    if others := sorted(set(seeds) - set(range(FOLDS))):
        raise ConfigError(
            f"seeds: with split.scheme 'matbench' they are its folds, expected 0 to {FOLDS - 1}, "
            f"found {', '.join(map(str, others))}"
        )
    if split["keep_duplicates_together"]:
        raise ConfigError(
            "split.keep_duplicates_together: expected false, the folds of split.scheme 'matbench' are fixed"
        )


def _check_origin(slug: str, given: set[str]) -> None:
    where = f"datasets.{slug}"
    if "url" in given and not given & {"sha256", "md5"}:
        raise ConfigError(f"{where}: 'url' needs the hash of the file: 'sha256' (or 'md5')")
    if "file" in given and not given & {"sha256", "md5", "service", "by_hand"}:
        raise ConfigError(
            f"{where}: 'file' needs its hash ('sha256'), or 'by_hand' with where to get it, or a 'service'"
        )
    if "service" in given and given & {"url", "sha256", "md5"}:
        raise ConfigError(f"{where}: beside a 'service', 'url', 'sha256' and 'md5' must be null")


def without_label(entry: Mapping | None) -> Mapping | None:
    """The part of a catalog entry that decides results, so that a new label reruns nothing."""
    return None if entry is None else {key: value for key, value in entry.items() if key != "label"}


def what_decides(config: Mapping) -> dict:
    """The part of a configuration that decides results: what its blocks use, without labels and addresses."""
    used = {
        axis: {name for block in config["blocks"] for name in block[axis]}
        for axis in ("datasets", "models", "edges", "poolings")
    }
    catalogs = {
        axis: {
            slug: {key: value for key, value in entry.items() if key not in _NOT_DECIDING}
            for slug, entry in config[axis].items()
            if slug in used[axis]
        }
        for axis in used
    }
    return {**{key: config[key] for key in _DECIDING}, **catalogs}


def trial_settings(config: Mapping) -> dict:
    """The settings of trials by section, without labels: models, poolings, edges and training."""
    catalogs = {
        axis: {slug: without_label(entry) for slug, entry in config[axis].items()}
        for axis in ("models", "poolings", "edges")
    }
    return {**catalogs, "training": config["training"]}


def labels_of(config: Mapping) -> dict[str, dict[str, str]]:
    """Printed names by axis and slug; a pooling that depends on the order of atoms says so."""
    return {
        axis: {
            slug: entry["label"]
            + (" (depends on the order of atoms)" if entry.get("order_dependent") else "")
            for slug, entry in config[axis].items()
        }
        for axis in ("datasets", "models", "edges", "poolings")
    }


def physics_of(config: Mapping) -> dict[str, Mapping]:
    """What kind of quantity the target of each dataset is, by slug, where the configuration says so."""
    return {slug: entry["physics"] for slug, entry in config["datasets"].items() if "physics" in entry}


def files_of(config: Mapping) -> Iterator[tuple[str, str]]:
    """Dataset and file name of every dataset in use that comes as a file."""
    used = {dataset for block in config["blocks"] for dataset in block["datasets"]}
    for slug, entry in config["datasets"].items():
        if slug in used and "file" in entry:
            yield slug, entry["file"]
