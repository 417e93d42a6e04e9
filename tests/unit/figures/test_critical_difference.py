import pytest

from gnnpool.analysis.ranks import critical_difference

DATASETS = [f"d{i}" for i in range(20)]


@pytest.fixture
def draw(build, entry_of, write_changes):
    """GMT better than mean pooling on all of some datasets, MAMM worse."""

    def draw(n: int, **changes):
        entry = entry_of("critical_difference", datasets=DATASETS[:n], **changes)
        cells = [
            (d, "cgcnn", "mdl", p, v) for d in entry["datasets"] for p, v in (("gmt", -5.0), ("mamm", 5.0))
        ]
        return build(entry, write_changes(cells, seeds=[111]), seeds=[111])

    return draw


def test_ranks_and_the_critical_difference_are_drawn(draw, written):
    drawing = draw(20)
    assert drawing.tidy.set_index("pooling")["mean_rank"].to_dict() == {"gmt": 1, "mean": 2, "mamm": 3}
    expected = critical_difference(poolings=3, datasets=20, confidence=0.95)
    assert drawing.tidy["critical_difference"].to_list() == pytest.approx([expected] * 3)
    words = written(drawing.figure)
    assert f"critical difference {expected:.2f}" in words
    assert {"GMT  1.00", "Mean  2.00", "3.00  MAMM"} <= set(words)
    assert "Ranks: GMT 1.00, Mean 2.00, MAMM 3.00" in drawing.description


def test_poolings_nearer_than_the_critical_difference_are_joined(draw):
    def bars(drawing):
        lines = [line for line in drawing.figure.axes[0].lines if line.get_linewidth() == 3]
        return len(lines)

    assert bars(draw(20)) == 0  # 0.74: neighbors differ
    assert bars(draw(8)) == 2  # 1.17 joins neighbors, not the first with the last


def test_few_datasets_make_nothing_significant_and_the_figure_says_so(draw, written):
    drawing = draw(2)
    assert not drawing.tidy["can_be_significant"].any()
    words = " ".join(written(drawing.figure)).replace("\n", " ")
    assert "No difference can be significant: no two ranks can differ by more than 2" in words
    assert "longer than the line" in words
    assert "No difference can be significant" in drawing.description


def test_one_dataset_is_too_few_to_rank(draw, written):
    drawing = draw(1)
    assert "1 dataset has all 3 poolings: too few to rank." in written(drawing.figure)
    assert "too few to rank" in drawing.description


def test_a_setting_without_trials_is_named(draw, written):
    drawing = draw(3, settings=[["cgcnn", "mdl"], ["torchmd", "ocp"]])
    words = written(drawing.figure)
    assert "OCP TorchMD" in words
    assert any("not trained: nothing to rank" in text for text in words)
