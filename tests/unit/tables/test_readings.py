"""Tables of the raw reading, of the averaged one, and of both."""

from math import sqrt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from gnnpool.artifacts import read_table, write_table
from gnnpool.errors import ConfigError
from gnnpool.records import Trial
from gnnpool.trial_files import named

MINUS = "\N{MINUS SIGN}"
# Errors by the number of the initialisation, then by seed: raw and averaged.
ERRORS = {
    "mean": {0: {111: (10.0, 8.0), 222: (20.0, 16.0)}, 1: {111: (12.0, 9.0), 222: (26.0, 18.0)}},
    "gmt": {0: {111: (11.0, 7.2), 222: (22.0, 16.0)}},
}


@pytest.fixture
def records(write_record):
    """Trials on phonons: GMT is worse by 10 % in the raw reading, and better by 5 % in the averaged one."""
    return [
        write_record(Trial("phonons", "cgcnn", "mdl", pooling, seed, init), raw, averaged_test_mae=averaged)
        for pooling, inits in ERRORS.items()
        for init, seeds in inits.items()
        for seed, (raw, averaged) in seeds.items()
    ]


@pytest.fixture
def one(entry):
    return entry | {"datasets": ["phonons"], "poolings": ["gmt"]}


def test_a_table_shows_the_raw_reading_unless_its_entry_names_another(render, one, records):
    tidy, paths = render(records, entry=one, seeds=[111, 222])
    metadata = read_table(paths["parquet"]).schema.metadata
    assert tidy["value"].iloc[0] == pytest.approx(10.0)
    assert (metadata[b"reading"], metadata[b"title"]) == (b"raw", b"Combined poolings")
    raw_alone = {name: path.read_bytes() for name, path in paths.items()}
    _, paths = render(records, entry=one | {"reading": "raw"}, seeds=[111, 222])
    assert {name: path.read_bytes() for name, path in paths.items()} == raw_alone


def test_a_table_of_the_averaged_reading_has_its_numbers_and_names_it(render, one, records):
    tidy, paths = render(records, entry=one | {"reading": "averaged"}, seeds=[111, 222])
    # GMT: -10 % and 0 %. Repeats of mean pooling: 12.5 % on both seeds.
    assert tidy["value"].iloc[0] == pytest.approx(-5.0)
    floors = tidy["noise_floor"].dropna()
    assert floors.to_list() == pytest.approx([4.302653 * 12.5 / sqrt(2)] * len(floors))
    metadata = read_table(paths["parquet"]).schema.metadata
    assert metadata[b"reading"] == b"averaged"
    assert metadata[b"title"].decode() == "Combined poolings (averaged reading)"
    for name in ("markdown", "latex", "html"):
        text = paths[name].read_text("utf-8")
        assert "Combined poolings (averaged reading)" in text
        assert "Averaged reading: the exponential moving average of the weights" in text


def test_intervals_over_test_structures_are_of_the_reading_of_the_table(render, one, records):
    predictions = []
    for record in records:
        row = pd.read_parquet(record).iloc[0]
        columns = {"id": ["a", "b"], "part": ["test"] * 2, "target": [0.0, 0.0]}
        for reading in ("", "averaged_"):
            columns[f"{reading}prediction"] = np.array([0.5, -1.5]) * row[f"{reading}test_mae"]
        path = record.with_name("predictions.parquet")
        metadata = named(Trial.of_file(path), "")
        write_table(path, pa.table(columns), metadata=metadata)
        predictions.append(path)
    entry = one | {"kind": "intervals", "reading": "averaged"}
    tidy, _ = render(records, entry=entry, predictions=predictions, seeds=[111, 222])
    tested = tidy[tidy["method"] == "bootstrap of test structures"].set_index("seed")["value"]
    assert tested.to_dict() == pytest.approx({111: -10.0, 222: 0.0})


@pytest.mark.parametrize("kind", ["power", "variance", "ranks"])
def test_what_numbers_are_worth_is_that_of_the_reading(render, one, records, write_record, kind):
    """A table of the averaged reading is the raw table of trials that had these errors."""
    tidy, _ = render(records, entry=one | {"kind": kind, "reading": "averaged"}, seeds=[111, 222])
    swapped = [
        write_record(Trial("phonons", "cgcnn", "mdl", pooling, seed, init), averaged, averaged_test_mae=raw)
        for pooling, inits in ERRORS.items()
        for init, seeds in inits.items()
        for seed, (raw, averaged) in seeds.items()
    ]
    expected, _ = render(swapped, entry=one | {"kind": kind}, seeds=[111, 222])
    pd.testing.assert_frame_equal(tidy, expected)


def test_both_readings_stand_side_by_side(render, one, records, printed):
    tidy, paths = render(records, entry=one | {"kind": "readings"}, seeds=[111, 222])
    lines = tidy.set_index("pooling")
    mean, gmt = lines.loc["mean"], lines.loc["gmt"]
    assert (mean["test_mae_raw"], mean["test_mae_averaged"]) == (15.0, 12.0)
    # Of two numbers, half the squared difference: 2 and 18; averaged 0.5 and 2.
    assert (mean["sd_raw"], mean["sd_averaged"]) == pytest.approx((sqrt(10), sqrt(1.25)))
    assert mean["ratio"] == pytest.approx(sqrt(0.125))
    assert (mean["n_seeds"], mean["n_repeats"], gmt["n_repeats"]) == (2, 2, 0)
    assert (gmt["change_raw"], gmt["change_averaged"]) == pytest.approx((10.0, -5.0))
    assert gmt[["sd_raw", "sd_averaged", "ratio"]].isna().all()
    units = read_table(paths["parquet"]).schema.metadata[b"units"].decode()
    assert '"sd_raw": "target unit, over repeats of the same split"' in units
    rows = printed(paths["markdown"])
    assert rows["Phonons: Mean"] == [
        *("15 1/cm (n = 2)", "12 1/cm (n = 2)", "3.2 (2 repeats)", "1.1 (2 repeats)", "0.35", "", "")
    ]
    assert rows["Phonons: GMT"][2:5] == ["\N{EM DASH}"] * 3
    assert rows["Phonons: GMT"][5].startswith("(+10.000)")
    assert rows["Phonons: GMT"][6].startswith(f"({MINUS}5.000)")


def test_a_table_of_both_readings_of_one_reading_is_refused(render, one):
    with pytest.raises(ConfigError, match="table 'table1': reading: found 'averaged', expected none"):
        render([], entry=one | {"kind": "readings", "reading": "averaged"})
