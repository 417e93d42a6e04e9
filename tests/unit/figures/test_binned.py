import pytest


@pytest.fixture(params=["error_by_size", "error_by_target"])
def kind(request):
    return request.param


@pytest.fixture
def drawing(build, entry_of, study, kind):
    entry = entry_of(kind, datasets=["phonons"], poolings=["mean", "gmt"])
    return build(entry, study({"mean": 5.0, "gmt": 4.0}, datasets=["phonons"], seeds=[111, 222]))


def test_bins_hold_as_many_structures_and_their_medians(drawing, kind):
    # Twenty structures of 1 to 20 atoms, or targets of 10 to 200: two bins of ten.
    scale = 1 if kind == "error_by_size" else 10
    line = drawing.tidy[drawing.tidy["pooling"] == "gmt"]
    assert line["n"].to_list() == [10, 10]
    assert line["from"].to_list() == pytest.approx([1 * scale, 11 * scale])
    assert line["to"].to_list() == pytest.approx([10 * scale, 20 * scale])
    # The error of a structure is its mean over the seeds: 4.00 and 4.04.
    for column in ("median", "low", "high"):
        assert line[column].to_list() == pytest.approx([4.02, 4.02])


def test_bins_and_counts_stand_at_the_axis_with_its_unit(drawing, kind, written):
    axes = drawing.figure.axes[0]
    expected = "atoms per cell" if kind == "error_by_size" else "last phonon DOS peak, eV"
    assert axes.get_xlabel() == expected
    assert axes.get_ylabel() == "median error, eV"
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels[0].endswith("n = 10")
    assert axes.get_ylim()[0] == 0


def test_the_description_states_the_ends(drawing, kind):
    first = "1 to 10" if kind == "error_by_size" else "10 to 100"
    assert f"Phonons, GMT: 4.02 at {first} (n = 10)," in drawing.description


def test_no_interval_of_few_structures(build, entry_of, study, kind, written):
    entry = entry_of(kind, datasets=["phonons"], poolings=["mean"])
    drawing = build(entry, study({"mean": 5.0}, datasets=["phonons"], seeds=[111], tested=4), seeds=[111])
    assert drawing.tidy["low"].isna().all()
    assert "No interval where a bin has too few structures." in " ".join(written(drawing.figure))


def test_sizes_that_are_not_there_leave_a_gap(build, entry_of, study, tmp_path, written):
    records = study({"mean": 5.0}, datasets=["phonons"])
    (tmp_path / "data/phonons/structures.parquet").unlink()
    drawing = build(entry_of("error_by_size", poolings=["mean"]), records)
    assert drawing.tidy.empty
    assert "not trained" in written(drawing.figure)
