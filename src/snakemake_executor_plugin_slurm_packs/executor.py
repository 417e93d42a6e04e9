"""Snakemake's Slurm executor with packs, and without its endless waits."""

import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import snakemake_executor_plugin_slurm as slurm
from snakemake.jobs import AbstractJob, Job
from snakemake.resources import Resources
from snakemake_executor_plugin_slurm.job_status_query import query_job_status
from snakemake_executor_plugin_slurm_jobstep import get_cpu_setting
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.logging import LoggerExecutorInterface
from snakemake_interface_executor_plugins.utils import (
    format_cli_arg,
    format_cli_pos_arg,
    join_cli_args,
)
from snakemake_interface_executor_plugins.workflow import WorkflowExecutorInterface

from snakemake_executor_plugin_slurm_packs.pack import Pack, make_packs

# Answers of squeue after which a job will never end or be reported, and the number of consecutive ones
# needed.
FORGOTTEN = ""
HOPELESS = re.compile(r"^$|^PREEMPTED|requeued held$|^PENDING (Partition(Time|Node)Limit|\w*MaxWall\w*)$")
PATIENCE = 3


class Executor(slurm.Executor):
    """Submits jobs whose resource `pack` is greater than 1 in packs of that size."""

    def __init__(self, workflow: WorkflowExecutorInterface, logger: LoggerExecutorInterface) -> None:
        self._waiting: list[Job] = []
        self._waiting_grew = False
        self._waiting_lock = threading.Lock()
        self._over: list[tuple[SubmittedJobInfo, float, dict]] = []
        self._unknown: Counter[str] = Counter()
        self._heard: set[str | None] = set()
        super().__init__(workflow, logger)  # starts the thread that uses them

    @property
    def next_seconds_between_status_checks(self) -> float:
        """The value of the Slurm executor, at most `seconds-between-status-checks`."""
        longest = self.workflow.remote_execution_settings.seconds_between_status_checks
        return min(self._next_seconds_between_status_checks or longest, longest)

    @next_seconds_between_status_checks.setter
    def next_seconds_between_status_checks(self, value: float) -> None:
        self._next_seconds_between_status_checks = value

    def run_jobs(self, jobs: list[AbstractJob]) -> None:
        """Submit jobs in packs or alone; a pack that is not full waits until the next status check."""
        to_pack = [job for job in jobs if not job.is_group() and job.resources.get("pack", 1) > 1]
        with self._waiting_lock:
            self._waiting += to_pack
            self._waiting_grew |= bool(to_pack)
            self._submit_packs(least=1.0)
        super().run_jobs([job for job in jobs if job not in to_pack])

    def cancel(self) -> None:
        """Submit nothing more, and cancel all submitted jobs, also those not reported yet."""
        with self._waiting_lock:
            self._waiting.clear()
        self._job_submission_executor.shutdown(wait=True, cancel_futures=True)
        super().cancel()

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """Cancel the jobs of this run by its name, because their list is empty during a query of Slurm."""
        super().cancel_jobs(active_jobs)
        subprocess.run(["scancel", f"--name={self.run_uuid}"], capture_output=True)

    def _submit_packs(self, *, least: float) -> None:
        """Submit the packs that are filled to at least this share."""
        waiting, self._waiting = self._waiting, []
        for pack in make_packs(waiting, self._limits):
            if len(pack) >= least * pack.size:
                self._submit_job(pack)
            else:
                self._waiting += pack.jobs

    @property
    def _limits(self) -> Resources:
        """Resources that each submission has of its own."""
        given, scopes = self.workflow.global_resources, self.workflow.resource_scopes
        return Resources({name: given[name] for name in given if scopes.is_local(name)})

    def format_job_exec(self, job: AbstractJob) -> str:
        """The command of a submission; for a pack, one Snakemake that runs its jobs a few at a time.

        It is an ordinary call of Snakemake with files as targets. So it records finished jobs even without
        a controller, and skips them when it is started again.
        """
        if not isinstance(job, Pack):
            return super().format_job_exec(job)
        factory = self.workflow.spawned_job_args_factory
        precommand = factory.precommand(executor_common_settings=self.common_settings)
        general = factory.general_args(executor_common_settings=self.common_settings)
        limits = {name: limit.value for name, limit in self._limits.items()}
        return join_cli_args(
            [
                f"{precommand} &&" if precommand else "",
                # A step, because Slurm sends the signal before the time limit only to steps.
                f"srun --ntasks=1 --nodes=1 {self._processors(job)} --cpu-bind=quiet",
                f"{self.get_python_executable()} -m snakemake",
                format_cli_pos_arg(sorted(each.output[0] for each in job)),
                format_cli_arg("--snakefile", self.get_snakefile()),
                format_cli_arg("--wait-for-files", sorted(set(job.get_wait_for_files()))),
                format_cli_arg("--allowed-rules", job.rules),
                re.sub(r"--(force|ignore-incomplete)(?= |$)", "", general),
                "--profile none --workflow-profile none --rerun-incomplete --keep-going",
                f"--executor local --cores {job.threads}",
                format_cli_arg("--resources", [f"{name}={limit}" for name, limit in limits.items()]),
            ]
        )

    def _processors(self, pack: Pack) -> str:
        """Option for the processors of a pack, the same as that of its submission."""
        return get_cpu_setting(
            pack, bool(pack.resources.get("gpu") or "gpu" in pack.resources.get("gres", ""))
        )

    def report_job_success(self, job_info: SubmittedJobInfo) -> None:
        """Report a job, or note that a pack is over."""
        self._heard.add(job_info.external_jobid)
        if isinstance(job_info.job, Pack):
            doubt = {"msg": "Slurm reports this job as finished, but its files do not exist. "}
            self._over.append((job_info, time.monotonic(), doubt))
        else:
            super().report_job_success(job_info)

    def report_job_error(self, job_info: SubmittedJobInfo, msg: str | None = None, **kwargs: object) -> None:
        """Report a job, or note that a pack is over."""
        self._heard.add(job_info.external_jobid)
        if isinstance(job_info.job, Pack):
            self._over.append((job_info, time.monotonic(), {"msg": msg, **kwargs}))
        else:
            super().report_job_error(job_info, msg=msg, **kwargs)

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncIterator[SubmittedJobInfo]:
        """Report ended jobs, each job of a pack separately, and yield the jobs that still run."""
        with self._waiting_lock:
            self._submit_packs(least=1.0 if self._waiting_grew else 0.0)
            self._waiting_grew = False
        lost = await self._lost(active_jobs)
        self.workflow.persistence.deactivate_cache()  # other processes have written there
        self._heard.clear()
        async for info in super().check_active_jobs(active_jobs):
            self._heard.add(info.external_jobid)
            if info.external_jobid in lost:
                subprocess.run(["scancel", info.external_jobid], capture_output=True)  # in case it is held
                words = f" ({lost[info.external_jobid]})" if lost[info.external_jobid] else ""
                self.report_job_error(info, msg=f"Slurm lost this job, or holds it for ever{words}. ")
                continue
            if isinstance(info.job, Pack):
                await self._report_finished(info)
            yield info
        for info in active_jobs:
            if info.external_jobid not in self._heard:  # Slurm gave no answer; the Slurm executor drops these
                yield info
        over, self._over = self._over, []
        for info, since, failure in over:
            await self._report_finished(info)
            # Files written on another node may take a while to become visible here.
            if info.job.open and time.monotonic() - since < self.workflow.execution_settings.latency_wait:
                self._over.append((info, since, failure))
                continue
            for job in info.job.open:
                super().report_job_error(SubmittedJobInfo(job, info.external_jobid), **failure)

    async def _report_finished(self, info: SubmittedJobInfo) -> None:
        """Report the jobs of a pack whose outputs exist and are not marked as incomplete."""
        for job in list(info.job.open):
            written = all(Path(file).exists() for file in job.output)
            if written and not await self.workflow.persistence.incomplete(job):
                info.job.open.remove(job)
                super().report_job_success(SubmittedJobInfo(job, info.external_jobid))

    async def _lost(self, active_jobs: list[SubmittedJobInfo]) -> dict[str, str]:
        """Ids of jobs that will never end, or whose end Slurm will not report, with the answer of squeue.

        The Slurm executor waits for ever for a job that squeue dropped before the first query, for one whose
        end sacct reports in unexpected words, for one that is preempted and not requeued, for one that Slurm
        holds because a node could not start it, and for one that asks for more time than it may have.
        """
        if not active_jobs:
            return {}
        question = f"squeue --noheader --states=all --format='%i|%T %r' --name={self.run_uuid}"
        states, _ = await query_job_status(question, self.logger)
        if states is None:
            return {}
        ids = [info.external_jobid for info in active_jobs]
        lost = [job for job in ids if HOPELESS.search(states.get(job, FORGOTTEN))]
        self._unknown = Counter({job: self._unknown[job] + 1 for job in lost})
        return {job: states.get(job, "") for job, times in self._unknown.items() if times >= PATIENCE}
