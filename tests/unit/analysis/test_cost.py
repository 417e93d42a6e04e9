import pandas as pd
import pytest

from gnnpool.analysis.cost import relative_cost


def trial(dataset, pooling, seconds, *, seed=1, parameters=100, **changes):
    row = {"dataset": dataset, "model": "m", "edges": "e", "pooling": pooling, "seed": seed, "init": 0}
    row |= {"wall_seconds": 7.0, "cpu_seconds": seconds, "parameters": parameters, "peak_memory": 500.0}
    return row | {"device": "cpu", "device_name": "", "processor": "", "threads": 1} | changes


def cost(*trials):
    return relative_cost(pd.DataFrame(trials)).set_index("pooling")


def test_ratios_are_medians_over_seeds_and_geometric_means_over_datasets():
    found = cost(
        *(trial("a", "mean", 10.0, seed=seed) for seed in (1, 2, 3)),
        *(trial("a", "gmt", s, seed=seed, parameters=300) for seed, s in ((1, 20.0), (2, 40.0), (3, 90.0))),
        trial("b", "mean", 8.0),
        trial("b", "gmt", 8.0, parameters=300),
    ).loc["gmt"]
    assert found["seconds_ratio"] == pytest.approx(2.0)  # of 4 and 1
    assert (found["seconds_ratio_lowest"], found["seconds_ratio_highest"]) == pytest.approx((1.0, 4.0))
    assert found["parameters_ratio"] == pytest.approx(3.0)
    assert found["n_compared"] == 4


def test_mean_pooling_costs_itself():
    assert cost(trial("a", "mean", 10.0)).loc["mean", ["seconds_ratio", "parameters_ratio"]].eq(1).all()


def test_processor_time_counts_on_a_cpu_and_wall_time_on_a_gpu():
    assert cost(trial("a", "mean", 10.0)).loc["mean", "seconds"] == 10.0
    assert cost(trial("a", "mean", 10.0, device="cuda")).loc["mean", "seconds"] == 7.0


def test_times_on_different_devices_have_no_ratio():
    found = cost(trial("a", "mean", 10.0), trial("a", "gmt", 5.0, device="cuda"))
    assert pd.isna(found.loc["gmt", "seconds_ratio"])
    assert found.loc["gmt", "n_compared"] == 0
    assert found.loc["gmt", "parameters_ratio"] == 1  # parameters are the same on any device


def test_times_on_different_processors_have_no_ratio_but_seeds_may_differ():
    means = [trial("a", "mean", 10.0, seed=1), trial("a", "mean", 4.0, seed=2, processor="fast")]
    found = cost(
        *means, trial("a", "gmt", 8.0, seed=3, processor="fast"), trial("a", "sum", 1.0, processor="x")
    )
    assert found.loc["gmt", "seconds_ratio"] == 2.0
    assert pd.isna(found.loc["sum", "seconds_ratio"])


def test_further_initialisations_do_not_count():
    found = cost(trial("a", "mean", 10.0), trial("a", "mean", 99.0, init=1))
    assert found.loc["mean", "seconds"] == 10.0
