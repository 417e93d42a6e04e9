import pytest
from matplotlib.collections import PathCollection


@pytest.fixture
def drawing(build, entry_of, study):
    costs = {
        "mean": {"cpu_seconds": 100.0, "parameters": 1000},
        "gmt": {"cpu_seconds": 150.0, "parameters": 3000},
        "mamm": {"cpu_seconds": 50.0, "parameters": 1000},
    }
    records = study({"mean": 5.0, "gmt": 4.0, "mamm": 5.5}, seeds=[111, 222], **costs)
    return build(entry_of("cost_and_gain"), records, seeds=[111, 222])


def test_each_pooling_has_its_average_and_its_ratios(drawing):
    row = drawing.tidy.set_index("pooling").loc["gmt"]
    assert row["value"] == pytest.approx(-20.0)
    assert row["dataset"] == "average"
    assert (row["seconds_ratio"], row["parameters_ratio"]) == pytest.approx((1.5, 3.0))
    assert (row["seconds"], row["parameters"], row["n_compared"]) == pytest.approx((150.0, 3000.0, 4))


def test_points_stand_at_cost_and_gain_with_mean_pooling_at_one_and_zero(drawing):
    seconds, parameters = drawing.figure.axes[:2]

    def points(axes):
        found = [c for c in axes.collections if isinstance(c, PathCollection)]
        return {tuple(round(float(x), 6) for x in c.get_offsets()[0]) for c in found}

    assert points(seconds) == {(1.5, -20.0), (0.5, 10.0), (1.0, 0.0)}
    assert points(parameters) == {(3.0, -20.0), (1.0, 10.0), (1.0, 0.0)}
    assert seconds.get_ylim() == parameters.get_ylim()


def test_the_description_states_gain_and_cost(drawing):
    text = drawing.description
    assert "MDL CGCNN, GMT: \N{MINUS SIGN}20.0 (no interval; 2 datasets)" in text
    assert "seconds \N{MULTIPLICATION SIGN}1.50, parameters \N{MULTIPLICATION SIGN}3.00." in text


def test_the_cost_of_mean_pooling_is_stated_in_numbers(drawing, written):
    words = " ".join(written(drawing.figure)).replace("\n", " ")
    assert "Mean pooling, MDL CGCNN: 1,000 parameters, 100 s a training (median)." in words


def test_one_dataset_has_its_own_change(build, entry_of, study):
    records = study({"mean": 5.0, "gmt": 4.0}, datasets=["phonons"])
    drawing = build(entry_of("cost_and_gain", datasets=["phonons"]), records)
    row = drawing.tidy.set_index("pooling").loc["gmt"]
    assert (row["dataset"], row["value"]) == ("phonons", pytest.approx(-20.0))


def test_seconds_of_another_device_do_not_compare(build, entry_of, study):
    gpu = {"device": "cuda", "device_name": "H100"}
    records = study({"mean": 5.0, "gmt": 4.0}, seeds=[111], gmt=gpu)
    drawing = build(entry_of("cost_and_gain"), records, seeds=[111])
    assert drawing.tidy["seconds_ratio"].isna().all()
    assert "seconds unknown" in drawing.description
    assert (drawing.tidy["parameters_ratio"] == 1).all()
