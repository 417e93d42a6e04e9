"""Configuration files read before Snakemake reads them, so that a fault is named by file and line."""

from pathlib import Path

from snakemake.exceptions import WorkflowError

from gnnpool.config import read_config
from gnnpool.errors import ConfigError

try:
    shipped = Path("config/config.yaml")
    read_config([shipped] * shipped.exists() + workflow.overwrite_configfiles)
except ConfigError as error:
    raise WorkflowError(str(error)) from None
