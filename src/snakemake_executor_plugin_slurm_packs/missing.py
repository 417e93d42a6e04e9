"""Substitute for the executor if Snakemake's Slurm executor is not installed."""

from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import AbstractExecutor
from snakemake_interface_executor_plugins.settings import CommonSettings, ExecutorSettingsBase

common_settings = CommonSettings(non_local_exec=True, implies_no_shared_fs=False, job_deploy_sources=False)
ExecutorSettings = ExecutorSettingsBase


class Executor(AbstractExecutor):
    """Says what to install."""

    def __new__(cls, *_: object) -> "Executor":
        """Refuse."""
        raise WorkflowError('the executor slurm-packs needs: pip install -c requirements.lock -e ".[slurm]"')
