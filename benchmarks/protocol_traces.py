"""Train trials as the workflow does, and note after each epoch what other protocols would read.

    python benchmarks/protocol_traces.py --configfile config/config.yaml -- phonons/cgcnn/mdl/mean/seed-111

Graphs and splits must lie in the folder of results. The trial's files are written as by the rule train_trial;
the costs in its record leave out the additional evaluations. ``trace.parquet`` beside them holds one row for
each epoch and each kind of weights: raw, and moving averages with several time constants. With
``--validation 0.333 0.667`` it also holds the validation error of such shares of the validation part.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from gnnpool import stages
from gnnpool.artifacts import write_table
from gnnpool.config import read_config
from gnnpool.layout import Layout
from gnnpool.network import Network
from gnnpool.plan import Plan
from gnnpool.records import Trial, outputs_in
from gnnpool.training.account import Account
from gnnpool.training.averaging import MovingAverage
from gnnpool.training.checkpoint import CheckpointFile, Checkpoints, Interval
from gnnpool.training.loop import predict, train
from gnnpool.training.metrics import mae
from gnnpool.training.outputs import Outputs, write_outputs
from gnnpool.training.prepare import PreparedTrial, prepare_trial
from gnnpool.training.seeding import derive_seed
from gnnpool.training.state import TrainingState
from gnnpool.training.step import evaluation_limit

TIME_CONSTANTS = (2.0, 5.0, 10.0, 20.0)
NEVER = Interval(epochs=10**9, seconds=1e9)


class Tracer(Checkpoints):
    """Evaluates, after each epoch, the weights and their moving averages on the validation and test parts.

    It only reads the training, at the two places where a training offers to be saved.

    Args:
        trial: The prepared trial, its network still with the initial weights.
        clock: The trial's clock; the time spent here is taken off.
        folder: Where a checkpoint would be; none is ever due.
        time_constants: Of the averages, epochs.
        shares: Of the validation part, whose error is noted as well.
    """

    def __init__(
        self,
        trial: PreparedTrial,
        clock: Account,
        folder: Path,
        *,
        time_constants: Sequence[float],
        shares: Sequence[float] = (),
    ) -> None:
        super().__init__(
            CheckpointFile(folder, trial.id), NEVER, started=lambda _: None, saved=lambda _: None
        )
        self.rows: list[dict] = []
        self._trial, self._clock, self._stepped = trial, clock, False
        steps = -(-len(trial.parts["train"]) // trial.settings.batch_size)
        self._averages = {
            constant: MovingAverage(trial.network, time_constant=constant, steps_per_epoch=steps)
            for constant in time_constants
        }
        self._shares = (*shares, 1.0)
        # A smaller share is part of a larger one, and the same for all trials of a split.
        self._order = np.random.default_rng(0).permutation(len(trial.parts["val"]))
        parts = [trial.parts["val"], trial.parts["test"]]
        limit = evaluation_limit(trial.graphs)
        self._batches = [list(trial.graphs.batches(trial.graphs.divide(part, limit))) for part in parts]

    def between_batches(self) -> None:
        """Add the step before this batch to the averages."""
        super().between_batches()
        self._update()
        self._stepped = True

    def end_epoch(self, training: TrainingState, *, last: bool) -> None:
        """Evaluate after the last step of the epoch."""
        wall, cpu = time.perf_counter(), time.process_time()
        self._update()
        epoch = training.progress.epoch
        weights = {0.0: training.network}
        for constant, average in self._averages.items():
            average.copy_counters()
            weights[constant] = average.network
        for constant, network in weights.items():
            about = {"epoch": epoch, "time_constant": constant}
            self.rows += [about | errors for errors in self._errors(network)]
        self._clock.add(
            {
                "attempts": 0,
                "wall_seconds": wall - time.perf_counter(),
                "cpu_seconds": cpu - time.process_time(),
            }
        )
        super().end_epoch(training, last=last)

    def _update(self) -> None:
        if self._stepped:
            for average in self._averages.values():
                average.update()
        self._stepped = False

    def _errors(self, network: Network) -> Iterator[dict[str, float]]:
        with torch.random.fork_rng([]):
            (targets, predictions), tested = (predict(network, batches) for batches in self._batches)
        for share in self._shares:
            chosen = self._order[: round(share * len(targets))]
            yield {
                "validation": share,
                "val_mae": mae(targets[chosen], predictions[chosen]),
                "test_mae": mae(*tested),
            }


def trace(plan: Plan, trial: Trial, time_constants: Sequence[float], shares: Sequence[float] = ()) -> None:
    """Train one trial, and write its files and its trace.

    Args:
        plan: Of the configuration.
        trial: The trial.
        time_constants: Of the averages, epochs.
        shares: See :class:`Tracer`.
    """
    config, clock = plan.config, Account()
    layout = Layout(*(config[key] for key in ("results", "logs", "resources")))
    folder = Path(layout.trial(str(trial)))
    prepared = prepare_trial(
        graphs=f"{layout.graphs(trial.dataset, trial.edges)}.safetensors",
        split=f"{layout.data(trial.dataset)}/splits/seed-{trial.seed}.parquet",
        trial=trial,
        model=plan.model_entry(trial.model),
        pooling=plan.pooling_entry(trial.pooling),
        training=config["training"],
        stage_version=stages.TRAINING,
        device="cpu",
    )
    tracer = Tracer(prepared, clock, folder / "checkpoint", time_constants=time_constants, shares=shares)
    progress = train(
        prepared.network,
        prepared.graphs,
        prepared.parts,
        prepared.settings,
        order_seed=derive_seed(trial, "order"),
        engine=prepared.engine,
        checkpoints=tracer,
        clock=clock,
    )
    table = pa.Table.from_pylist([{"trial": str(trial)} | row for row in tracer.rows])
    units = {
        "epoch": "1",
        "time_constant": "epochs",
        "validation": "1",
        **dict.fromkeys(["val_mae", "test_mae"], prepared.unit),
    }
    write_table(folder / "trace.parquet", table, units=units)
    write_outputs(Outputs(**outputs_in(folder)), prepared, progress, clock, [])


def main(arguments: Sequence[str] | None = None) -> None:
    """Trace the trials that are not traced yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--configfile", nargs="+", required=True, help="the files given to snakemake")
    parser.add_argument("trials", nargs="+", help="names of trials")
    parser.add_argument("--time-constants", nargs="+", type=float, default=TIME_CONSTANTS, help="epochs")
    parser.add_argument(
        "--validation", nargs="+", type=float, default=(), help="shares of the validation part"
    )
    given = parser.parse_args(arguments)
    plan = Plan(read_config(given.configfile))
    for name in given.trials:
        if not (Path(plan.config["results"]) / "trials" / name / "trace.parquet").exists():
            trace(plan, Trial.parse(name), given.time_constants, given.validation)


if __name__ == "__main__":
    main()
