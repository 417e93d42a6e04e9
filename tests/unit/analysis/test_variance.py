import numpy as np
import pandas as pd
import pytest

from gnnpool.analysis.variance import (
    SOURCES,
    mean_squares,
    noise_by_setting,
    repeated_changes,
    sd_over_repeats,
    variance_components,
)

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
    assert found["split_by_pooling"] == pytest.approx(rest, abs=1e-9)
    assert found[["initialisation", "initialisation_by_pooling"]].isna().all()
    assert (found["n_poolings"], found["n_seeds"], found["n_repeats"]) == (6, 4, 0)


def test_parts_of_a_simulated_benchmark_are_found_again():
    rng = np.random.default_rng(0)
    n = 300
    sd = dict(zip(SOURCES, (4.0, 6.0, 3.0, 2.5, 2.0), strict=True))
    cells = (
        sd["pooling"] * rng.normal(size=(n, 1))
        + sd["split"] * rng.normal(size=(1, n))
        + sd["split_by_pooling"] * rng.normal(size=(n, n))
    )
    start = sd["initialisation"] * rng.normal(size=(2, 1, n))
    start = start + sd["initialisation_by_pooling"] * rng.normal(size=(2, n, n))
    again = [(f"p{p}", s, 1, cells[p, s] + start[1, p, s]) for p in range(5) for s in range(n)]
    found = variance_components(trials_of(cells + start[0], again=again)).iloc[0]
    for name, expected in sd.items():
        assert np.sqrt(found[name]) == pytest.approx(expected, rel=0.12), name
    assert (found["n_repeats"], found["n_repeated"]) == (5 * n, 5)


# Two poolings by two initialisations, one table for each of two seeds.
REPEATED = np.array([[[0.0, 2.0], [10.0, 16.0]], [[20.0, 24.0], [40.0, 40.0]]])


def repeats_of(poolings):
    return trials_of(
        REPEATED[:, :, 0].T,
        again=[(f"p{p}", s, 1, REPEATED[s, p, 1]) for p in range(poolings) for s in (0, 1)],
    )


def test_repeats_of_two_poolings_separate_what_they_share_from_what_is_own_of_each():
    found = variance_components(repeats_of(2)).iloc[0]
    # Initialisations within seeds: mean squares 16 and 4, residuals 4 and 4. Of the first ones,
    # poolings by seeds: 225, 625 and 25.
    shared, own = ((16 - 4) / 2 + (4 - 4) / 2) / 2, 4
    expected = {
        "pooling": (225 - 25) / 2,
        "split": (625 - 25) / 2 - shared,
        "split_by_pooling": 25 - own,
        "initialisation": shared,
        "initialisation_by_pooling": own,
    }
    assert found[list(SOURCES)].to_dict() == pytest.approx(expected)
    assert (found["n_repeats"], found["n_repeated"]) == (4, 2)


def test_repeats_of_one_pooling_give_the_sum_of_both():
    found = variance_components(repeats_of(1)).iloc[0]
    assert found["initialisation"] == pytest.approx((2 + 8) / 2)
    assert np.isnan(found["initialisation_by_pooling"])
    assert found["split_by_pooling"] == pytest.approx(25 - 5)
    assert found["split"] == pytest.approx((625 - 25) / 2)
    assert (found["n_repeats"], found["n_repeated"]) == (2, 1)


def test_the_spread_over_repeats_is_within_splits_alone():
    rows = [("gmt", 1, 0, 10.0), ("gmt", 1, 1, 12.0), *(("gmt", 2, i, 20.0 + 3 * i) for i in range(3))]
    frame = pd.DataFrame([*rows, ("mean", 1, 0, 5.0)], columns=["pooling", "seed", "init", "test_mae"])
    found = sd_over_repeats(frame.assign(dataset="phonons", model="cgcnn", edges="mdl"))
    # Variances 2 with one degree of freedom and 9 with two.
    assert found["sd"].to_list() == pytest.approx([np.sqrt((2 + 2 * 9) / 3)])
    assert found[["pooling", "n_repeats"]].to_numpy().tolist() == [["gmt", 3]]


def test_seeds_that_a_pooling_lacks_do_not_count():
    gap = np.column_stack([RATINGS, [1.0, np.nan, 1.0, 1.0, 1.0, 1.0]])
    pd.testing.assert_frame_equal(
        variance_components(trials_of(gap)), variance_components(trials_of(RATINGS))
    )


def test_estimates_are_not_negative():
    # A checkerboard: rows and columns differ less than their cells.
    found = variance_components(trials_of([[1.0, -1.0], [-1.0, 1.0]])).iloc[0]
    assert (found["pooling"], found["split"]) == (0, 0)
    assert found["split_by_pooling"] > 0


@pytest.mark.parametrize("levels", [[[1.0, 2.0, 3.0]], [[1.0], [2.0]]])
def test_one_pooling_or_one_seed_gives_nothing_but_the_noise(levels):
    found = variance_components(trials_of(levels, again=[("p0", 0, 1, 5.0)])).iloc[0]
    assert found[["pooling", "split", "split_by_pooling"]].isna().all()
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
