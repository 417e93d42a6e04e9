"""The configuration, read without Snakemake and checked before any job: form, names, consistency."""

from collections.abc import Mapping
from pathlib import Path

from gnnpool.config.form import check_form
from gnnpool.config.names import check_names, check_references
from gnnpool.config.parts import (
    complete_variants,
    labels_of,
    networks_of,
    physics_of,
    split_of,
    trial_settings,
    what_decides,
    without_label,
)
from gnnpool.config.reading import read_config
from gnnpool.config.sense import check_sense
from gnnpool.config.traits import traits_of

__all__ = [
    "check_config",
    "check_form",
    "complete_variants",
    "labels_of",
    "networks_of",
    "physics_of",
    "read_config",
    "split_of",
    "traits_of",
    "trial_settings",
    "what_decides",
    "without_label",
]


def check_config(config: Mapping, schema: str | Path) -> None:
    """Refuse an invalid configuration.

    Args:
        config: The merged configuration.
        schema: JSON Schema, as YAML, in the folder workflow/schemas of the checkout.

    Raises:
        ConfigError: With the key, where it stands, what was found and what was expected.
    """
    check_references(config)
    check_form(config, schema)
    check_names(config)
    check_sense(config, checkout=Path(schema).resolve().parents[2])
