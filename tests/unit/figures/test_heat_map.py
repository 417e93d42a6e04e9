import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.patches import Rectangle

GMT = ("phonons", "cgcnn", "mdl", "gmt")


@pytest.fixture
def drawing(build, entry_of, write_changes):
    """GMT is significantly better on phonons, MAMM is not; 2D is not trained."""
    changes = [(*GMT, -12.0), ("phonons", "cgcnn", "mdl", "mamm", 0.3)]
    return build(entry_of("heat_map"), write_changes(changes))


def colors(drawing):
    """Colors of the significant and of the other fields, row by row."""
    figure = drawing.figure
    figure.draw_without_rendering()
    meshes = [mesh for mesh in figure.axes[0].collections if isinstance(mesh, QuadMesh)]
    return [m.get_facecolors()[~np.ma.getmaskarray(m.get_array()).ravel()] for m in meshes]


def marked(drawing):
    """Fields with stripes, and gray ones."""
    patches = [patch for patch in drawing.figure.axes[0].patches if isinstance(patch, Rectangle)]
    hatched = [patch for patch in patches if patch.get_hatch()]
    return len(hatched), len(patches) - len(hatched)


def test_a_field_holds_the_change_and_its_interval(drawing, written):
    words = written(drawing.figure)
    row = drawing.tidy.set_index(["pooling", "dataset"]).loc[("gmt", "phonons")]
    assert row["value"] == pytest.approx(-12.0)
    assert "\N{MINUS SIGN}12.0" in words
    ends = f"\N{MINUS SIGN}{-row['low']:.1f} to \N{MINUS SIGN}{-row['high']:.1f}"
    assert ends in words


def test_what_is_not_significant_is_faint_hatched_and_in_parentheses(drawing, written):
    assert "(+0.3)" in written(drawing.figure)
    # GMT on phonons is significant. Hatched: MAMM there, and averages of one dataset. Gaps: 2D.
    significant, faint = colors(drawing)
    assert (len(significant), len(faint)) == (1, 3)
    assert marked(drawing) == (3, 2)
    assert significant[0][3] == 1
    assert faint[:, 3] == pytest.approx(0.3)


def test_colors_are_symmetric_about_zero(build, entry_of, write_changes):
    changes = [(*GMT, -12.0), ("phonons", "cgcnn", "mdl", "mamm", 12.0)]
    drawing = build(entry_of("heat_map", datasets=["phonons"]), write_changes(changes))
    scale = drawing.figure.axes[1]
    assert scale.get_xlim()[0] == pytest.approx(-scale.get_xlim()[1])
    better, worse = colors(drawing)[0]
    assert better[2] > better[0]
    assert worse[0] > worse[2]


def test_averages_and_gaps_are_named(drawing, written):
    words = " ".join(written(drawing.figure)).replace("\n", " ")
    assert "not trained" in words
    assert "no interval; 1/2" in words
    assert "GMT; MAMM: not trained on 2D." in words
    assert "of 2 changes 1 are significantly better and 0 significantly worse" in drawing.description
    assert "GMT: average \N{MINUS SIGN}12.0 (no interval) over 1 of 2 datasets." in drawing.description


def test_what_is_nowhere_planned_has_no_field_and_is_named(build, entry_of, write_changes, written):
    entry = entry_of("heat_map")
    planned = [GMT, ("phonons", "cgcnn", "mdl", "mean")]
    drawing = build(entry, write_changes([(*GMT, -3.0)]), planned=planned)
    assert sum(map(len, colors(drawing))) == 2  # phonons and the average
    assert "MAMM: not planned on any dataset." in " ".join(written(drawing.figure)).replace("\n", " ")


def test_each_setting_has_its_map(build, entry_of, write_changes, written):
    entry = entry_of("heat_map", settings=[["cgcnn", "mdl"], ["torchmd", "ocp"]])
    drawing = build(entry, write_changes([(*GMT, -3.0), ("phonons", "torchmd", "ocp", "gmt", 4.0)]))
    assert {"MDL CGCNN", "OCP TorchMD"} <= set(written(drawing.figure))
    assert len(drawing.tidy) == 2 * 2 * 3  # settings, poolings, two datasets and their average
