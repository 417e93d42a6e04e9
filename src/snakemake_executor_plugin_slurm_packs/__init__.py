"""Executor `slurm-packs`: Snakemake's Slurm executor, with several short jobs in one submission.

See docs/decisions/packs.md. Snakemake imports every module with such a name at each start. So without the
Slurm executor it imports a substitute that says what is missing.
"""

try:
    from snakemake_executor_plugin_slurm import ExecutorSettings, common_settings

    from snakemake_executor_plugin_slurm_packs.executor import Executor
except ModuleNotFoundError:
    from snakemake_executor_plugin_slurm_packs.missing import Executor, ExecutorSettings, common_settings

__all__ = ["Executor", "ExecutorSettings", "common_settings"]
