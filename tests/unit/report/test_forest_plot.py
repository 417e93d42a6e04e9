import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnnpool.report.forest_plot import WIDTH, Scale, axis, draw_row, grid

CHANGES = st.lists(st.floats(-500, 10_000), min_size=1, max_size=20)


@given(CHANGES)
def test_every_change_and_the_margin_have_a_place_in_the_row(changes):
    scale = Scale.over(changes, margin=3.0)
    places = [scale.place(change) for change in sorted([*changes, -3.0, 0.0, 3.0])]
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] <= WIDTH


@given(CHANGES)
def test_labels_of_the_axis_do_not_touch_and_zero_is_one_of_them(changes):
    scale = Scale.over(changes, margin=3.0)
    ticks = scale.ticks()
    assert 0 in ticks
    assert np.diff([scale.place(tick) for tick in ticks]).min(initial=WIDTH) >= 34


def test_missing_numbers_widen_no_scale():
    assert Scale.over([np.nan, 10.0, np.inf], margin=3.0) == Scale(-3.0, 10.0, 3.0)


def test_words_of_a_row_are_escaped():
    scale = Scale.over([5.0], margin=3.0)
    made = draw_row(
        scale, value=5, low=1, high=9, significant=True, dots=[5], text='"><script>alert(1)</script>'
    )
    assert "<script>" not in made
    assert "&#34;&gt;&lt;script&gt;" in made


@pytest.mark.parametrize(
    ("value", "significant", "kind"),
    [(-5, True, "better"), (5, True, "worse"), (-5, False, "open"), (5, False, "open")],
)
def test_only_significant_changes_have_a_color(value, significant, kind):
    scale = Scale.over([-9, 9], margin=3.0)
    made = draw_row(scale, value=value, low=-9, high=9, significant=significant, dots=[], text="")
    assert f'class="forest-row {kind}"' in made


def test_without_an_interval_no_bar_is_drawn():
    scale = Scale.over([5.0], margin=3.0)
    made = draw_row(scale, value=5, low=np.nan, high=np.nan, significant=False, dots=[4, 6], text="")
    assert "interval" not in made
    assert made.count("<circle") == 2


def test_axis_and_grid_show_the_ticks():
    scale = Scale.over([-40.0, 40.0], margin=3.0)
    assert [f">{label}</text>" in axis(scale) for label in ("0", "+3", "+10", "\N{MINUS SIGN}30")] == [
        True
    ] * 4
    assert 'id="grid"' in grid(scale)
