"""A Slurm cluster of one node: real daemons, all of their state in one temporary folder, nothing left behind.

    python tests/slurm/cluster.py COMMAND...   a command on a cluster that lives as long as the command

The node claims more processors than the machine has, and GPUs that are names for /dev/null: what is
tested is how jobs are submitted, stopped and started again, not how fast they are.
"""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from packages import PATH

CPUS, GPUS = 16, 6
PATIENCE = 120  # s for what takes a second where nothing else runs

SLURM_CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[slurmctld]}
SlurmdPort={ports[slurmd]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
# The time after which a job that was put back into the queue may start again is that of a credential.
AuthInfo=socket={folder}/munge.socket,cred_expire=20
CredType=cred/munge
MpiDefault=none
StateSaveLocation={folder}/slurmctld
SlurmdSpoolDir={folder}/slurmd
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
# Without control groups, which a container may not have.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
# Jobs start and end at once.
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=5,bf_interval=5,batch_sched_delay=1,sched_min_interval=100000,defer_batch
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MinJobAge=3600
KillWait=10
SlurmdTimeout=40
ReturnToService=2
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={ports[slurmdbd]}
AccountingStoragePass={folder}/munge.socket
AccountingStorageTRES=gres/gpu
AccountingStorageEnforce=associations
AccountingStoreFlags=job_comment
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} SocketsPerBoard=1 CoresPerSocket={cpus} ThreadsPerCore=1 \
RealMemory={memory} Gres=gpu:{gpus} State=UNKNOWN
PartitionName=DEFAULT Nodes={host} MaxTime=60 DefaultTime=10 DefMemPerCPU=256 State=UP
PartitionName=cpu Default=YES PriorityTier=10 PreemptMode=OFF
PartitionName=gpu PriorityTier=10 PreemptMode=OFF
PartitionName=preempted PriorityTier=1 PreemptMode=CANCEL
PartitionName=displaced PriorityTier=1 PreemptMode=REQUEUE
"""

SLURMDBD_CONF = """
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={ports[slurmdbd]}
SlurmUser={user}
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={ports[mariadbd]}
StorageUser=slurm
StoragePass=slurm
"""

GRES_CONF = "NodeName={host} Name=gpu File={folder}/gpu[0-{last_gpu}]\n"
CGROUP_CONF = "CgroupAutomount=no\n"

DATABASE_USER = (
    "create user 'slurm'@'127.0.0.1' identified by 'slurm'; grant all on *.* to 'slurm'@'127.0.0.1'"
)


class ClusterError(Exception):
    """The cluster cannot be had, or did not do what it should."""


class Cluster:
    """Munge, MariaDB, slurmdbd, slurmctld and slurmd on this machine.

    A context: the daemons, and every process of every job, are gone on exit.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-"))
        self.folder.chmod(0o755)
        configuration = self.folder / "slurm.conf"
        # Snakemake takes the variables of Slurm away from the steps that it starts, this one as well.
        srun = self.folder / "bin/srun"
        srun.parent.mkdir()
        srun.write_text(
            f'#!/bin/sh\nSLURM_CONF={configuration} exec {shutil.which("srun", path=PATH)} "$@"\n'
        )
        srun.chmod(0o755)
        path = os.pathsep.join((str(srun.parent), PATH))
        self.environment = {**os.environ, "PATH": path, "SLURM_CONF": str(configuration)}
        self._daemons: dict[str, subprocess.Popen] = {}

    def start_all(self) -> "Cluster":
        """Start all daemons, and a job to see that they work."""
        try:
            self._configure()
            self._start_accounting()
            self.start("slurmctld")
            self.start("slurmd")
            self.run("srun", "--time=1", "true")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._kill_everything()
        for daemon in self._daemons.values():
            daemon.wait()
        shutil.rmtree(self.folder)

    def start(self, name: str) -> None:
        """Start a daemon and wait until it answers."""
        command, answers = self._commands[name]
        with open(self.folder / f"{name}.out", "ab") as log:
            # A test that is killed takes its daemons along.
            self._daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_until(lambda: self._asks(*answers), f"{name} answers")

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """End a daemon, by force if it does not end within 20 s."""
        daemon = self._daemons.pop(name, None)
        if daemon is None:
            return
        daemon.send_signal(number)
        try:
            daemon.wait(20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def run(self, *command: str) -> str:
        """What a command of Slurm prints; an error if it fails or takes too long."""
        run = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        if run.returncode:
            raise ClusterError(f"{' '.join(command)}: status {run.returncode}: {run.stderr.strip()}")
        return run.stdout

    def state(self, job: str) -> str:
        """State of a job in the words of squeue."""
        return self.run("squeue", "--noheader", "--states=all", "--format=%T", f"--jobs={job}").strip()

    def wait_until(self, condition: Callable[[], object], what: str, *, seconds: float = PATIENCE) -> None:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise ClusterError(f"not so after {seconds:g} s: {what}\n{self._logs()}")
            time.sleep(0.1)

    def processes(self, *, of_job: str | None = None) -> list[int]:
        """Processes that know this cluster: its daemons and jobs; or those of one job."""
        known = f"SLURM_CONF={self.folder}/slurm.conf"
        found = [number for number in _processes() if known in _strings(number, "environ")]
        if of_job is None:
            return found
        # The processes that manage the steps of a job contain its number only in their names.
        looks_after, belongs = f"slurmstepd: [{of_job}.", f"SLURM_JOB_ID={of_job}"
        return [
            number
            for number in found
            if belongs in _strings(number, "environ")
            or any(looks_after in text for text in _strings(number, "cmdline"))
        ]

    def lose(self, job: str, *, but: int) -> None:
        """Kill slurmd and all processes of a job but one, and start slurmd again: it has no such job.

        Slurm waits until a job is some 20 s old before it calls it lost.
        """
        self.stop("slurmd", signal.SIGKILL)
        _kill(number for number in self.processes(of_job=job) if number != but)
        self.start("slurmd")
        end = time.monotonic() + PATIENCE
        while self.state(job) == "RUNNING":
            if time.monotonic() > end:
                raise ClusterError(f"job {job} still runs for Slurm\n{self._logs()}")
            time.sleep(5)
            self.stop("slurmd")
            self.start("slurmd")

    def _configure(self) -> None:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        values = {
            "folder": self.folder,
            "host": socket.gethostname().split(".")[0],
            "user": getpass.getuser(),
            "ports": _free_ports("slurmctld", "slurmd", "slurmdbd", "mariadbd"),
            "cpus": CPUS,
            "gpus": GPUS,
            "last_gpu": GPUS - 1,
            "memory": memory,
        }
        for name, text in (
            ("slurm.conf", SLURM_CONF),
            ("slurmdbd.conf", SLURMDBD_CONF),
            ("gres.conf", GRES_CONF),
            ("cgroup.conf", CGROUP_CONF),
        ):
            path = self.folder / name
            path.write_text(text.format(**values))
            path.chmod(0o600)
        for number in range(GPUS):
            (self.folder / f"gpu{number}").symlink_to("/dev/null")
        for name in ("slurmctld", "slurmd"):
            (self.folder / name).mkdir()
        self._commands = self._daemon_commands(values["user"], values["ports"]["mariadbd"])

    def _daemon_commands(self, user: str, port: int) -> dict[str, tuple[list[str], list[str]]]:
        """For each daemon how it is started, and a command that succeeds once it is there."""
        folder = self.folder
        key = folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        munge = [f"--key-file={key}"]
        munge += [f"--{kind}-file={folder}/munge.{kind}" for kind in ("log", "pid", "seed")]
        sql = ["mariadb", "--no-defaults", f"--socket={folder}/mariadb.socket"]
        server = ["mariadbd", "--no-defaults", f"--user={user}", f"--datadir={folder}/mariadb"]
        server += [f"--socket={folder}/mariadb.socket", f"--pid-file={folder}/mariadb.pid"]
        server += ["--bind-address=127.0.0.1", f"--port={port}", "--performance-schema=OFF"]
        server += ["--innodb-lock-wait-timeout=900", "--innodb-flush-log-at-trx-commit=0"]
        socket_option = f"--socket={folder}/munge.socket"
        return {
            "munged": (["munged", "--foreground", socket_option, *munge], ["munge", "-n", socket_option]),
            "mariadbd": (server, [*sql, "--execute=select 1"]),
            "slurmdbd": (["slurmdbd", "-D"], ["sacctmgr", "-n", "list", "cluster"]),
            "slurmctld": (["slurmctld", "-D", "-i"], ["scontrol", "ping"]),
            "slurmd": (["slurmd", "-D"], ["sinfo", "--noheader", "--states=idle,mixed,alloc", "-N"]),
        }

    def _start_accounting(self) -> None:
        self.start("munged")
        self.run(
            "mariadb-install-db",
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={self.folder}/mariadb",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )
        self.start("mariadbd")
        sql = self._commands["mariadbd"][1][:-1]
        self.run(*sql, "--user=root", f"--execute={DATABASE_USER}")
        self.start("slurmdbd")
        for entity in (
            ["cluster", "test"],
            ["account", "lab", "cluster=test"],
            ["user", getpass.getuser(), "account=lab", "cluster=test", "defaultaccount=lab"],
        ):
            self.run("sacctmgr", "--immediate", "add", *entity)

    def _asks(self, *command: str) -> bool:
        """Whether a command succeeds and has something to say."""
        run = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        return run.returncode == 0 and bool(run.stdout.strip() or command[0] == "sacctmgr")

    def _kill_everything(self) -> None:
        """End the daemons, and what their jobs left behind: the processes that know this cluster."""
        for _ in range(50):  # a process may start another one while it is being looked for
            processes = self.processes()
            if not processes:
                return
            _kill(processes)
            time.sleep(0.1)

    def _logs(self) -> str:
        lines = []
        for path in sorted(self.folder.glob("*.log")) + sorted(self.folder.glob("*.out")):
            lines += [f"--- {path.name}", *path.read_text(errors="replace").splitlines()[-8:]]
        return "\n".join(lines)


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _strings(process: int, kind: str) -> list[str]:
    """Arguments or variables of a process; none if it is gone."""
    try:
        return Path(f"/proc/{process}/{kind}").read_text(errors="replace").split("\0")
    except OSError:
        return []


def _kill(processes: Iterable[int]) -> None:
    for number in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def _free_ports(*names: str) -> dict[str, int]:
    sockets = [socket.socket() for _ in names]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return {name: each.getsockname()[1] for name, each in zip(names, sockets, strict=True)}
    finally:
        for each in sockets:
            each.close()


def main(arguments: list[str]) -> int:
    """See the module's text."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # clears up, as does Ctrl+C
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with Cluster().start_all() as cluster:
            return subprocess.run(arguments, env=cluster.environment).returncode
    except ClusterError as error:
        print(f"no cluster: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
