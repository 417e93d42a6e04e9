from itertools import pairwise

import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.patches import PathPatch

from gnnpool.errors import ConfigError
from gnnpool.figures.box_by_pooling import draw

LABELS = {"datasets": {"phonons": "Phonons", "2d": "2D"}, "poolings": {"gmt": "GMT", "mean_sum": "Mean, Add"}}
GMT = {"2d": -2.863, "phonons": -2.564, "surface": -11.9, "log_kvrh": 0.29, "exfoliation": 11.634}


def values(**poolings: dict[str, float | str]) -> pd.DataFrame:
    """Values by dataset and pooling; a word in the place of a number is the state of a gap."""
    rows = [
        {
            "dataset": dataset,
            "model": "cgcnn",
            "edges": "mdl",
            "pooling": pooling,
            "value": float("nan") if isinstance(value, str) else value,
            "n_seeds": 0 if isinstance(value, str) else 5,
            "n_seeds_planned": 5,
            "n_datasets": int(not isinstance(value, str)),
            "state": value if isinstance(value, str) else "trained",
        }
        for pooling, column in poolings.items()
        for dataset, value in column.items()
    ]
    return pd.DataFrame(rows)


def picture(frame: pd.DataFrame):
    figure = draw(frame, title="CGCNN with MDL edges", labels=LABELS, notes=["Statistic: mean."])
    return figure, figure.axes[0]


def texts(figure) -> list[str]:
    return [text.get_text() for owner in (figure, figure.axes[0]) for text in owner.texts]


def points(axes) -> list[list[float]]:
    return [list(c.get_offsets()[:, 1]) for c in axes.collections if isinstance(c, PathCollection)]


def boxes(axes) -> list[tuple[float, float]]:
    extents = [patch.get_path().get_extents() for patch in axes.patches if isinstance(patch, PathPatch)]
    return [(box.y0, box.y1) for box in extents]


def test_all_values_are_drawn_and_named():
    figure, axes = picture(values(gmt=GMT))
    assert points(axes) == [pytest.approx(list(GMT.values()))]
    assert {"2D", "Phonons", "surface", "log_kvrh", "exfoliation"} <= set(texts(figure))


def test_box_ends_at_the_quartiles_and_whiskers_at_the_extremes():
    _, axes = picture(values(gmt=GMT))
    assert boxes(axes) == [pytest.approx((-2.863, 0.29))]
    upright = [line for line in axes.lines if len(set(line.get_xdata())) == 1]
    assert sorted(tuple(line.get_ydata()) for line in upright) == [
        pytest.approx((-2.863, -11.9)),
        pytest.approx((0.29, 11.634)),
    ]
    (median,) = [line for line in axes.lines if line.get_linewidth() > 1.5]
    assert list(median.get_ydata()) == pytest.approx([-2.564, -2.564])


@pytest.mark.parametrize(
    ("n", "drawn", "note"),
    [(1, 0, "No box where there is one dataset"), (2, 1, "A box of two datasets says no more")],
)
def test_the_figure_says_what_a_box_of_few_values_is_worth(n, drawn, note):
    figure, axes = picture(values(gmt=dict(list(GMT.items())[:n]) | {"surface": "not trained"}))
    assert len(boxes(axes)) == drawn
    assert len(points(axes)[0]) == n
    assert any(note in text for text in texts(figure))
    assert f"n = {n} of {n + 1} datasets" in texts(figure)


def test_gaps_are_named_in_place_and_below():
    mamm = dict.fromkeys(GMT, "not trained")
    mean_sum = GMT | {"2d": "not planned", "phonons": "not trained"}
    figure, axes = picture(values(gmt=GMT, mamm=mamm, mean_sum=mean_sum))
    words = texts(figure)
    assert "not trained" in words
    assert "n = 0 of 5 datasets" in words
    assert "n = 3 of 5 datasets" in words
    below = figure.texts[-1].get_text()
    assert "mamm: not trained on any dataset." in below
    assert "Mean, Add: not planned on 2D." in below
    assert "Mean, Add: not trained on Phonons." in below
    assert len(points(axes)) == 2


def test_zero_is_marked_as_mean_pooling_and_the_sign_is_explained():
    _, axes = picture(values(gmt=GMT))
    (mark,) = [text for text in axes.texts if text.get_text() == "mean\npooling"]
    assert mark.xy[1] == 0
    assert "negative is better" in axes.get_ylabel()
    assert "%" in axes.get_ylabel()


def test_names_of_close_values_do_not_overlap():
    close = {f"dataset_{i}": -3 + 0.01 * i for i in range(9)} | {"far": 80.0}
    figure, _ = picture(values(gmt=close))
    figure.draw_without_rendering()
    names = sorted(
        (text.get_window_extent() for text in figure.axes[0].texts if text.get_text() in close),
        key=lambda box: box.y0,
    )
    assert len(names) == 10
    assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(names))


@pytest.mark.parametrize("n", [1, 3, 8])
def test_everything_written_lies_inside_the_page(n):
    figure, _ = picture(values(**{f"a rather long name of a pooling {i}": GMT for i in range(n)}))
    figure.draw_without_rendering()
    page = figure.bbox
    for text in [*figure.texts, *figure.axes[0].texts, figure.axes[0].yaxis.label]:
        box = text.get_window_extent()
        assert page.x0 <= box.x0 <= box.x1 <= page.x1, text.get_text()
        assert page.y0 <= box.y0 <= box.y1 <= page.y1, text.get_text()


def test_dataset_with_fewer_seeds_says_so():
    frame = values(gmt=GMT)
    frame.loc[0, "n_seeds"] = 3
    figure, _ = picture(frame)
    assert "2D 3/5" in texts(figure)
    assert any("only k of its n seeds" in text for text in texts(figure))


def test_average_is_no_dataset():
    frame = values(gmt=GMT)
    average = frame.iloc[[0]].assign(dataset="average", value=50.0)
    _, axes = picture(pd.concat([frame, average]))
    assert points(axes) == [pytest.approx(list(GMT.values()))]


def test_several_settings_are_refused():
    frame = values(gmt=GMT)
    frame.loc[0, "edges"] = "ocp"
    with pytest.raises(ConfigError, match="'CGCNN with MDL edges': settings: found 2, expected 1"):
        picture(frame)
