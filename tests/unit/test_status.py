import json
import sys
from types import SimpleNamespace

import pyarrow as pa
import pytest
from filelock import FileLock

from gnnpool import journal
from gnnpool.artifacts import write_table
from gnnpool.cli import main
from gnnpool.status import DONE, FAILED, MISSING, RUNNING, STOPPED, as_text, read_status

RECORD = {
    **{"dataset": "salts", "model": "cgcnn", "edges": "mdl", "pooling": "mean", "init": 0},
    **{"epochs": 40, "wall_seconds": 3600.0, "device": "cuda"},
}
SEEDS = {1: DONE, 2: RUNNING, 3: FAILED, 4: STOPPED, 5: STOPPED, 6: MISSING}


@pytest.fixture
def config(tmp_path):
    """Six trials of one block, one in each state and two that stopped; a second block not begun."""
    block = {"datasets": ["salts"], "models": ["cgcnn"], "edges": ["mdl"]}
    return {
        "results": str(tmp_path / "results"),
        "logs": str(tmp_path / "logs"),
        "seeds": list(SEEDS),
        "noise_floor": {"poolings": [], "initialisations": [1]},
        "blocks": [
            {"name": "first", **block, "poolings": ["mean"]},
            {"name": "second", **block, "models": ["torchmd"], "poolings": ["mean"]},
        ],
    }


@pytest.fixture
def begun(config, tmp_path):
    """What the trials of the first block have left on disk."""
    folder = tmp_path / "logs/trials/salts/cgcnn/mdl/mean"
    for seed in (1, 2, 3, 4, 5):
        journal.note(folder / f"seed-{seed}.jsonl", journal.STARTED, epoch=0, epochs=40)
        (folder / f"seed-{seed}.log").write_text("INFO epoch 9 train_mae 1\nINFO epoch 10 train_mae 1\n")
    journal.note(folder / "seed-1.jsonl", journal.FINISHED)
    journal.note(folder / "seed-3.jsonl", journal.FAILED, reason="DivergedError: epoch 3, batch 1 of 7")
    journal.note(folder / "seed-4.jsonl", journal.INTERRUPTED, reason="SIGTERM after epoch 10: saved")
    row = {**RECORD, "seed": 1}
    record = tmp_path / "results/trials/salts/cgcnn/mdl/mean/seed-1/record.parquet"
    write_table(record, pa.Table.from_pylist([row]))
    with FileLock(folder / "seed-2.lock", is_singleton=False):
        yield config


def states(status):
    return {one.trial.seed: one.state for one in status.blocks["first"]}


def test_each_trial_is_in_the_state_that_its_files_show(begun):
    status = read_status(begun)
    assert states(status) == SEEDS
    assert status.counts("second") == {MISSING: 6}
    running = status.blocks["first"][1]
    assert (running.epoch, running.epochs) == (10, 40)


def test_failed_stopped_and_killed_trials_have_a_reason_and_a_log(begun):
    failed, stopped, killed = read_status(begun).without_record()
    assert "DivergedError: epoch 3" in failed.reason
    assert "SIGTERM after epoch 10" in stopped.reason
    assert "no reason recorded" in killed.reason
    assert killed.log.endswith("salts/cgcnn/mdl/mean/seed-5.log")


def test_the_time_left_counts_what_others_of_the_kind_took(begun):
    assert read_status(begun).seconds_left is None  # nothing is known of the second block
    del begun["blocks"][1]
    # One hour each: three have a quarter behind them, one runs likewise, one is missing; one at once.
    assert read_status(begun).seconds_left == pytest.approx(3600 * (4 * 0.75 + 1))


def test_hours_are_listed_by_device(begun):
    assert read_status(begun).hours["cuda"] == pytest.approx(1.0)


def test_trials_that_share_a_gpu_share_its_hours(begun, tmp_path):
    """Two at once on one GPU for an hour, of which one goes on alone for half an hour, on another one."""
    folder = tmp_path / "logs/trials/salts/cgcnn/mdl/mean"
    lines = [
        (1, "started", "12:00", {"gpu": "a"}),
        (1, "finished", "13:00", {}),
        (4, "started", "12:15", {"gpu": "a"}),
        (4, "interrupted", "12:45", {"reason": ""}),
        (4, "started", "14:00", {"gpu": "b"}),
        (4, "interrupted", "14:30", {"reason": ""}),
    ]
    for seed in (1, 4):
        events = [
            {"time": f"2026-01-01T{at}:00.000+00:00", "event": event, "epoch": 1, "host": "h", **facts}
            for one, event, at, facts in lines
            if one == seed
        ]
        (folder / f"seed-{seed}.jsonl").write_text("\n".join(map(json.dumps, events)))
    status = read_status(begun)
    assert status.gpu_hours == pytest.approx(1.5)
    assert "1.5 GPU-hours" in as_text(status)


def test_a_start_names_the_gpu_that_the_process_computes_on(tmp_path, monkeypatch):
    cuda = SimpleNamespace(
        is_initialized=lambda: True,
        current_device=lambda: 1,
        get_device_properties=lambda number: SimpleNamespace(uuid=f"GPU-{number}"),
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda, set_flush_denormal=bool))
    for event in (journal.STARTED, journal.SAVED):
        journal.note(tmp_path / "trial.jsonl", event, epoch=0)
    first, second = journal.read_journal(tmp_path / "trial.jsonl")
    assert first["gpu"] == "GPU-1"
    assert "gpu" not in second


def test_a_trial_that_was_unpacked_from_a_bundle_is_done(begun, tmp_path):
    record = tmp_path / "results/bundled/salts/cgcnn/mdl/mean/seed-6/record.parquet"
    write_table(record, pa.Table.from_pylist([{**RECORD, "seed": 6}]))
    states = {one.trial.seed: one.state for one in read_status(begun).blocks["first"]}
    assert states == {**SEEDS, 6: DONE}


def test_a_damaged_record_is_no_success(begun, tmp_path):
    record = next(tmp_path.rglob("record.parquet"))
    record.write_bytes(record.read_bytes()[:-1])
    assert states(read_status(begun))[1] == FAILED


def test_a_foreign_record_is_named(begun, tmp_path):
    record = next(tmp_path.rglob("record.parquet"))
    write_table(record, pa.Table.from_pylist([{**RECORD, "seed": 7}]))
    foreign = read_status(begun).without_record()[0]
    assert "record of salts/cgcnn/mdl/mean/seed-7, expected salts/cgcnn/mdl/mean/seed-1" in foreign.reason


def test_a_record_without_its_columns_is_named(begun, tmp_path):
    write_table(next(tmp_path.rglob("record.parquet")), pa.table({"dataset": ["salts"]}))
    assert "no record of a trial" in read_status(begun).without_record()[0].reason


def test_no_flipped_bit_of_a_journal_is_read_as_another_event(tmp_path):
    path = tmp_path / "trial.jsonl"
    for epoch in range(3):
        journal.note(path, journal.SAVED, epoch=epoch)
    content, events = path.read_bytes(), journal.read_journal(path)
    for bit in range(0, 8 * len(content), 7):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(damaged)
        found, lines = journal.read_lines(path)
        # A checksum without its name is a fact that nobody reads.
        assert all(any(event.items() <= line.items() for event in events) for line in found)
        assert lines or len(found) == len(events)


def test_journals_of_earlier_versions_have_no_checksums(tmp_path):
    journal.note(path := tmp_path / "trial.jsonl", journal.STARTED, epoch=0)
    line = json.loads(path.read_text())
    del line["crc32"]
    path.write_text(json.dumps(line) + "\n")
    assert journal.read_journal(path) == [line]


def test_damaged_lines_of_a_journal_are_skipped_and_counted(begun, tmp_path):
    with open(tmp_path / "logs/trials/salts/cgcnn/mdl/mean/seed-3.jsonl", "ab") as file:
        file.write(b'{"time": "2026-01-01T\n[1]\n\xff\n{"event": "saved"}\n')
    assert states(read_status(begun)) == SEEDS
    assert "journals: 4 damaged lines skipped" in as_text(read_status(begun))


def test_reading_changes_nothing_and_makes_nothing(begun, tmp_path):
    def seen():
        return {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    before = seen()
    read_status(begun)
    assert seen() == before


@pytest.mark.parametrize(
    "name", ["gnnpool.status.read_table", "gnnpool.journal.read_lines", "gnnpool.status.is_held"]
)
def test_an_unreadable_file_is_a_reason_of_its_trial_and_ends_nothing(begun, monkeypatch, name):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(name, refuse)
    reasons = {one.reason for one in read_status(begun).without_record()}
    assert any("cannot be read: Permission denied" in reason for reason in reasons)


def test_the_text_has_a_line_for_each_block_and_names_troubles(begun):
    text = as_text(read_status(begun))
    assert [line.split() for line in text.splitlines()[1:4]] == [
        ["first", "1", "1", "1", "2", "1"],
        ["second", "-", "-", "-", "-", "6"],
        ["all", "together", "1", "1", "1", "2", "7"],
    ]
    assert "running  salts/cgcnn/mdl/mean/seed-2  epoch 10 of 40" in text


def test_the_command_reads_the_files_that_snakemake_reads(begun, tmp_path, capsys):
    first, second = tmp_path / "config.yaml", tmp_path / "overlay.yaml"
    first.write_text(json.dumps({**begun, "seeds": [9]}))
    second.write_text(json.dumps({"seeds": [1, 2]}))
    assert main(["status", "--configfile", str(first), str(second), "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)["blocks"]["first"]["counts"]
    assert counts == {"done": 1, "running": 1, "failed": 0, "stopped": 0, "missing": 0}
    assert main(["status", "--configfile", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml: no such file" in capsys.readouterr().err
