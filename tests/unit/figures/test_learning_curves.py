import pytest


@pytest.fixture
def drawing(build, entry_of, study):
    entry = entry_of("learning_curves", datasets=["phonons"], poolings=["mean", "gmt"])
    return build(entry, study({"mean": 5.0, "gmt": 4.0}, datasets=["phonons"], seeds=[111, 222, 333]))


def test_curves_are_medians_with_the_range_over_the_seeds(drawing):
    # Seeds are off by 4.00, 4.04 and 4.08; validation starts at five times that.
    row = drawing.tidy.set_index(["pooling", "epoch"]).loc[("gmt", 1)]
    found = row[["val_mae_lowest", "val_mae_median", "val_mae_highest"]].to_list()
    assert found == pytest.approx([20.0, 20.2, 20.4])
    assert row["train_mae_median"] == pytest.approx(4.04 * 4)
    assert row["n_seeds"] == 3
    assert row["unit"] == "eV"


def test_chosen_epochs_are_counted_and_marked(drawing):
    chosen = drawing.tidy[drawing.tidy["pooling"] == "gmt"].set_index("epoch")["n_chosen"]
    assert chosen.to_dict() == {1: 0, 2: 0, 3: 3, 4: 0}
    (marks,) = [line for line in drawing.figure.axes[1].lines if line.get_marker() == "^"]
    assert list(marks.get_xdata()) == [3]


def test_mean_pooling_is_drawn_beside_the_others(drawing):
    mean, gmt = drawing.figure.axes[:2]
    dashed = [line for line in gmt.lines if line.get_linestyle() == "--"]
    assert [list(line.get_ydata()) for line in dashed] == [pytest.approx([25.25, 15.15, 5.05, 6.06])]
    assert not [line for line in mean.lines if line.get_linestyle() == "--"]


def test_axes_of_a_dataset_are_the_same_and_have_its_unit(drawing, written):
    mean, gmt = drawing.figure.axes[:2]
    assert mean.get_ylim() == gmt.get_ylim()
    assert mean.get_yscale() == "log"
    assert "Phonons: mean absolute error, eV" in written(drawing.figure)


def test_missing_seeds_are_named(drawing, written):
    words = written(drawing.figure)
    assert words.count("3 of 5 seeds") == 2
    assert "2 of 2 pairs of pooling and dataset have only some of the seeds yet." in " ".join(words)


def test_the_description_states_epochs_and_errors(drawing):
    assert (
        "Phonons, GMT: chosen epoch 3 (n = 3), where the median validation error is 4.04 eV and the training "
        "error 3.64." in drawing.description
    )


def test_one_seed_of_one_epoch_can_be_drawn(build, entry_of, study, tmp_path):
    records = study({"mean": 5.0}, datasets=["phonons"], seeds=[111], mean={"epochs": 4, "best_epoch": 1})
    entry = entry_of("learning_curves", datasets=["phonons"], poolings=["mean"])
    drawing = build(entry, records, seeds=[111])
    assert drawing.tidy.set_index("epoch")["n_chosen"].to_dict() == {1: 1, 2: 0, 3: 0, 4: 0}


def test_a_pooling_that_is_not_trained_has_an_empty_panel(build, entry_of, study, written):
    entry = entry_of("learning_curves", datasets=["phonons"], poolings=["mean", "gmt"])
    drawing = build(entry, study({"mean": 5.0}, datasets=["phonons"]))
    assert "not trained" in written(drawing.figure)
    assert "GMT: not trained on any dataset." in drawing.description
