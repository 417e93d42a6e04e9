"""One Slurm cluster for all tests, and workflows on it."""

import os
import pwd
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cluster import Cluster, ClusterError
from controller import Workflow, trials
from packages import missing_programs


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster, for as long as the session; it leaves the machine as it was."""
    if missing := missing_programs():
        pytest.skip(f"not installed: {', '.join(missing)}; see make test-slurm")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped by a signal"))  # which stops it
    before = _traces()
    with _started() as cluster:
        yield cluster
    assert _traces() == before
    assert not cluster.folder.exists()
    assert not cluster.processes()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Workflow:
    """Graphs and splits, made without a cluster, and no trials."""
    workflow = Workflow(tmp_path_factory.mktemp("prepared"), os.environ)
    run = workflow.start(trials(["mean"], [1, 2]), "--cores", "2", "--until", "build_graphs", "make_split")
    workflow.ends(run)
    return workflow


@pytest.fixture(scope="session")
def new_workflow(cluster, prepared, tmp_path_factory) -> Callable[..., Workflow]:
    """Makes a workflow on the cluster, with graphs and splits unless it is to begin with nothing."""

    def make(name: str, *, nothing: bool = False, **variables: str) -> Workflow:
        folder = tmp_path_factory.mktemp(name)
        for made in () if nothing else ("results/data", "results/graphs", ".snakemake/metadata"):
            shutil.copytree(prepared.folder / made, folder / made)
        return Workflow(folder, {**cluster.environment, **variables})

    return make


def _started() -> Cluster:
    """A cluster; on a machine where many start daemons, another one may take a port that was free."""
    try:
        return Cluster().start_all()
    except ClusterError:
        return Cluster().start_all()


def _traces() -> dict[str, object]:
    """What a cluster could leave on a machine beside processes."""
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    users = sorted(user.pw_name for user in pwd.getpwall())
    places = ("/etc", "/run", "/var/lib", "/var/log", "/var/spool")
    names = ("*slurm*", "*munge*", "*mysql*", "*mariadb*")
    found = {str(path) for place in places for name in names for path in Path(place).glob(name)}
    return {"mounts": mounts, "users": users, "files": found}
