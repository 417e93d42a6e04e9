"""Three sentences from numbers."""

import numpy as np
import pandas as pd
import pytest

from gnnpool.analysis.intervals import is_told
from gnnpool.analysis.wording import MINUS
from gnnpool.report.answer import Asked, answer
from gnnpool.tables.power import ALL

LABELS = {
    "datasets": {"phonons": "Phonons", "2d": "2D", **{f"d{i}": f"D{i}" for i in range(5)}},
    "models": {"cgcnn": "CGCNN", "torchmd": "TorchMD"},
    "edges": {"mdl": "MDL"},
    "poolings": {"mamm": "MAMM", "gmt": "GMT", "memory": "Memory"},
}


def change(dataset, pooling, value, low=np.nan, high=np.nan, **more):
    """One row of values; an average is over the number of datasets that is given as n_datasets."""
    row = {
        **{"dataset": dataset, "model": "cgcnn", "edges": "mdl", "pooling": pooling, "state": "trained"},
        **{"value": value, "low": low, "high": high, "n_seeds": 5, "n_datasets": 1, "datasets": dataset},
        **{"noise_floor": np.nan, "p_value": 0.5},
    }
    return {**row, **more}


def average(pooling, value, low, high, n=7, **more):
    names = ["phonons", "2d", "d0", "d1", "d2", "d3", "d4"][:n]
    return change("average", pooling, value, low, high, n_datasets=n, datasets=",".join(names), **more)


def spread(dataset="phonons", *, n=5, told=12.3, needed=61, beyond=None):
    """One row of the table of power."""
    return {
        **{"dataset": dataset, "model": "cgcnn", "edges": "mdl", "pooling": ALL, "n_seeds": n},
        **{"difference_told": told, "seeds_needed": needed, "seeds_needed_beyond": beyond},
    }


def ask(changes, powers=(), **more):
    columns = list(change("x", "x", 0.0))
    values = pd.DataFrame(changes, columns=columns)
    values["told"] = is_told(values["low"].astype(float), values["high"].astype(float))
    power = pd.DataFrame(powers, columns=list(spread()))
    power = power.astype(dict.fromkeys(["seeds_needed", "seeds_needed_beyond"], "Int64"))
    known = {"planned": 805, "finished": 805, "poolings": 12, "datasets": 7, "settings": 4}
    asked = {"values": values, "power": power, "labels": LABELS, "confidence": 0.95, "margin": 3.0}
    return answer(Asked(**{**asked, **known, **more}))


ONE = [change("phonons", "mamm", 2.0, -5, 9), change("phonons", "gmt", -4.0, -9, 1)]
SEVEN = [
    *(change(d, "mamm", 2.0, -5, 9) for d in ("phonons", "2d", "d0", "d1", "d2", "d3", "d4")),
    average("mamm", 2.0, -1, 5),
    average("gmt", -3.25, -5.1, -1.4),
    average("memory", 8.0, 2.5, 13.5),
]


def test_nothing_finished_is_told_as_that_and_says_what_is_planned():
    sentences = ask([], finished=0)
    assert sentences[0] == "Nothing can be told yet: of 805 planned trials none is finished."
    assert "12 poolings with mean pooling on 7 datasets, in 4 settings" in sentences[1]
    assert len(sentences) == 3


def test_trials_without_anything_to_compare_tell_nothing():
    told = ask([change("phonons", "gmt", np.nan, state="no baseline")], finished=5)[0]
    assert told.startswith("Nothing can be told yet: 5 of 805 planned trials are finished, but no pooling")


def test_mean_pooling_alone_is_no_change():
    told = ask([change("phonons", "mean", 0.0)], finished=1)[0]
    assert told.startswith("Nothing can be told yet: 1 of 805 planned trials is finished, but no pooling")


def test_one_dataset_is_named_and_none_is_told():
    sentences = ask(ONE, [spread()], finished=15)
    assert sentences[0] == (
        "So far, with 15 of 805 trials: on 1 of 7 datasets (Phonons) and with 5 seeds, none of the 2 "
        "poolings can be told from mean pooling (MDL CGCNN)."
    )
    assert sentences[1] == (
        f"The largest change is GMT on Phonons, {MINUS}4.0 % (95 % interval {MINUS}9.0 to +1.0, n = 5 seeds)"
        ", which cannot be told from zero."
    )


def test_two_datasets_count_averages_and_what_is_on_one_dataset_only():
    changes = [
        change("phonons", "mamm", 2.0, -5, 9),
        change("2d", "mamm", 4.0, -5, 9),
        average("mamm", 3, -10, 16, n=2),
    ]
    sentences = ask([*changes, change("2d", "gmt", 9.0, 1, 17)], [spread(), spread("2d")])
    assert sentences[0] == (
        "On 1 to 2 of 7 datasets each and with 5 seeds, 1 of the 2 poolings can be told from mean pooling "
        "(MDL CGCNN): a higher error has GMT on 2D, +9.0 % (95 % interval +1.0 to +17.0, n = 5 seeds)."
    )
    assert sentences[1].startswith(
        "On single datasets 1 of 3 changes can be told from zero: 0 better, 1 worse;"
    )
    assert "which can be told from zero" in sentences[1]


def test_poolings_that_were_trained_on_one_dataset_are_not_said_to_be_on_all():
    told = ask([change("phonons", "mamm", 2.0, -5, 9), change("2d", "gmt", -4.0, -9, 1)], [spread()])[0]
    assert told.startswith("On 1 of 7 datasets each and with 5 seeds, none of the 2 poolings can be told")


def test_an_average_over_one_dataset_is_that_dataset():
    repeated = {"n_datasets": 1, "datasets": "phonons"}
    with_it = [*ONE, change("average", "mamm", 2.0, **repeated), change("average", "gmt", -4.0, **repeated)]
    assert ask(with_it, [spread()]) == ask(ONE, [spread()])


def test_seven_datasets_name_what_is_better_and_what_is_worse():
    told = ask(SEVEN, [spread()])[0]
    assert told == (
        "On 7 datasets and with 5 seeds, 2 of the 3 poolings can be told from mean pooling (MDL CGCNN): a "
        f"lower error has GMT, {MINUS}3.2 % (95 % interval {MINUS}5.1 to {MINUS}1.4); a higher error has "
        "Memory, +8.0 % (95 % interval +2.5 to +13.5)."
    )


def test_none_told_names_none():
    told = ask(SEVEN[:8], [spread()])[0]
    assert (
        told
        == "On 7 datasets and with 5 seeds, the one pooling cannot be told from mean pooling (MDL CGCNN)."
    )


def test_several_settings_are_told_apart():
    changes = [average("mamm", 2.0, -1, 5), average("mamm", -9.0, -12, -6, model="torchmd")]
    told = ask([*changes, *SEVEN[:1]], [spread()])[0]
    assert "1 of the 2 changes against mean pooling (1 pooling in 2 settings) can be told from zero" in told
    assert f"MAMM with MDL TorchMD, {MINUS}9.0 %" in told


def test_many_told_changes_are_counted_after_the_largest():
    changes = [average(f"p{i}", 10.0 + i, 5, 25) for i in range(5)]
    told = ask([*changes, *SEVEN[:1]], [spread()])[0]
    assert "has p4, +14.0 % (95 % interval +5.0 to +25.0), p3, +13.0 % (+5.0 to +25.0) and 3 more." in told


def test_one_seed_has_no_interval_and_tells_nothing():
    changes = [change("phonons", "mamm", 2.0, n_seeds=1), change("phonons", "gmt", -4.0, n_seeds=1)]
    first, second, third = ask(changes)
    assert "with 1 seed, nothing can be told (MDL CGCNN): an interval needs two seeds" in first
    assert second == (
        f"The largest change is GMT on Phonons, {MINUS}4.0 % (no interval, n = 1 seed), which cannot be told "
        "from zero, as no change of one seed can."
    )
    assert third.startswith(
        "How many seeds would tell a difference of 3 % is not known, as a spread needs two"
    )


def test_changes_without_an_interval_yet_are_counted():
    told = ask([*ONE, change("phonons", "memory", 1.0, n_seeds=1)], [spread()])[0]
    assert "with 1 to 5 seeds" in told
    assert told.endswith("; 1 of them has no interval yet.")


def test_the_size_of_chance_is_told_once_there_are_enough_changes():
    many = [change("phonons", f"p{i}", 2.0, -5, 9) for i in range(100)]
    assert "; by chance alone, up to 5 of 100 changes would be." in ask(many, [spread()])[1]
    assert "by chance" not in ask(ONE, [spread()])[1]


def test_seeds_that_it_would_take_come_from_the_table_of_power():
    third = ask(ONE, [spread()])[2]
    assert third == (
        "As changes scatter between seeds, 5 seeds tell a difference of 12.3 %, and telling 3 % would take "
        "about 61 seeds (80 % power), while a claim about other crystals too needs more structures, not more "
        "seeds; the noise floor was not measured."
    )
    enough = ask(ONE, [spread(needed=10, beyond=14)])[2]
    assert "about 10 seeds (80 % power), or about 14 seeds for a claim about other crystals too;" in enough


@pytest.mark.parametrize(
    ("needed", "words"), [([10, 20, 90], "about 20 seeds"), ([10, None, None], "more than 1000 seeds")]
)
def test_more_than_a_thousand_seeds_count_as_many(needed, words):
    lines = [spread(f"d{i}", needed=count) for i, count in enumerate(needed)]
    third = ask(ONE, lines)[2]
    assert f"{words} (medians over 3 pairs of dataset and setting, 80 % power)" in third


def test_averages_are_no_spread_of_a_dataset():
    assert ask(ONE, [spread("average", told=1.0)])[2].startswith("How many seeds")


@pytest.mark.parametrize(("floors", "words"), [((4.0, 4.0), "± 4.0 %"), ((2.0, 6.0), "± 2.0 to 6.0 %")])
def test_a_noise_floor_that_is_known_is_told(floors, words):
    changes = [{**row, "noise_floor": floor} for row, floor in zip(ONE, floors, strict=True)]
    assert f"; the noise floor is {words}, so large" in ask(changes, [spread()])[2]


@pytest.mark.parametrize("changes", [[], ONE, SEVEN], ids=["none", "one", "seven"])
def test_each_sentence_ends_once(changes):
    for sentence in ask(changes, [spread()]):
        assert sentence.endswith(".")
        assert ".." not in sentence
        assert "nan" not in sentence
