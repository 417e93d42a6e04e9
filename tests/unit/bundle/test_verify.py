"""When a trial that was trained again counts as the trial of a bundle."""

from pathlib import Path

import pyarrow as pa
import pytest

from gnnpool.analysis.collect import read_trials
from gnnpool.artifacts import read_table, write_table
from gnnpool.bundle import verify as verifying
from gnnpool.bundle.unpack import unpack
from gnnpool.bundle.verify import DIFFERS, SAME, UNKNOWN, WITHIN, as_text, compare, verify
from gnnpool.errors import ConfigError
from gnnpool.records import outputs_in


@pytest.fixture
def judge(bundle, planned, tmp_path, monkeypatch):
    """A function that compares a trial with a training whose numbers are larger by a share."""

    def made(*, share: float, there: str, spread: float | None, here: str = "EPYC, AVX512"):
        trial = planned[0]
        unpack(bundle, [trial], tmp_path)
        files = outputs_in(tmp_path / str(trial))
        record = read_table(files["record"])
        place = record.column_names.index("processor")
        write_table(files["record"], record.set_column(place, "processor", pa.array([here])))
        for name, column in (("record", "test_mae"), ("predictions", "prediction")):
            table = read_table(files[name])
            place = table.column_names.index(column)
            larger = pa.compute.multiply(table[column], 1 + share)
            write_table(files[name], table.set_column(place, column, larger))
        known = {(trial.dataset, trial.model, trial.edges): spread} if spread else {}
        monkeypatch.setattr(verifying, "_spreads", lambda trials: known)
        trials = read_trials(bundle.path("trials"))
        name = trials[["dataset", "model", "edges", "pooling", "seed"]].astype(str).agg("/".join, axis=1)
        chosen = trials[name == f"{'/'.join(trial.condition)}/{trial.seed}"].assign(processor=there)
        return compare(bundle, trials, chosen, tmp_path)[0]

    return made


@pytest.mark.parametrize(
    ("share", "there", "spread", "verdict"),
    [
        (0.0, "EPYC, AVX512", None, SAME),
        (0.0, "Xeon, AVX512", None, SAME),
        (1e-9, "EPYC, AVX512", 50.0, DIFFERS),  # the same kind of machine gives the same bits
        (0.01, "EPYC, AVX2", 2.0, WITHIN),
        (0.01, "", 2.0, WITHIN),  # a record of an earlier version names no processor
        (0.03, "EPYC, AVX2", 2.0, DIFFERS),
        (0.01, "EPYC, AVX2", None, UNKNOWN),
    ],
)
def test_bits_decide_on_the_same_kind_of_machine_and_the_spread_elsewhere(
    judge, share, there, spread, verdict
):
    found = judge(share=share, there=there, spread=spread)
    assert found.verdict == verdict
    assert found.agrees == (verdict in (SAME, WITHIN))
    assert verdict in as_text([found])


@pytest.mark.parametrize("count", [-1, 0, 99])
def test_other_numbers_of_trials_than_there_are_cannot_be_verified(bundle, planned, count):
    with pytest.raises(ConfigError, match=f"--trials: found {count}, expected 1 to {len(planned)}"):
        verify(bundle.folder, count=count, seed=0, overlays=[], cores=1)


def test_overlays_cannot_change_what_the_trials_are(bundle, tmp_path, monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[3])
    overlay = tmp_path / "shorter.yaml"
    overlay.write_text("training: {epochs: 7}")
    with pytest.raises(ConfigError, match=r"epochs: found \d+, expected 7 .*; overlays say where data lie"):
        verify(bundle.folder, count=1, seed=0, overlays=[overlay], cores=1)


def test_outside_of_a_checkout_nothing_is_trained(bundle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="found no Snakefile"):
        verify(bundle.folder, count=1, seed=0, overlays=[], cores=1)
