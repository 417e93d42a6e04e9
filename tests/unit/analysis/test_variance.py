import numpy as np
import pandas as pd
import pytest

from gnnpool.analysis.variance import mean_squares, noise_by_setting, repeated_changes, variance_components

# Shrout and Fleiss, Psychological Bulletin 86, 420 (1979), Table 2: six targets rated by four judges.
RATINGS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def trials_of(levels, *, again=()):
    """Trials whose log errors, times 100, are a table of poolings by seeds; and repeated ones."""
    rows = [
        (f"p{p}", s, 0, level)
        for p, line in enumerate(levels)
        for s, level in enumerate(line)
        if np.isfinite(level)
    ]
    frame = pd.DataFrame([*rows, *again], columns=["pooling", "seed", "init", "level"])
    frame["test_mae"] = np.exp(frame["level"] / 100)
    return frame.assign(dataset="phonons", model="cgcnn", edges="mdl")


def test_mean_squares_of_shrout_and_fleiss():
    assert mean_squares(RATINGS) == pytest.approx((11.24, 32.49, 1.02), abs=0.006)


def test_components_of_shrout_and_fleiss():
    found = variance_components(trials_of(RATINGS)).iloc[0]
    targets, judges, rest = mean_squares(RATINGS)
    assert found["pooling"] == pytest.approx((targets - rest) / 4, abs=1e-9)
    assert found["split"] == pytest.approx((judges - rest) / 6, abs=1e-9)
    assert found["interaction"] == pytest.approx(rest, abs=1e-9)
    assert np.isnan(found["initialisation"])
    assert (found["n_poolings"], found["n_seeds"], found["n_repeats"]) == (6, 4, 0)


def test_parts_of_a_simulated_benchmark_are_found_again():
    rng = np.random.default_rng(0)
    n = 300
    sd = {"pooling": 4.0, "split": 6.0, "interaction": 3.0, "initialisation": 2.0}
    cells = (
        sd["pooling"] * rng.normal(size=(n, 1))
        + sd["split"] * rng.normal(size=(1, n))
        + sd["interaction"] * rng.normal(size=(n, n))
    )
    start = sd["initialisation"] * rng.normal(size=(2, n, n))
    again = [(f"p{p}", s, 1, cells[p, s] + start[1, p, s]) for p in range(n) for s in range(5)]
    found = variance_components(trials_of(cells + start[0], again=again)).iloc[0]
    for name, expected in sd.items():
        assert np.sqrt(found[name]) == pytest.approx(expected, rel=0.12), name
    assert found["n_repeats"] == 5 * n


def test_seeds_that_a_pooling_lacks_do_not_count():
    gap = np.column_stack([RATINGS, [1.0, np.nan, 1.0, 1.0, 1.0, 1.0]])
    pd.testing.assert_frame_equal(
        variance_components(trials_of(gap)), variance_components(trials_of(RATINGS))
    )


def test_estimates_are_not_negative():
    # A checkerboard: rows and columns differ less than their cells.
    found = variance_components(trials_of([[1.0, -1.0], [-1.0, 1.0]])).iloc[0]
    assert (found["pooling"], found["split"]) == (0, 0)
    assert found["interaction"] > 0


@pytest.mark.parametrize("levels", [[[1.0, 2.0, 3.0]], [[1.0], [2.0]]])
def test_one_pooling_or_one_seed_tells_nothing_but_the_noise(levels):
    found = variance_components(trials_of(levels, again=[("p0", 0, 1, 5.0)])).iloc[0]
    assert found[["pooling", "split", "interaction"]].isna().all()
    # Levels 1 and 5.
    assert found["initialisation"] == pytest.approx(8.0)


def test_repeated_trainings_are_compared_with_the_first_of_their_seed():
    frame = pd.DataFrame(
        [
            ("mean", 1, 0, 10.0),
            ("mean", 1, 1, 11.0),
            ("mean", 1, 2, 9.0),
            ("mean", 2, 1, 5.0),
            ("gmt", 1, 0, 7.0),
        ],
        columns=["pooling", "seed", "init", "test_mae"],
    ).assign(dataset="phonons", model="cgcnn", edges="mdl")
    changes = repeated_changes(frame)
    assert changes["change"].to_list() == pytest.approx([10, -10])
    assert changes["init"].to_list() == [1, 2]
    noise = noise_by_setting(frame).iloc[0]
    assert (noise["noise"], noise["n_repeats"]) == (pytest.approx(10), 2)
    assert noise_by_setting(frame[frame["init"] == 0]).empty
