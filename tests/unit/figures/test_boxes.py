import pytest
from matplotlib.collections import PathCollection
from matplotlib.patches import PathPatch

from gnnpool.errors import ConfigError

GMT = {"2d": -2.863, "phonons": -2.564, "surface": -11.9, "log_kvrh": 0.29, "exfoliation": 11.634}


@pytest.fixture(params=["box_by_pooling", "box_with_points"])
def kind(request):
    return request.param


@pytest.fixture
def picture(build, entry_of, write_changes):
    """A figure of the changes of some poolings by dataset; a word instead is the state of a gap."""

    def picture(kind="box_with_points", *, datasets=tuple(GMT), **poolings):
        entry = entry_of(kind, datasets=list(datasets), poolings=list(poolings))
        cells = [(d, "cgcnn", "mdl", p, v) for p, column in poolings.items() for d, v in column.items()]
        records = write_changes([cell for cell in cells if not isinstance(cell[4], str)])
        planned = [cell[:4] for cell in cells if cell[4] != "not planned"]
        return build(entry, records, planned=planned)

    return picture


def points(drawing) -> list[list[float]]:
    axes = drawing.figure.axes[0]
    found = [list(c.get_offsets()[:, 1]) for c in axes.collections if isinstance(c, PathCollection)]
    return [points for points in found if points]


def boxes(drawing) -> list[tuple[float, float]]:
    patches = [patch for patch in drawing.figure.axes[0].patches if isinstance(patch, PathPatch)]
    extents = [patch.get_path().get_extents() for patch in patches]
    return [(box.y0, box.y1) for box in extents]


def test_box_ends_at_the_quartiles_and_whiskers_at_the_extremes(picture, kind):
    drawing = picture(kind, gmt=GMT)
    assert boxes(drawing) == [pytest.approx((-2.863, 0.29))]
    lines = drawing.figure.axes[0].lines
    upright = [line for line in lines if len(set(line.get_xdata())) == 1]
    assert sorted(tuple(line.get_ydata()) for line in upright) == [
        pytest.approx((-2.863, -11.9)),
        pytest.approx((0.29, 11.634)),
    ]
    (median,) = [line for line in lines if line.get_linewidth() > 1.5]
    assert list(median.get_ydata()) == pytest.approx([-2.564, -2.564])


def test_all_values_are_drawn_and_named_beside_the_box(picture, written):
    drawing = picture(gmt=GMT)
    assert points(drawing) == [pytest.approx(list(GMT.values()))]
    assert {"2D", "Phonons", "surface", "Log Kvrh", "Exfoliation"} <= set(written(drawing.figure))


def test_the_plain_box_has_no_points_and_no_names(picture, written):
    drawing = picture("box_by_pooling", gmt=GMT)
    assert points(drawing) == []
    assert "Phonons" not in written(drawing.figure)


def test_numbers_drawn_are_the_values_and_the_five_numbers(picture, kind):
    tidy = picture(kind, gmt=GMT, mamm={"phonons": "not trained"}).tidy.set_index(["pooling", "dataset"])
    assert tidy.loc["gmt", "value"].to_dict() == pytest.approx(GMT)
    summary = tidy.loc[("gmt", "phonons"), ["minimum", "q1", "median", "q3", "maximum"]]
    assert summary.to_list() == pytest.approx([-11.9, -2.863, -2.564, 0.29, 11.634])
    assert tidy.loc[("mamm", "phonons"), "state"] == "not trained"
    assert tidy.loc[("mamm", "2d"), "state"] == "not planned"


def test_the_description_gives_the_numbers_and_the_gaps(picture, kind):
    text = picture(kind, gmt=GMT, mamm={"phonons": "not trained"}).description
    assert "GMT: 5 datasets, median \N{MINUS SIGN}2.6, lowest \N{MINUS SIGN}11.9 (surface)," in text
    assert "highest +11.6 (Exfoliation)." in text
    assert "MAMM: not trained on Phonons." in text


@pytest.mark.parametrize(
    ("n", "drawn", "note"),
    [(1, 0, "No box where there is one dataset"), (2, 1, "A box of two datasets says no more")],
)
def test_the_figure_says_what_a_box_of_few_values_is_worth(picture, written, n, drawn, note, kind):
    few = dict(list(GMT.items())[:n])
    drawing = picture(kind, datasets=[*few, "surface"], gmt=few | {"surface": "not trained"})
    assert len(boxes(drawing)) == drawn
    assert any(note in text.replace("\n", " ") for text in written(drawing.figure))
    assert f"n = {n} of {n + 1} datasets" in written(drawing.figure)
    if n == 1:
        assert points(drawing) == [pytest.approx([-2.863])]


def test_gaps_are_named_in_place_and_below(picture, written, kind):
    mamm = dict.fromkeys(GMT, "not trained")
    mean_sum = GMT | {"2d": "not planned", "phonons": "not trained"}
    words = written(picture(kind, gmt=GMT, mamm=mamm, mean_sum=mean_sum).figure)
    assert "not trained" in words
    assert "n = 0 of 5 datasets" in words
    assert "n = 3 of 5 datasets" in words
    below = " ".join(words).replace("\n", " ")
    assert "MAMM: not trained on any dataset." in below
    assert "mean_sum: not planned on 2D." in below
    assert "mean_sum: not trained on Phonons." in below


def test_zero_is_marked_as_mean_pooling_and_the_sign_is_explained(picture, kind):
    axes = picture(kind, gmt=GMT).figure.axes[0]
    (mark,) = [text for text in axes.texts if text.get_text() == "mean\npooling"]
    assert mark.xy[1] == 0
    assert "negative is better" in axes.get_ylabel()
    assert "%" in axes.get_ylabel()


def test_names_of_close_values_do_not_overlap(picture, assert_legible):
    close = {f"dataset_{i}": -3 + 0.01 * i for i in range(9)} | {"far": 80.0}
    assert_legible(picture(datasets=close, gmt=close).figure)


@pytest.mark.parametrize("n", [1, 8])
def test_everything_written_lies_inside_the_page(picture, assert_legible, kind, n):
    names = {f"a rather long name of a pooling {i}": {"2d": -2.0, "phonons": 4.0} for i in range(n)}
    assert_legible(picture(kind, datasets=["2d", "phonons"], **names).figure)


def test_dataset_with_fewer_seeds_says_so(build, entry_of, write_changes, written):
    records = write_changes([("2d", "cgcnn", "mdl", "gmt", -2.0)], seeds=[111, 222, 333])
    words = written(build(entry_of("box_with_points"), records).figure)
    assert "2D 3/5" in words
    assert any("only k of its n seeds" in text for text in words)


def test_repeats_give_a_band_about_zero(build, entry_of, study, written, kind):
    # 1.03 of the error again: a change of 3 % on each of five seeds.
    drawing = build(entry_of(kind), study({"mean": 5.0, "gmt": 4.0}, inits=(0, 1)))
    floors = drawing.tidy.loc[drawing.tidy["pooling"] == "gmt", "noise_floor"]
    # t of five repeats times the size of a change, over the root of five seeds
    assert floors.to_list() == pytest.approx([2.5706 * 3 / 5**0.5] * 2, rel=0.02)
    text = " ".join(written(drawing.figure)).replace("\n", " ")
    assert "Gray about zero: the noise floor, ± 3.4 %" in text
    assert "from 5 repeats" in text


def test_without_repeats_there_is_no_band(picture, written, kind):
    assert not any("noise" in text for text in written(picture(kind, gmt=GMT).figure))


def test_several_settings_are_refused(build, entry_of, kind):
    entry = entry_of(kind, settings=[["cgcnn", "mdl"], ["cgcnn", "ocp"]])
    with pytest.raises(ConfigError, match="'figure': settings: found 2, expected 1 for the kind box_"):
        build(entry, [])
