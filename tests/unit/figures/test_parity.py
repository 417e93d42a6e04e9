import numpy as np
import pytest
from matplotlib.collections import PathCollection


@pytest.fixture
def drawing(build, entry_of, study):
    entry = entry_of("parity", datasets=["phonons"], poolings=["mean", "gmt"])
    return build(entry, study({"mean": 5.0, "gmt": 4.0}, datasets=["phonons"], seeds=[111, 222]))


def points(axes):
    return np.vstack([c.get_offsets() for c in axes.collections if isinstance(c, PathCollection)])


def test_every_test_structure_of_every_seed_is_a_point(drawing):
    assert len(drawing.tidy) == 2 * 2 * 20  # poolings, seeds, structures
    drawn = points(drawing.figure.axes[1])
    assert len(drawn) == 40
    first = drawing.tidy[(drawing.tidy["pooling"] == "gmt") & (drawing.tidy["seed"] == 111)].iloc[0]
    assert (first["target"], first["prediction"], first["error"]) == pytest.approx((10.0, 14.0, 4.0))
    assert first["unit"] == "eV"


def test_both_axes_are_alike_and_the_line_is_between_them(drawing):
    axes = drawing.figure.axes[0]
    assert axes.get_xlim() == axes.get_ylim()
    line = axes.lines[0]
    assert list(line.get_xdata()) == list(line.get_ydata())


def test_error_and_count_stand_above_each_panel(drawing, written):
    words = " ".join(written(drawing.figure)).replace("\n", " ")
    # 4.00 and 4.04 over the two seeds
    assert "MAE 4.02, n = 40 (2 of 5" in words
    assert "Phonons, eV" in words
    assert "Phonons, GMT: mean absolute error 4.02 eV, correlation 1.00, n = 40, 2 of 5 seeds." in (
        drawing.description
    )


def test_predictions_beyond_the_axes_are_drawn_at_the_edge_and_counted(build, entry_of, study, written):
    # Targets reach from 10 to 200, so axes end at 29 % of their range beyond: 219.
    entry = entry_of("parity", datasets=["phonons"], poolings=["mean"])
    drawing = build(entry, study({"mean": 60.0}, datasets=["phonons"], seeds=[111]), seeds=[111])
    low, high = drawing.figure.axes[0].get_ylim()
    assert (low, high) == pytest.approx((-9.0, 219.0))
    beyond = int((~drawing.tidy["prediction"].between(low, high)).sum())
    assert beyond > 0
    assert len(points(drawing.figure.axes[0])) == 20
    assert points(drawing.figure.axes[0])[:, 1].max() == pytest.approx(219.0)
    assert f"{beyond} of 20 predictions lie beyond the axes" in " ".join(written(drawing.figure))


def test_a_dataset_that_is_not_trained_is_named(build, entry_of, study, written):
    entry = entry_of("parity", poolings=["gmt"])
    drawing = build(entry, study({"mean": 5.0, "gmt": 4.0}, datasets=["phonons"]))
    assert "not trained" in written(drawing.figure)
    assert "GMT: not trained on 2D." in drawing.description
