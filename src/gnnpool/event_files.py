"""Histories of finished trials as event files, which TensorBoard shows."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa

from gnnpool.analysis.collect import TRIAL, read_records
from gnnpool.errors import ConfigError, DataError
from gnnpool.extras import extra
from gnnpool.records import Trial
from gnnpool.trial_files import read_trial_table, trials_at

with extra("tensorboard"):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter


def export_histories(*, results: str | Path, output: str | Path) -> int:
    """Write every column of the history of every finished trial, one run for each trial.

    A run is named by dataset, model, edges, pooling and seed. Errors carry the unit of the target in
    their name, since datasets differ in it.

    Args:
        results: Folder of results.
        output: New or empty folder.

    Returns:
        Number of trials.

    Raises:
        ConfigError: If the folder is not empty; TensorBoard would draw the old runs too.
        DataError: If no trial is finished.
        ArtifactError: If a file is damaged, or of another trial than its folder.
    """
    output = Path(output)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ConfigError(f"{output}: expected a new or empty folder")
    paths = sorted(Path(results).glob("trials/*/*/*/*/*/record.parquet"))
    if not paths:
        raise DataError(f"{results}: found no finished trial")
    of = trials_at(paths)
    for record in read_records(paths).to_dict("records"):
        trial = Trial(*(record[name] for name in TRIAL))
        history = read_trial_table(of[trial].with_name("history.parquet"), record)
        ended = datetime.fromisoformat(record["finished"]).timestamp()
        _write_run(output / str(trial), history, unit=record["unit"], ended=ended)
    return len(paths)


def _write_run(folder: Path, history: pa.Table, *, unit: str, ended: float) -> None:
    """One event for each epoch; its time counts back from the end of the trial by the seconds of epochs."""
    rows = history.to_pylist()
    left = sum(row["seconds"] for row in rows)
    writer = EventFileWriter(str(folder))
    for row in rows:
        left -= row["seconds"]
        values = [
            Summary.Value(tag=f"{name} ({unit})" if name.endswith("mae") else name, simple_value=value)
            for name, value in row.items()
            if name != "epoch" and value is not None
        ]
        writer.add_event(Event(wall_time=ended - left, step=row["epoch"], summary=Summary(value=values)))
    writer.close()
