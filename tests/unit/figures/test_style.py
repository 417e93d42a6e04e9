import matplotlib
import pytest
from matplotlib.figure import Figure

from gnnpool.figures.style import PALETTE, fill, pooling_colors, styled


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


@pytest.mark.parametrize("width", [0.5, 1.0, 1.5, 2.0])
def test_broken_lines_hold_all_words_and_keep_numbers_with_sign_and_percent(width):
    text = "linear to ± 10 %, logarithmic beyond; 95 % intervals"
    lines = fill(text, width).split("\n")
    assert " ".join(lines).replace("\N{NO-BREAK SPACE}", " ") == text
    assert not any(line.endswith("±") or line.startswith("%") for line in lines)


@pytest.mark.parametrize("label", ["$", "$$", "$x$", r"$\frac{1}{2$", "a $ b $ c"])
def test_a_dollar_sign_in_a_label_is_drawn_as_it_is(label):
    with styled():
        figure = Figure()
        axes = figure.add_subplot(title=label, xlabel=label)
        axes.plot([1, 10], label=label)
        axes.legend()
        text = figure.text(0, 0, label)
        figure.draw_without_rendering()
        plain = figure.text(0, 0, label, parse_math=False)
    assert text.get_window_extent().bounds == plain.get_window_extent().bounds
