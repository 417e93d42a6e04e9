import matplotlib
import pytest

from gnnpool.figures.style import PALETTE, pooling_colors, styled, text_width, wrap


def test_color_of_a_pooling_is_the_same_in_every_figure():
    catalog = ["mean", "mamm", "gmt", "set2set"]
    one = pooling_colors(["gmt", "mamm"], catalog)
    other = pooling_colors(["set2set", "gmt"], catalog)
    assert one["gmt"] == other["gmt"]


def test_up_to_seven_poolings_have_seven_colors():
    catalog = [f"p{i}" for i in range(14)]
    colors = pooling_colors(["p0", "p7", "p1", "p8", "p2", "p9", "new"], catalog)
    assert set(colors.values()) == set(PALETTE)


def test_styled_leaves_the_settings_of_the_process_alone():
    before = matplotlib.rcParams["font.size"]
    with styled():
        assert matplotlib.rcParams["font.size"] != before
    assert matplotlib.rcParams["font.size"] == before


def test_width_of_text_grows_with_its_size():
    assert text_width("Perovskites", 14) == pytest.approx(2 * text_width("Perovskites", 7), rel=0.02)
    assert text_width("", 7) == 0


@pytest.mark.parametrize("width", [0.5, 1.0, 1.5, 2.0])
def test_broken_lines_hold_all_words_and_keep_numbers_with_sign_and_percent(width):
    text = "linear to ± 10 %, logarithmic beyond; 95 % intervals"
    lines = wrap(text, width, 7)
    assert " ".join(lines) == text
    assert not any(line.endswith("±") or line.startswith("%") for line in lines)
