"""Read the configuration files before Snakemake does, so that an error names file and line."""

from pathlib import Path

from snakemake.exceptions import WorkflowError

from gnnpool.config import read_config
from gnnpool.errors import ConfigError

try:
    shipped = Path("config/config.yaml")
    read_config([shipped] * shipped.exists() + workflow.overwrite_configfiles)
except ConfigError as error:
    raise WorkflowError(str(error)) from None
