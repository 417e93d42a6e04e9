import pytest
from matplotlib.collections import PathCollection

from gnnpool.analysis.verdict import AGREES, DIFFERS

DATASETS = ["2d", "phonons", "surface"]


@pytest.fixture
def draw(build, entry_of, write_changes, published_by_dataset):
    """Ours are theirs on some datasets, all moved by some percent; one dataset may be left out."""

    def draw(moved=0.0, left_out=()):
        chosen = [
            (d, m, e, p, c + moved)
            for d, m, e, p, c in published_by_dataset
            if d in DATASETS and p in ("gmt", "mamm") and d not in left_out
        ]
        entry = entry_of("measured_beside_published", datasets=DATASETS)
        return build(entry, write_changes(chosen))

    return draw


def test_each_entry_is_a_point_at_theirs_and_ours(draw):
    drawing = draw()
    single = drawing.tidy[drawing.tidy["dataset"] != "average"]
    assert len(single) == 6
    assert single["value"].to_list() == pytest.approx(single["published"].to_list())
    found = [c for c in drawing.figure.axes[0].collections if isinstance(c, PathCollection)]
    points = [tuple(point) for c in found for point in c.get_offsets()]
    expected = single[["published", "value"]]  # averages over three datasets do not compare
    assert sorted(points) == [pytest.approx(row) for row in sorted(map(tuple, expected.to_numpy()))]


def test_equal_changes_agree_and_far_ones_differ(draw, written):
    assert (draw().tidy.query("dataset != 'average'")["verdict"] == AGREES).all()
    drawing = draw(moved=40.0)
    assert (drawing.tidy.query("dataset != 'average'")["verdict"] == DIFFERS).all()
    assert "Differs: MDL CGCNN, 2D: GMT: ours" in drawing.description
    assert "6 differ" in drawing.description
    assert {"2D: GMT", "Phonons: MAMM"} <= set(written(drawing.figure))


def test_both_axes_have_the_same_scale(draw):
    axes = draw().figure.axes[0]
    assert axes.get_xlim() == axes.get_ylim()
    assert axes.get_xscale() == axes.get_yscale() == "symlog"
    line = axes.lines[0]
    assert list(line.get_xdata()) == list(line.get_ydata())


def test_printed_entries_without_ours_are_counted(draw, written):
    drawing = draw(left_out=["surface"])
    assert "Printed, but none of ours: 2 (not trained)." in drawing.description
    assert any("Averages over other datasets than the paper's 7" in text for text in written(drawing.figure))


def test_datasets_that_the_paper_does_not_have_give_an_empty_figure(build, entry_of, write_changes, written):
    entry = entry_of("measured_beside_published", datasets=["salts"])
    drawing = build(entry, write_changes([("salts", "cgcnn", "mdl", "gmt", -3.0)]))
    assert "no entry that both have" in written(drawing.figure)
    assert "Of 0 entries that both have" in drawing.description
