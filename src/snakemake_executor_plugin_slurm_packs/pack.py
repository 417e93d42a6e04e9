"""Jobs that share one submission."""

from collections.abc import Iterable, Iterator

from snakemake.common import group_into_chunks
from snakemake.iocontainers import ResourceList
from snakemake.jobs import GroupJob, Job
from snakemake.resources import Resources

# Resources of a submission, which its jobs share.
SHARED = (
    *("gpu", "gpus", "nvidia_gpu", "tasks_per_gpu", "cpus_per_gpu", "cpus_per_task", "mem_mb_per_cpu"),
    *("tasks", "nodes", "pack"),
)
# Names of resources that Snakemake derives, or sets only where the job runs.
DERIVED = ("mem", "disk", "tmpdir")


class Pack(GroupJob):
    """A group of jobs for submission; each job is reported separately.

    Memory, time and processors are those of Snakemake's groups: as many jobs at a time as the local
    resources of the profile allow. The jobs share the GPUs and the other resources of a submission.

    Args:
        jobs: Jobs of one rule that do not depend on each other.
        limits: Resources of the profile that limit the jobs at a time.
    """

    def __init__(self, jobs: Iterable[Job], limits: Resources) -> None:
        super().__init__("pack", frozenset(jobs), limits)
        first = next(iter(self.jobs))
        self.rule = first.rule
        self.size = first.resources.pack
        self.open = set(self.jobs)  # of which the controller has not heard the end
        self.finalize()

    @property
    def resources(self) -> ResourceList:
        """Those of the group, but GPUs and the like of one job."""
        resources = dict(super().resources.items())
        for name in SHARED:
            if name in resources:
                resources[name] = max(job.resources.get(name, 0) for job in self.jobs)
        return ResourceList(fromdict=resources)


def make_packs(jobs: Iterable[Job], limits: Resources) -> Iterator[Pack]:
    """Bundle jobs of the same rule with similar duration and name.

    Args:
        jobs: Jobs whose resource `pack` is the number of jobs per submission.
        limits: See :class:`Pack`.

    Yields:
        Packs; every job is in one.
    """
    alike: dict[tuple, list[Job]] = {}
    for job in jobs:
        texts = [(name, text) for name, text in job.resources.items() if isinstance(text, str)]
        kind = (job.rule.name, job.resources.pack, *sorted(text for text in texts if text[0] not in DERIVED))
        alike.setdefault(kind, []).append(job)
    for (_, size, *_), group in alike.items():
        group.sort(key=lambda job: (job.resources.get("runtime", 0), str(job.output[0])))
        for chunk in group_into_chunks(size, group):
            yield Pack(chunk, limits)
