"""One trial: graph and split files in, record, history, predictions and weights out."""

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from gnnpool import journal as events
from gnnpool.errors import ArtifactError, InterruptedTraining
from gnnpool.lock import alone
from gnnpool.records import Trial
from gnnpool.training.allocation import explained_exhaustion
from gnnpool.training.checkpoint import CheckpointFile, Checkpoints, Interval
from gnnpool.training.compiler_files import explained_refusal
from gnnpool.training.determinism import noted_operations
from gnnpool.training.loop import train
from gnnpool.training.outputs import Outputs, write_outputs
from gnnpool.training.prepare import PreparedTrial, prepare_trial
from gnnpool.training.seeding import derive_seed
from gnnpool.training.state import Clock

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
    clock = Clock()
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
        if (waited or _ended_unnoted(journal)) and files.hold(prepared.id):
            logger.info("%s: finished already, by another process", prepared.trial)
            shutil.rmtree(checkpoint, ignore_errors=True)
            return
        _train(prepared, files, clock, Path(checkpoint), Interval(**checkpoint_every), journal)  # type: ignore[arg-type]


def _train(
    prepared: PreparedTrial,
    outputs: Outputs,
    clock: Clock,
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


def _ended_unnoted(journal: str | Path) -> bool:
    """Whether nothing says that the last attempt finished: it may have been killed after its last file."""
    noted = events.read_journal(journal)
    return bool(noted) and noted[-1]["event"] != events.FINISHED


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
