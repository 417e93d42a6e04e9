"""Figures of the averaged reading."""

import pandas as pd
import pyarrow as pa
import pytest

from gnnpool.artifacts import read_table, write_table


@pytest.fixture
def records(study):
    """Trials whose averaged errors are half the raw ones, in records, predictions and histories."""
    raw, averaged = {"mean": 5.0, "gmt": 4.0}, {"mean": 2.5, "gmt": 3.0}
    fields = {
        pooling: {"averaged_test_mae": error, "averaged_best_epoch": 4} for pooling, error in averaged.items()
    }
    records = study(raw, datasets=["phonons"], seeds=[111], **fields)
    for record in records:
        error = averaged[pd.read_parquet(record)["pooling"].item()]
        for name, column in (("predictions", "prediction"), ("history", "val_mae")):
            path = record.with_name(f"{name}.parquet")
            table = read_table(path)
            frame = table.to_pandas()
            scale = error / raw[pd.read_parquet(record)["pooling"].item()]
            zero = frame["target"] if name == "predictions" else 0.0
            added = pa.array(zero + scale * (frame[column] - zero))
            metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
            metadata = {key: value for key, value in metadata.items() if key in ("trial", "trial_id")}
            write_table(path, table.append_column(f"averaged_{column}", added), metadata=metadata)
    return records


@pytest.mark.parametrize(
    ("kind", "column", "raw", "averaged"),
    [
        ("parity", "error", 4.0, 3.0),
        ("heat_map", "value", -20.0, 20.0),
        ("learning_curves", "val_mae_lowest", 4.0, 3.0),
    ],
)
def test_a_figure_has_the_numbers_of_its_reading_and_names_one_that_is_not_raw(
    compose, entry_of, records, kind, column, raw, averaged
):
    entry = entry_of(kind, datasets=["phonons"], poolings=["gmt"])
    drawn = {
        reading: compose(entry | more, records, seeds=[111], name=reading)
        for reading, more in (("raw", {}), ("averaged", {"reading": "averaged"}))
    }
    for reading, expected in (("raw", raw), ("averaged", averaged)):
        tidy = drawn[reading].tidy
        tidy = tidy[tidy["pooling"] == "gmt"]
        lowest = tidy[column].min() if kind == "learning_curves" else tidy[column].iloc[0]
        assert lowest == pytest.approx(expected)
        assert drawn[reading].metadata[b"reading"].decode() == reading
    assert drawn["raw"].metadata[b"title"] == b"CGCNN with MDL edges"
    assert "eading" not in drawn["raw"].text
    assert drawn["averaged"].metadata[b"title"] == b"CGCNN with MDL edges (averaged reading)"
    assert "Averaged reading: the exponential moving average" in drawn["averaged"].text
