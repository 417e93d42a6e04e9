"""Changes against the width of the pooled vector."""

import numpy as np
import pytest

from gnnpool.artifacts import write_json
from gnnpool.config import traits_of
from gnnpool.specs import Traits

MAMM = ["mean", "sum", "max", "min"]
ENTRIES = {
    "mean": {"label": "Mean"},
    "gmt": {"label": "GMT"},
    "mamm": {"label": "MAMM", "operators": MAMM},
    **{f"mean_w{w}": {"label": f"Mean {w}", "operators": ["mean"], "width": w} for w in (25, 400)},
    **{f"gmt_w{w}": {"label": f"GMT {w}", "operators": ["gmt"], "width": w} for w in (25, 100, 400)},
}
ERRORS = {"mean": 5.0, "gmt": 4.0, "mean_w25": 6.0, "mean_w400": 5.0, "gmt_w25": 5.5, "gmt_w400": 4.5}
TRAITS = {name: Traits(**known) for name, known in traits_of({"poolings": ENTRIES}, ENTRIES).items()}


@pytest.fixture
def entry(entry_of):
    return entry_of("change_by_width", poolings=[*(name for name in ERRORS if name != "mean"), "gmt_w100"])


@pytest.fixture
def drawing(build, entry, study, tmp_path):
    write_json(tmp_path / "networks/cgcnn/gmt-0123abcd.json", {"pooled_channels": 100, "sees_size": False})
    return build(entry, study(ERRORS), traits=TRAITS)


def test_a_line_joins_the_widths_of_one_pooling(drawing):
    phonons, *_ = drawing.figure.axes
    lines = [line for line in phonons.lines if len(line.get_xdata()) > 1 and line.get_marker() != "None"]
    drawn = {tuple(np.round(line.get_ydata(), 6)) for line in lines}
    assert drawn == {(20.0, 0.0), (10.0, -10.0)}


def test_poolings_of_one_width_stand_side_by_side_at_that_width(drawing):
    phonons, *_ = drawing.figure.axes
    first = sorted(line.get_xdata()[0] for line in phonons.lines if len(line.get_xdata()) == 2)
    first = [x for x in first if x > 1]
    assert first[0] < 25 < first[1]
    assert np.sqrt(first[0] * first[1]) == pytest.approx(25)


def test_a_pooling_without_a_width_stands_at_the_width_of_its_own_vector(drawing):
    row = drawing.tidy[(drawing.tidy["pooling"] == "gmt") & (drawing.tidy["dataset"] == "phonons")].iloc[0]
    assert (row["base"], row["width"], row["mapped"]) == ("gmt", 100, False)
    assert "GMT, width 100, without a map: \N{MINUS SIGN}20.0" in drawing.description


def test_an_unknown_width_is_a_level_line_and_missing(build, entry, study):
    drawing = build(entry, study(ERRORS), traits=TRAITS)
    assert drawing.tidy.loc[drawing.tidy["pooling"] == "gmt", "width"].isna().all()
    levels = [line.get_ydata()[0] for line in drawing.figure.axes[0].lines if line.get_linestyle() == "--"]
    assert levels == pytest.approx([-20.0])
    assert "GMT, width not known, without a map" in drawing.description


def test_the_average_has_a_panel_and_what_is_not_trained_is_named(drawing, written):
    assert len(drawing.figure.axes) == 3
    averages = drawing.tidy[drawing.tidy["dataset"] == "average"].set_index("pooling")["value"]
    assert averages["gmt_w400"] == pytest.approx(-10.0)
    assert "gmt_w100" not in set(drawing.tidy["pooling"])
    assert "gmt_w100: not trained on any dataset." in " ".join(written(drawing.figure)).replace("\n", " ")


def test_intervals_are_upright_lines_at_their_points(build, entry_of, write_changes):
    rows = [
        ("phonons", "cgcnn", "mdl", pooling, change)
        for pooling, change in (("gmt_w25", 3.0), ("gmt_w400", -2.0))
    ]
    one = entry_of("change_by_width", datasets=["phonons"], poolings=["gmt_w25", "gmt_w400"])
    drawing = build(one, write_changes(rows), traits=TRAITS)
    (axes,) = drawing.figure.axes
    found = [segment for lines in axes.collections for segment in getattr(lines, "get_segments", list)()]
    ends = [(width, low, high) for ((width, low), (_, high)) in found]
    expected = drawing.tidy[["width", "low", "high"]].itertuples(index=False, name=None)
    assert ends == [pytest.approx(row) for row in expected]
    assert all(low < high for _, low, high in ends)


def test_entries_that_differ_in_more_than_the_width_are_different_poolings():
    entries = ENTRIES | {
        "gradual": {"label": "", "operators": MAMM, "head": "gradual"},
        "mamm_w50": {"label": "", "operators": MAMM, "width": 50},
        "gradual_w50": {"label": "", "operators": MAMM, "width": 50, "head": "gradual"},
        "std_w50": {"label": "", "operators": ["std"], "width": 50},
    }
    found = {name: known["base"] for name, known in traits_of({"poolings": entries}, entries).items()}
    assert found["mamm_w50"] == "mamm"
    assert found["gradual_w50"] == "gradual"
    assert found["std_w50"] == "std_w50"
    assert found["gmt_w25"] == "gmt"
