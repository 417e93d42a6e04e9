"""Check the names in a configuration and the options of the named components."""

import difflib
from collections.abc import Mapping

from gnnpool import plugins
from gnnpool.config.parts import SCHEMES, split_of
from gnnpool.errors import ConfigError
from gnnpool.pooling_names import GROUP, check_operator_options, check_pooling, read_operators
from gnnpool.records import BASELINE
from gnnpool.signatures import check_options, declared
from gnnpool.specs import ExhibitSpec, ExplanationSpec, Slice

_READERS = "gnnpool.data.sources"
_ENCODERS = "gnnpool.models"
# Schemes that hold nothing out.
BUILT_IN = ("random", "matbench")


def check_references(config: Mapping) -> None:
    """Refuse datasets with the split of a dataset that does not exist, which lack all other keys.

    Args:
        config: A configuration that may have any form.

    Raises:
        ConfigError: With the nearest known names.
    """
    datasets = config.get("datasets")
    entries = datasets if isinstance(datasets, Mapping) else {}
    splits = {
        slug: entry["split"]
        for slug, entry in entries.items()
        if isinstance(entry, Mapping) and "split" in entry
    }
    for slug, split in splits.items():
        reference = split.get("reference") if isinstance(split, Mapping) else None
        if isinstance(reference, str) and reference not in entries:
            known = [str(other) for other in entries if other not in splits]
            plugins.require(reference, known, what=f"reference in datasets.{slug}.split")


def check_names(config: Mapping) -> None:
    """Refuse unknown names, and options that this package's components do not take.

    No component is imported: options of other packages are checked by the rule check_networks.

    Args:
        config: A configuration of the right form.

    Raises:
        ConfigError: With the key, and the nearest known names.
    """
    _check_scheme(config["split"], "split")
    for slug, entry in config["datasets"].items():
        _check_dataset(slug, entry)
        if "split" in entry:
            _check_scheme(split_of(config, slug), f"datasets.{slug}.split")
    for slug, entry in config["models"].items():
        encoders, encoder = plugins.names(_ENCODERS, group=_ENCODERS), entry["encoder"]
        plugins.require(encoder, encoders, what=f"encoder of model {slug!r}")
        check_options(
            entry["options"],
            declared(_ENCODERS, encoder, "Encoder", group=_ENCODERS),
            given=("cutoff",),
            where=f"models.{slug}.options",
            what=f"encoder {encoder!r}",
        )
    _check_poolings(config)
    for key in ("tables", "figures"):
        package = f"gnnpool.{key}"
        kinds = plugins.names(package, group=package)
        for entry in config[key]:
            plugins.require(entry["kind"], kinds, what=f"kind of {key.removesuffix('s')} {entry['name']!r}")
            plugins.needs(package, entry["kind"])
            _check_slice(config, ExhibitSpec.of(entry), f"{key} entry {entry['name']!r}")
    for entry in config["explanations"]:
        _check_slice(config, ExplanationSpec.of(entry).slice, f"explanations entry {entry['name']!r}")


def _check_dataset(slug: str, entry: Mapping) -> None:
    source = entry["source"]
    plugins.require(source, plugins.names(_READERS, group=_READERS), what=f"source of dataset {slug!r}")
    arguments = declared(_READERS, source, "read", group=_READERS)
    check_options(
        entry.get("options", {}),
        arguments,
        given=("path",),
        where=f"datasets.{slug}.options",
        what=f"source {source!r}",
    )
    if arguments is not None and ("path" in arguments) != ("file" in entry):
        wanted, found = ("'file'", "none") if "path" in arguments else ("no 'file'", repr(entry["file"]))
        raise ConfigError(f"datasets.{slug}: source {source!r} expects {wanted}, found {found}")


def _check_scheme(split: Mapping, where: str) -> None:
    scheme, options = split["scheme"], split.get("options", {})
    known = [*BUILT_IN, *plugins.names(SCHEMES, group=SCHEMES)]
    plugins.require(scheme, known, what=f"scheme in {where}")
    check_options(
        options,
        {} if scheme in BUILT_IN else declared(SCHEMES, scheme, "hold_out", group=SCHEMES),
        given=("crystals", "seed", "share"),
        where=f"{where}.options",
        what=f"scheme {scheme!r}",
    )


def _check_poolings(config: Mapping) -> None:
    trained = {name: block for block in config["blocks"] for name in block["poolings"]}
    for block in config["blocks"]:
        for axis in ("datasets", "models", "edges"):
            for name in block[axis]:
                plugins.require(name, config[axis], what=f"entry of {axis} in block {block['name']!r}")
    if made_of := config["poolings"].get(BASELINE, {}).get("operators"):
        where = f"poolings.{BASELINE}.operators"
        raise ConfigError(
            f"{where}: expected none, as every error is compared to {BASELINE}, found {made_of}"
        )
    for name in {**config["poolings"], **trained}:
        entry = config["poolings"].get(name)
        try:
            # A pooling that is not trained may need an optional package that is missing.
            if name in trained or "tgp" not in {choice.kind for choice in read_operators(name, entry)}:
                check_pooling(name, entry)
            check_operator_options(name, entry)
        except ConfigError as error:
            near = difflib.get_close_matches(name, config["poolings"], n=1, cutoff=0.5)
            hint = f" (or the combination {near[0]!r}?)" if near and near[0] != name else ""
            where = f"block {trained[name]['name']!r}" if name in trained else "poolings"
            raise ConfigError(f"{where}: {error}{hint}") from error
    for name in config["noise_floor"]["poolings"]:
        plugins.require(name, trained, what="pooling of a block, named by noise_floor")
    blocks = [block["name"] for block in config["blocks"]]
    for name in config["perturbations"]["blocks"]:
        plugins.require(name, blocks, what="block, named by perturbations.blocks")


def _check_slice(config: Mapping, part: Slice, where: str) -> None:
    operators = plugins.names("gnnpool.pooling", group=GROUP)
    for name in part.poolings:
        plugins.require(name, {*operators, *config["poolings"]}, what=f"pooling in {where}")
    for name in part.datasets:
        plugins.require(name, config["datasets"], what=f"dataset in {where}")
    for model, edges in part.settings:
        plugins.require(model, config["models"], what=f"model in {where}")
        plugins.require(edges, config["edges"], what=f"edges in {where}")
