"""One Slurm cluster for all tests, and workflows on it."""

import shutil
import signal
import sys
from collections.abc import Callable, Iterator

import pytest
from cluster import Cluster
from controller import Workflow
from packages import missing_programs


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster, for as long as the session."""
    if missing := missing_programs():
        pytest.skip(f"not installed: {', '.join(missing)}; see make test-slurm")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))  # and so takes it down
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def new_workflow(cluster, tmp_path_factory) -> Callable[..., Workflow]:
    """Makes a workflow on the cluster, with the data and graphs of an earlier one."""

    def make(name: str, *, after: Workflow | None = None, **variables: str) -> Workflow:
        folder = tmp_path_factory.mktemp(name)
        for made in ("results/data", "results/graphs", ".snakemake/metadata") if after else ():
            shutil.copytree(after.folder / made, folder / made)
        return Workflow(folder, {**cluster.environment, **variables})

    return make
