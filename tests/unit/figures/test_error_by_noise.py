import pytest


@pytest.fixture
def drawing(build, entry_of, study):
    entry = entry_of("error_by_noise", datasets=["phonons"], poolings=["mean", "gmt"])
    return build(entry, study({"mean": 5.0, "gmt": 4.0}, datasets=["phonons"], seeds=[111, 222]))


def test_the_error_under_noise_is_relative_to_that_of_the_same_trials(drawing):
    line = drawing.tidy[drawing.tidy["pooling"] == "gmt"].set_index(["axis", "amount"])["value"]
    assert line["displaced"].to_dict() == pytest.approx({0.01: 10.0, 0.1: 100.0})
    assert line["strained"].to_dict() == pytest.approx({-1.0: 50.0, 1.0: 30.0})


def test_each_kind_of_noise_has_a_panel_with_its_levels_and_unit(drawing):
    displaced, strained = drawing.figure.axes
    assert displaced.get_xlabel() == "standard deviation of displacements, Å"
    assert [label.get_text() for label in displaced.get_xticklabels()] == ["0.01", "0.1"]
    assert strained.get_xlabel() == "change of lattice vectors, %"
    assert len(displaced.containers) == 2  # one line for each pooling


def test_the_description_names_the_largest_noise(drawing):
    assert "Phonons, GMT: +100.0 % displaced by 0.1 Å." in drawing.description


def test_trials_without_predictions_for_changed_structures_are_a_gap(build, entry_of, study, written):
    records = study({"mean": 5.0}, datasets=["phonons"])
    entry = entry_of("error_by_noise", datasets=["phonons"], poolings=["mean"])
    drawing = build(entry, records, seeds=[999])
    assert drawing.tidy.empty
    assert "not trained" in written(drawing.figure)
