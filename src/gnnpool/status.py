"""Progress of a grid of trials, read from records, journals, locks and logs."""

import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from gnnpool import journal
from gnnpool.artifacts import read_table
from gnnpool.errors import ArtifactError
from gnnpool.gpu_hours import Span, gpu_hours, gpu_spans
from gnnpool.lock import is_held
from gnnpool.progress import duration
from gnnpool.records import Trial
from gnnpool.trials import plan_trials

DONE, RUNNING, FAILED, STOPPED, MISSING = STATES = ("done", "running", "failed", "stopped", "missing")
_EPOCH = re.compile(r" epoch (\d+) train_mae ")
_TAIL = 4096  # bytes at the end of a log that contain its last epoch


@dataclass(frozen=True)
class TrialStatus:
    """Progress of one trial.

    Args:
        trial: The trial.
        state: "done": its record exists. "running": a process holds its lock. "failed": its last attempt
            ended with an error. "stopped": its last attempt was interrupted or killed; the next one
            resumes. "missing": it never started.
        epoch: Last epoch in its log.
        epochs: Planned epochs; 0 if it never started.
        reason: Reason of the failure or interruption.
        log: Its log.
        seconds: Known wall time of all its attempts, s.
        device: Device of a finished trial.
        damaged: Number of damaged lines in its journal.
    """

    trial: Trial
    state: str
    epoch: int = 0
    epochs: int = 0
    reason: str = ""
    log: str = ""
    seconds: float = 0.0
    device: str = ""
    damaged: int = 0


@dataclass(frozen=True)
class GridStatus:
    """Progress of all blocks.

    Args:
        blocks: Trials of each block.
        seconds_left: Estimated wall time until all trials are done with as many at once as run now, s;
            None if there is nothing to estimate it from.
        hours: Wall time of the trials on each kind of device, h.
        gpu_hours: GPU-hours; concurrent trials on one GPU count once. They are computed from the journals,
            including abandoned attempts.
    """

    blocks: Mapping[str, Sequence[TrialStatus]]
    seconds_left: float | None
    hours: Mapping[str, float] = field(default_factory=dict)
    gpu_hours: float = 0.0

    @property
    def is_done(self) -> bool:
        """Whether every trial has its record."""
        return all(one.state == DONE for trials in self.blocks.values() for one in trials)

    def counts(self, block: str) -> Counter:
        """Number of trials of a block in each state."""
        return Counter(status.state for status in self.blocks[block])

    def without_record(self) -> list[TrialStatus]:
        """Trials that failed or were interrupted."""
        return [one for trials in self.blocks.values() for one in trials if one.state in (FAILED, STOPPED)]


def read_status(config: Mapping) -> GridStatus:
    """Read the progress of the trials of a configuration; write nothing.

    A read error becomes the reason in the status of its trial.

    Args:
        config: The configuration: results, logs, seeds, noise_floor and blocks.
    """
    results, logs = Path(config["results"]) / "trials", Path(config["logs"]) / "trials"
    spans: list[Span] = []
    blocks = {
        block["name"]: [
            _status(trial, results, logs, spans)
            for trial in plan_trials([block], config["seeds"], config["noise_floor"])
        ]
        for block in config["blocks"]
    }
    trials = [status for block in blocks.values() for status in block]
    hours: dict[str, float] = {}
    for one in trials:
        if one.seconds:
            device = one.device or "not finished"
            hours[device] = hours.get(device, 0.0) + one.seconds / 3600
    return GridStatus(blocks, _seconds_left(trials), hours, gpu_hours(spans))


def as_json(status: GridStatus) -> dict:
    """The progress as plain dictionaries and lists."""
    return {
        "blocks": {
            name: {
                "counts": {state: status.counts(name)[state] for state in STATES},
                "trials": [asdict(one) | {"trial": str(one.trial)} for one in trials],
            }
            for name, trials in status.blocks.items()
        },
        "seconds_left": status.seconds_left,
        "hours": dict(status.hours),
        "gpu_hours": status.gpu_hours,
    }


def as_text(status: GridStatus) -> str:
    """A table for the terminal, and the trials that failed or were interrupted."""
    width = max(map(len, [*status.blocks, "all together"]))
    rows = [(name, status.counts(name)) for name in status.blocks]
    if len(rows) > 1:
        rows.append(("all together", sum((counts for _, counts in rows), Counter())))
    lines = [f"{'':{width}}" + "".join(f"{state:>9}" for state in STATES)]
    lines += [
        f"{name:{width}}" + "".join(f"{counts[state] or '-':>9}" for state in STATES) for name, counts in rows
    ]
    running = [one for trials in status.blocks.values() for one in trials if one.state == RUNNING]
    if running:
        lines += ["", *(f"running  {one.trial}  epoch {one.epoch} of {one.epochs or '?'}" for one in running)]
    if troubles := describe(status.without_record()):
        lines += ["", troubles]
    lines.append("")
    if status.hours:
        spent = [f"{hours:.1f} h of trials, {device}" for device, hours in sorted(status.hours.items())]
        spent += [f"{status.gpu_hours:.1f} GPU-hours"] if status.gpu_hours else []
        lines.append(f"spent: {'; '.join(spent)}")
    if not status.is_done:
        left = status.seconds_left
        time_left = "unknown until a trial of each kind is done" if left is None else duration(left)
        lines.append(f"left: {time_left}")
    if damaged := sum(one.damaged for trials in status.blocks.values() for one in trials):
        lines.append(f"journals: {damaged} damaged lines skipped")
    return "\n".join(lines)


def describe(trials: Sequence[TrialStatus]) -> str:
    """One paragraph for each trial: its state, reason and log."""
    return "\n".join(f"{one.state}  {one.trial}\n    {one.reason}\n    {one.log}" for one in trials)


def _status(trial: Trial, results: Path, logs: Path, spans: list[Span]) -> TrialStatus:
    """Status of one trial; the periods in which it used a GPU are added to the spans."""
    record, log = results / str(trial) / "record.parquet", logs / f"{trial}.log"
    try:
        if not record.exists():  # one that was unpacked from a bundle is done as well
            record = results.with_name("bundled") / str(trial) / "record.parquet"
        events, damaged = journal.read_lines(logs / f"{trial}.jsonl")
        with suppress(FileNotFoundError):
            record.stat()
            spans += gpu_spans(events, running=False)
            return replace(_of_record(trial, record), log=str(log), damaged=damaged)
        if not events:
            return TrialStatus(trial, MISSING, log=str(log), damaged=damaged)
        state, reason = _state(events, logs / f"{trial}.lock")
        spans += gpu_spans(events, running=state == RUNNING)
        epochs = next((event["epochs"] for event in reversed(events) if "epochs" in event), 0)
        seconds = _seconds(events, state)
        return TrialStatus(trial, state, _last_epoch(log), epochs, reason, str(log), seconds, damaged=damaged)
    except OSError as error:
        reason = f"{error.filename or record}: cannot be read: {error.strerror or error}"
        return TrialStatus(trial, FAILED, reason=reason, log=str(log))


def _of_record(trial: Trial, record: Path) -> TrialStatus:
    try:
        row = read_table(record).to_pylist()[0]
        written = Trial(**{field.name: row[field.name] for field in fields(Trial)})
        done = TrialStatus(
            trial, DONE, row["epochs"], row["epochs"], seconds=row["wall_seconds"], device=row["device"]
        )
    except ArtifactError as error:
        return TrialStatus(trial, FAILED, reason=str(error))
    except (IndexError, KeyError) as error:
        return TrialStatus(trial, FAILED, reason=f"{record}: no record of a trial: it lacks {error}")
    if written != trial:
        reason = f"{record}: record of {written}, expected {trial}; delete it, and the trial is trained again"
        return TrialStatus(trial, FAILED, reason=reason)
    return done


def _state(events: Sequence[Mapping], lock: Path) -> tuple[str, str]:
    if is_held(lock):
        return RUNNING, ""
    last = events[-1]
    if last["event"] == journal.FAILED:
        return FAILED, last.get("reason", "")
    if last["event"] == journal.INTERRUPTED:
        return STOPPED, last.get("reason", "")
    if last["event"] == journal.FINISHED:
        return STOPPED, "finished, but its record is gone; it is trained again"
    return STOPPED, f"killed on {last.get('host', 'an unknown host')}, no reason recorded"


def _last_epoch(log: Path) -> int:
    try:
        with open(log, "rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            found = _EPOCH.findall(file.read().decode(errors="replace"))
    except OSError:
        return 0
    return int(found[-1]) if found else 0


def _seconds(events: Sequence[Mapping], state: str) -> float:
    """Wall time between the first and the last event of each attempt; for a running one, until now."""
    found = journal.attempts(events, until=datetime.now(UTC) if state == RUNNING else None)
    return sum((last - first).total_seconds() for _, first, last in found)


def _seconds_left(trials: Sequence[TrialStatus]) -> float | None:
    """Estimate from finished trials of the same dataset, model and edges, else from the trial's own pace."""
    costs: dict[tuple, list[float]] = {}
    for one in trials:
        if one.state == DONE:
            costs.setdefault(one.trial.condition[:3], []).append(one.seconds)
    left = 0.0
    for one in trials:
        if one.state == DONE:
            continue
        share = one.epoch / one.epochs if one.epochs else 0.0
        known = costs.get(one.trial.condition[:3])
        if known:
            left += (1 - share) * statistics.median(known)
        elif share and one.state == RUNNING:
            left += one.seconds * (1 - share) / share
        else:
            return None
    return left / max(1, sum(one.state == RUNNING for one in trials))
