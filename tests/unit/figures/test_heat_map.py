import pytest
from matplotlib.patches import Rectangle

GMT = ("phonons", "cgcnn", "mdl", "gmt")


@pytest.fixture
def drawing(build, entry_of, write_changes):
    """GMT is told to be better on phonons, MAMM cannot be told from mean pooling there; 2D is not trained."""
    changes = [(*GMT, -12.0), ("phonons", "cgcnn", "mdl", "mamm", 0.3)]
    return build(entry_of("heat_map"), write_changes(changes))


def fields(drawing):
    return [patch for patch in drawing.figure.axes[0].patches if isinstance(patch, Rectangle)]


def test_a_field_tells_the_change_and_its_interval(drawing, written):
    words = written(drawing.figure)
    row = drawing.tidy.set_index(["pooling", "dataset"]).loc[("gmt", "phonons")]
    assert row["value"] == pytest.approx(-12.0)
    assert "\N{MINUS SIGN}12.0" in words
    ends = f"\N{MINUS SIGN}{-row['low']:.1f} to \N{MINUS SIGN}{-row['high']:.1f}"
    assert ends in words


def test_what_cannot_be_told_from_zero_is_faint_hatched_and_in_parentheses(drawing, written):
    assert "(+0.3)" in written(drawing.figure)
    told = [patch for patch in fields(drawing) if patch.get_hatch() is None]
    hatched = [patch for patch in fields(drawing) if patch.get_hatch()]
    # GMT on phonons; three gaps: both poolings on 2D. Hatched: MAMM there, and averages of one dataset.
    assert (len(told), len(hatched)) == (3, 3)
    assert all(min(patch.get_facecolor()[:3]) > 0.6 for patch in hatched)


def test_colors_are_symmetric_about_zero(build, entry_of, write_changes):
    changes = [(*GMT, -12.0), ("phonons", "cgcnn", "mdl", "mamm", 12.0)]
    drawing = build(entry_of("heat_map", datasets=["phonons"]), write_changes(changes))
    scale = drawing.figure.axes[1]
    assert scale.get_xlim()[0] == pytest.approx(-scale.get_xlim()[1])
    better, worse = fields(drawing)[0], fields(drawing)[1]
    assert better.get_facecolor()[2] > better.get_facecolor()[0]
    assert worse.get_facecolor()[0] > worse.get_facecolor()[2]


def test_averages_and_gaps_are_told(drawing, written):
    words = " ".join(written(drawing.figure)).replace("\n", " ")
    assert "not trained" in words
    assert "no interval; 1/2" in words
    assert "GMT; MAMM: not trained on 2D." in words
    assert "of 2 changes 1 are told to be better and 0 to be worse" in drawing.description
    assert "GMT: average \N{MINUS SIGN}12.0 (no interval) over 1 of 2 datasets." in drawing.description


def test_what_is_nowhere_planned_has_no_field_and_is_named(build, entry_of, write_changes, written):
    entry = entry_of("heat_map")
    planned = [GMT, ("phonons", "cgcnn", "mdl", "mean")]
    drawing = build(entry, write_changes([(*GMT, -3.0)]), planned=planned)
    assert len(fields(drawing)) == 2  # phonons and the average
    assert "MAMM: not planned on any dataset." in " ".join(written(drawing.figure)).replace("\n", " ")


def test_each_setting_has_its_map(build, entry_of, write_changes, written):
    entry = entry_of("heat_map", settings=[["cgcnn", "mdl"], ["torchmd", "ocp"]])
    drawing = build(entry, write_changes([(*GMT, -3.0), ("phonons", "torchmd", "ocp", "gmt", 4.0)]))
    assert {"MDL CGCNN", "OCP TorchMD"} <= set(written(drawing.figure))
    assert len(drawing.tidy) == 2 * 2 * 3  # settings, poolings, two datasets and their average
