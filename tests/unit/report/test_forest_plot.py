import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnnpool.report.strip import WIDTH, Scale, axis, grid, strip

CHANGES = st.lists(st.floats(-500, 10_000), min_size=1, max_size=20)


@given(CHANGES)
def test_every_change_and_the_margin_have_a_place_in_the_strip(changes):
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


def test_words_of_a_strip_are_escaped():
    scale = Scale.over([5.0], margin=3.0)
    made = strip(scale, value=5, low=1, high=9, told=True, dots=[5], text='"><script>alert(1)</script>')
    assert "<script>" not in made
    assert "&#34;&gt;&lt;script&gt;" in made


@pytest.mark.parametrize(
    ("value", "told", "kind"),
    [(-5, True, "better"), (5, True, "worse"), (-5, False, "open"), (5, False, "open")],
)
def test_only_what_can_be_told_has_a_color(value, told, kind):
    scale = Scale.over([-9, 9], margin=3.0)
    made = strip(scale, value=value, low=-9, high=9, told=told, dots=[], text="")
    assert f'class="strip {kind}"' in made


def test_without_an_interval_there_is_no_line():
    scale = Scale.over([5.0], margin=3.0)
    made = strip(scale, value=5, low=np.nan, high=np.nan, told=False, dots=[4, 6], text="")
    assert "interval" not in made
    assert made.count("<circle") == 2


def test_axis_and_grid_show_the_ticks():
    scale = Scale.over([-40.0, 40.0], margin=3.0)
    assert [f">{label}</text>" in axis(scale) for label in ("0", "+3", "+10", "\N{MINUS SIGN}30")] == [
        True
    ] * 4
    assert 'id="grid"' in grid(scale)
