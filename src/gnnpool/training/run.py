"""One trial: graph and split files in, record, history, predictions and weights out."""

import logging
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from gnnpool import journal as events
from gnnpool.errors import ArtifactError, InterruptedTraining
from gnnpool.lock import alone
from gnnpool.records import Trial
from gnnpool.training.account import Account
from gnnpool.training.allocation import explained_exhaustion
from gnnpool.training.checkpoint import CheckpointFile, Checkpoints, Interval
from gnnpool.training.compiler_files import explained_refusal
from gnnpool.training.determinism import noted_operations
from gnnpool.training.loop import train
from gnnpool.training.outputs import Outputs, write_outputs
from gnnpool.training.prepare import PreparedTrial, prepare_trial
from gnnpool.training.seeding import derive_seed

VISIBLE = 60.0  # s after which a file of another host is visible here, as latency-wait of profiles/slurm
logger = logging.getLogger("gnnpool.training")


def run_trial(
    *,
    graphs: str | Path,
    split: str | Path,
    trial: str,
    model: Mapping,
    pooling: Mapping | None,
    training: Mapping,
    stage_version: int,
    device: str,
    outputs: Mapping[str, str | Path],
    checkpoint: str | Path,
    checkpoint_every: Mapping[str, float],
    journal: str | Path,
) -> None:
    """Train one network and write its files; the record last.

    An interrupted trial resumes from its checkpoint, with the numbers of an uninterrupted one. While another
    process works on the same trial this one waits, and it ends if the other one finishes the trial.

    Args:
        graphs: Graph file of the dataset and edges.
        split: Split file of the dataset and seed.
        trial: Name of the trial: dataset/model/edges/pooling/seed-(integer), see
            :class:`gnnpool.records.Trial`.
        model: The model's entry of the configuration.
        pooling: The pooling's entry, if it has one.
        training: The configuration's training section.
        stage_version: Version of the training stage, kept in the record.
        device: "auto", "cpu" or "cuda".
        outputs: The files to write: record, history, predictions and weights.
        checkpoint: Folder of the checkpoint, removed once the record is written.
        checkpoint_every: epochs and seconds after which the training is saved.
        journal: JSON Lines file to which the events of each attempt are appended; the lock is beside it.

    Raises:
        ArtifactError: If a file is damaged or cannot be written, or graphs and split were made from
            different structures.
        DataError: If a part of the split is too small for training or evaluation.
        DivergedError: If the loss is not finite; no record is written.
        InterruptedTraining: If a signal asked to stop; the training is saved.
        OutOfMemory: If the memory of the GPU or of the host runs out.
    """
    clock = Account()
    files = Outputs(**outputs)
    enough = explained_exhaustion(Trial.parse(trial), batch_size=training["batch_size"])
    with alone(Path(journal).with_suffix(".lock")) as waited, _accounted(journal), enough:
        prepared = prepare_trial(
            graphs=graphs,
            split=split,
            trial=Trial.parse(trial),
            model=model,
            pooling=pooling,
            training=training,
            stage_version=stage_version,
            device=device,
        )
        if _is_finished(files, prepared.id, journal, waited=waited):
            logger.info("%s: finished already, by another process", prepared.trial)
            shutil.rmtree(checkpoint, ignore_errors=True)
            return
        _train(prepared, files, clock, Path(checkpoint), Interval(**checkpoint_every), journal)  # type: ignore[arg-type]


def _train(
    prepared: PreparedTrial,
    outputs: Outputs,
    clock: Account,
    checkpoint: Path,
    interval: Interval,
    journal: str | Path,
) -> None:
    network, settings = prepared.network, prepared.settings
    logger.info(
        "%s: %d parameters, %s on %s",
        prepared.trial,
        network.num_parameters,
        prepared.engine,
        prepared.graphs.device,
    )
    checkpoints = Checkpoints(
        CheckpointFile(checkpoint, prepared.id),
        interval,
        started=lambda epoch: events.note(journal, events.STARTED, epoch=epoch, epochs=settings.epochs),
        saved=lambda epoch: events.note(journal, events.SAVED, epoch=epoch),
    )
    with checkpoints.watch_signals(), explained_refusal(), noted_operations() as nondeterministic:
        progress = train(
            network,
            prepared.graphs,
            prepared.parts,
            settings,
            order_seed=derive_seed(prepared.trial, "order"),
            engine=prepared.engine,
            checkpoints=checkpoints,
            clock=clock,
        )
        write_outputs(outputs, prepared, progress, clock, nondeterministic)
    shutil.rmtree(checkpoint, ignore_errors=True)


def _is_finished(files: Outputs, trial_id: str, journal: str | Path, *, waited: bool) -> bool:
    """Whether another process, or an attempt that was killed after its last file, has finished the trial.

    On a network file system, the files of a process that says so may be visible here only later.
    """
    noted = events.read_journal(journal)
    finished = bool(noted) and noted[-1]["event"] == events.FINISHED
    if not waited and (finished or not noted):
        return False
    end = time.monotonic() + (VISIBLE if finished else 0)
    while not files.hold(trial_id):
        if time.monotonic() >= end:
            return False
        time.sleep(0.5)
    return True


@contextmanager
def _accounted(journal: str | Path) -> Iterator[None]:
    """Note in the journal how an attempt ended."""
    try:
        yield
    except InterruptedTraining as error:
        _note_end(journal, events.INTERRUPTED, str(error))
        raise
    except KeyboardInterrupt:
        _note_end(journal, events.INTERRUPTED, "before or after the epochs; the same command resumes it")
        raise
    except BaseException as error:
        _note_end(journal, events.FAILED, f"{type(error).__name__}: {error}")
        raise
    events.note(journal, events.FINISHED)


def _note_end(journal: str | Path, event: str, reason: str) -> None:
    with suppress(ArtifactError):  # the attempt may have failed because of the disk
        events.note(journal, event, reason=reason)
