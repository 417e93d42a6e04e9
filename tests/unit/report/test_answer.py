"""Sentences from numbers."""

import numpy as np
import pandas as pd
import pytest

from gnnpool.analysis.intervals import excludes_zero
from gnnpool.report.answer import Asked, answer
from gnnpool.report.headline import ANY, GROWS, STAYS, comparisons, headline
from gnnpool.specs import Labels, Physics
from gnnpool.tables.power import ALL
from gnnpool.wording import MINUS, TIMES

LABELS = Labels(
    datasets={"phonons": "Phonons", "2d": "2D", "cell": "Cell", **{f"d{i}": f"D{i}" for i in range(5)}},
    models={"cgcnn": "CGCNN", "torchmd": "TorchMD"},
    edges={"mdl": "MDL"},
    poolings={"mamm": "MAMM", "gmt": "GMT", "memory": "Memory"},
)


def change(dataset, pooling, value, low=np.nan, high=np.nan, **more):
    """One row of values; an average is over the number of datasets that is given as n_datasets."""
    row = {
        **{"dataset": dataset, "model": "cgcnn", "edges": "mdl", "pooling": pooling, "state": "trained"},
        **{"value": value, "low": low, "high": high, "n_seeds": 5, "n_datasets": 1, "datasets": dataset},
        **{"noise_floor": np.nan, "p_value": np.nan, "kind": ANY},
    }
    return {**row, **more}


def average(pooling, value, low, high, n=7, **more):
    names = ["phonons", "2d", "d0", "d1", "d2", "d3", "d4"][:n]
    return change("average", pooling, value, low, high, n_datasets=n, datasets=",".join(names), **more)


def spread(dataset="phonons", *, n=5, difference=12.3, needed=61):
    """One row of the table of power."""
    return {
        **{"dataset": dataset, "model": "cgcnn", "edges": "mdl", "pooling": ALL, "n": n},
        **{"n_of": "seeds", "detectable_difference": difference, "needed": needed},
    }


def values_of(changes):
    """Rows of values, with made-up p-values where none is given."""
    columns = list(change("x", "x", 0.0))
    values = pd.DataFrame(changes, columns=columns)
    values["significant"] = excludes_zero(values["low"].astype(float), values["high"].astype(float))
    made_up = np.where(values["significant"], 0.001, 0.5)
    values["p_value"] = values["p_value"].fillna(pd.Series(made_up)).where(values["low"].notna())
    return values


def ask(changes, powers=(), *, averaged=None, averaged_powers=None, **more):
    """The sentences; what is not given of the averaged reading is that of the raw one."""
    of_both = {"raw": changes, "averaged": changes if averaged is None else averaged}
    compared = {reading: comparisons(values_of(rows)) for reading, rows in of_both.items()}
    first = {reading: headline(rows, confidence=0.95) for reading, rows in compared.items()}
    of_both = {"raw": powers, "averaged": powers if averaged_powers is None else averaged_powers}
    power = {
        reading: pd.DataFrame(rows, columns=list(spread())).astype({"needed": "Int64"})
        for reading, rows in of_both.items()
    }
    known = {"planned": 805, "finished": 805, "poolings": 12, "datasets": 7, "settings": 4}
    known |= {"by_size": "", "beyond": ""}
    asked = {"compared": compared, "first": first, "power": power, "labels": LABELS, "physics": {}}
    return answer(Asked(**{**asked, "confidence": 0.95, "margin": 3.0, **known, **more}))


ONE = [change("phonons", "mamm", 2.0, -5, 9), change("phonons", "gmt", -4.0, -9, 1)]
SEVEN = [
    *(change(d, "mamm", 2.0, -5, 9) for d in ("phonons", "2d", "d0", "d1", "d2", "d3", "d4")),
    average("mamm", 2.0, -1, 5),
    average("gmt", -3.25, -5.1, -1.4),
    average("memory", 8.0, 2.5, 13.5),
]


def test_with_nothing_finished_the_answer_says_what_is_planned():
    sentences = ask([], finished=0)
    assert sentences[0] == "There is no result yet: none of 805 planned trials is finished."
    assert "12 poolings with mean pooling on 7 datasets, in 4 settings" in sentences[1]
    assert len(sentences) == 3


def test_trials_without_anything_to_compare_give_no_result():
    first = ask([change("phonons", "gmt", np.nan, state="no baseline")], finished=5)[0]
    assert first.startswith("There is no result yet: 5 of 805 planned trials are finished, but no pooling")


def test_mean_pooling_alone_is_no_change():
    first = ask([change("phonons", "mean", 0.0)], finished=1)[0]
    assert first.startswith("There is no result yet: 1 of 805 planned trials is finished, but no pooling")


def test_one_dataset_is_named_and_nothing_is_significant():
    sentences = ask(ONE, [spread()], finished=15)
    assert sentences[0] == (
        "So far, with 15 of 805 trials: on 1 of 7 datasets (Phonons) and with 5 seeds, no pooling differs "
        "significantly from mean pooling (MDL CGCNN; corrected for 2 comparisons)."
    )
    assert sentences[2] == (
        "On single datasets, none of 2 changes is significant (uncorrected; about 0.1 expected by chance); "
        f"the largest change is GMT on Phonons, {MINUS}4.0 % (95 % interval {MINUS}9.0 to +1.0, n = 5 "
        "seeds), which is not significant (uncorrected)."
    )


def test_two_datasets_are_spoken_of_one_by_one():
    changes = [
        change("phonons", "mamm", 2.0, -5, 9),
        change("2d", "mamm", 4.0, -5, 9),
        average("mamm", 3, -10, 16, n=2),
    ]
    sentences = ask([*changes, change("2d", "gmt", 9.0, 1, 17)], [spread(), spread("2d")])
    assert sentences[0] == (
        "On 2 of 7 datasets, each by itself, and with 5 seeds, 1 of 3 changes relative to mean pooling (2 "
        "poolings on 2 datasets, not all combined) is significant (MDL CGCNN; corrected for 3 comparisons): "
        "higher error: GMT on 2D, +9.0 % (uncorrected 95 % interval +1.0 to +17.0)."
    )
    assert sentences[2].startswith(
        "On single datasets, 1 of 3 changes is significant (uncorrected; 0 lower, 1 higher; about 0.2 "
        "expected by chance);"
    )
    assert sentences[2].endswith("which is significant (uncorrected).")


def test_held_out_structures_alone_without_a_test_are_not_said_to_lack_mean_pooling():
    (said,) = ask([], datasets=0, settings=0, poolings=0, planned=8, finished=8)
    assert said.startswith("There is no result yet: 8 of 8 planned trials are there, on splits that hold")


def test_what_is_significant_alone_and_not_after_correction_is_not_claimed():
    """The intervals of all four exclude zero; one p-value of four below 0.05 is little evidence."""
    changes = [average(name, 3.0, 0.1, 6.0, p_value=0.03) for name in ("mamm", "gmt", "memory", "std")]
    single = change("phonons", "mamm", 2.0, 0.1, 4, p_value=0.04)
    first, _, second, _ = ask([single, *changes], [spread()])
    assert "no pooling differs significantly" in first
    assert "corrected for 4 comparisons" in first
    assert "1 of 1 change is significant (uncorrected;" in second


def test_poolings_that_were_trained_on_one_dataset_are_not_said_to_be_on_all():
    first = ask([change("phonons", "mamm", 2.0, -5, 9), change("2d", "gmt", -4.0, -9, 1)], [spread()])[0]
    assert first.startswith("On 1 of 7 datasets each and with 5 seeds, no pooling differs significantly")


def test_an_average_over_one_dataset_is_that_dataset():
    repeated = {"n_datasets": 1, "datasets": "phonons"}
    with_it = [*ONE, change("average", "mamm", 2.0, **repeated), change("average", "gmt", -4.0, **repeated)]
    assert ask(with_it, [spread()]) == ask(ONE, [spread()])


def test_seven_datasets_name_what_is_better_and_what_is_worse():
    first = ask(SEVEN, [spread()])[0]
    assert first == (
        "On 7 datasets and with 5 seeds, 2 of 3 poolings differ significantly from mean pooling (MDL CGCNN; "
        f"corrected for 3 comparisons): lower error: GMT, {MINUS}3.2 % (uncorrected 95 % interval {MINUS}5.1 "
        f"to {MINUS}1.4); higher error: Memory, +8.0 % (uncorrected 95 % interval +2.5 to +13.5)."
    )


def test_one_comparison_needs_no_correction():
    first = ask(SEVEN[:8], [spread()])[0]
    assert first == (
        "On 7 datasets and with 5 seeds, the one pooling does not differ significantly from mean pooling "
        "(MDL CGCNN)."
    )


def test_several_settings_are_named():
    changes = [average("mamm", 2.0, -1, 5), average("mamm", -9.0, -12, -6, model="torchmd")]
    first = ask([*changes, *SEVEN[:1]], [spread()])[0]
    assert (
        "1 of 2 changes relative to mean pooling (1 pooling in 2 settings) is significant (corrected for 2 "
        "comparisons)"
    ) in first
    assert f"MAMM with MDL TorchMD, {MINUS}9.0 %" in first


def test_many_significant_changes_are_counted_after_the_largest():
    changes = [average(f"p{i}", 10.0 + i, 5, 25) for i in range(5)]
    first = ask([*changes, *SEVEN[:1]], [spread()])[0]
    assert (
        "higher error: p4, +14.0 % (uncorrected 95 % interval +5.0 to +25.0), p3, +13.0 % (+5.0 to +25.0) "
        "and 3 more."
    ) in first


def test_one_seed_has_no_interval_and_no_test():
    changes = [change("phonons", "mamm", 2.0, n_seeds=1), change("phonons", "gmt", -4.0, n_seeds=1)]
    first, _, second, third = ask(changes)
    assert "with 1 seed, no change can be tested (MDL CGCNN): a test needs two seeds" in first
    assert second == (
        f"The largest change is GMT on Phonons, {MINUS}4.0 % (no interval, n = 1 seed); one seed has no "
        "interval."
    )
    assert third.startswith("The detectable difference is not known, as a spread needs two seeds;")


def test_changes_without_an_interval_yet_are_counted():
    first = ask([*ONE, change("phonons", "memory", 1.0, n_seeds=1)], [spread()])[0]
    assert "with 1 to 5 seeds" in first
    assert "corrected for 2 comparisons" in first
    assert first.endswith("; 1 more has no interval yet.")


def test_the_number_expected_by_chance_is_no_upper_limit():
    many = [change("phonons", f"p{i}", 2.0, -5, 9) for i in range(100)]
    second = ask(many, [spread()])[2]
    assert "about 5 expected by chance" in second
    assert "up to" not in second


def test_seeds_needed_come_from_the_table_of_power():
    third = ask(ONE, [spread(needed=14)])[3]
    assert third == (
        "With 5 seeds the detectable difference on one dataset is 12.3 % (averaged reading: 12.3 %; 80 % "
        "power, uncorrected); to "
        "detect 3 % on one dataset takes about 14 seeds; the noise floor was not measured."
    )


def test_where_no_number_of_seeds_is_enough_the_answer_says_so():
    third = ask(ONE, [spread(needed=None)])[3]
    assert (
        "; at the typical spread of the poolings no number of seeds detects 3 % on one dataset, as splits of "
        "one dataset share structures: more structures are needed;"
    ) in third
    some = ask(ONE, [spread(needed=None), spread("2d", needed=20), spread("d0", needed=None)])[3]
    assert "; at the typical spread of the poolings, on 2 of 3 no number of seeds detects 3 %, as" in some
    assert "more structures are needed; on the other it takes about 20 seeds;" in some


@pytest.mark.parametrize(
    ("needed", "words"), [([10, 20, 90], "about 20 seeds"), ([10, 1001, 1001], "more than 1000 seeds")]
)
def test_more_than_a_thousand_seeds_count_as_many(needed, words):
    lines = [spread(f"d{i}", needed=count) for i, count in enumerate(needed)]
    third = ask(ONE, lines)[3]
    assert f"to detect 3 % on one dataset takes {words};" in third
    assert "80 % power, uncorrected, median of 3 pairs of dataset and setting)" in third


def test_the_detectable_difference_of_averages_counts_datasets():
    average_line = {**spread("average", n=7, difference=4.5), "n_of": "datasets"}
    assert ask(ONE, [average_line])[3].startswith("The detectable difference is not known")
    assert (
        ", and of an average over 7 datasets 4.5 % (averaged reading: 4.5 %);"
        in ask(SEVEN, [spread(), average_line])[3]
    )


@pytest.mark.parametrize(("floors", "words"), [((4.0, 4.0), "± 4.0 %"), ((2.0, 6.0), "± 2.0 to 6.0 %")])
def test_a_noise_floor_that_is_known_is_reported(floors, words):
    changes = [{**row, "noise_floor": floor} for row, floor in zip(ONE, floors, strict=True)]
    assert (
        f"; the noise floor is {words} (averaged reading: {words}), the size of changes when"
        in ask(changes, [spread()])[3]
    )


def test_the_second_sentence_is_that_of_the_averaged_reading():
    averaged = [*SEVEN[:7], average("mamm", 1.0, 0.5, 1.5), *SEVEN[8:9], average("memory", 8.0, -1, 17)]
    second = ask(SEVEN, [spread()], averaged=averaged)[1]
    assert second == (
        "In the averaged reading of the same trainings, 2 of 3 poolings differ significantly from mean "
        f"pooling (MDL CGCNN; corrected for 3 comparisons): lower error: GMT, {MINUS}3.2 % (uncorrected 95 % "
        f"interval {MINUS}5.1 to {MINUS}1.4); higher error: MAMM, +1.0 % (uncorrected 95 % interval +0.5 to "
        "+1.5); no change has another sign than in the raw reading."
    )


def test_changes_whose_sign_depends_on_the_reading_are_named_with_both_numbers():
    averaged = [change("phonons", "mamm", -0.25, -5, 9), change("phonons", "gmt", -4.0, -9, 1)]
    second = ask(ONE, [spread()], averaged=averaged)[1]
    assert second.endswith(
        "; 1 of 2 changes has another sign than in the raw reading: MAMM on Phonons (raw +2.00 %, averaged "
        f"{MINUS}0.25 %)."
    )
    raw = [average(f"p{i}", 1.0 + i, -5, 9) for i in range(7)]
    averaged = [{**row, "value": -row["value"]} for row in raw]
    second = ask([*SEVEN[:1], *raw], averaged=[*SEVEN[:1], *averaged])[1]
    assert "8 of" not in second
    assert f"p4 (raw +5.00 %, averaged {MINUS}5.00 %) and 2 more." in second


def test_a_change_of_zero_has_no_sign_to_disagree_on():
    averaged = [change("phonons", "mamm", 0.0, -5, 9), ONE[1]]
    assert ask(ONE, [spread()], averaged=averaged)[1].endswith(
        "no change has another sign than in the raw reading."
    )


def test_detectable_differences_and_noise_floors_of_both_readings_stand_together():
    of = {"raw": 4.0, "averaged": 1.5}
    changes = {reading: [{**row, "noise_floor": floor} for row in SEVEN] for reading, floor in of.items()}
    power = {
        "raw": [spread(), {**spread("average", n=7, difference=4.5), "n_of": "datasets"}],
        "averaged": [spread(difference=9.8), {**spread("average", n=7, difference=4.1), "n_of": "datasets"}],
    }
    last = ask(changes["raw"], power["raw"], averaged=changes["averaged"], averaged_powers=power["averaged"])[
        3
    ]
    assert "on one dataset is 12.3 % (averaged reading: 9.8 %; 80 % power, uncorrected)" in last
    assert ", and of an average over 7 datasets 4.5 % (averaged reading: 4.1 %);" in last
    assert "; the noise floor is ± 4.0 % (averaged reading: ± 1.5 %), the size of changes when" in last


def kinds(*, single, several):
    """Changes of MAMM: on one dataset whose target grows with the cell, averaged over six whose do not."""
    return [
        change("cell", "mamm", *single, kind=GROWS),
        average("mamm", *several, n=6, kind=STAYS),
        change("cell", "gmt", 1.0, -2, 4, kind=GROWS),
        average("gmt", -1.0, -4, 2, n=6, kind=STAYS),
    ]


BOTH = kinds(single=(-60.0, -65, -55), several=(200.0, 150, 250))


def test_kinds_of_targets_are_not_averaged_and_the_pooling_that_fits_one_alone_comes_first():
    depends, on_each, beside, *rest = ask(BOTH, [spread()])
    assert len(rest) == 2
    assert depends == (
        "Which pooling has the lower error depends on the kind of target: MAMM with MDL CGCNN has a 60.0 % "
        f"lower error than mean pooling (95 % interval {MINUS}65.0 to {MINUS}55.0, n = 5 seeds) on the "
        "target that grows with the cell (Cell), and a 200.0 % higher error (+150.0 to +250.0, n = 6 "
        f"datasets {TIMES} 5 seeds) on average over 6 targets that do not grow with the cell. Both are "
        "significant (corrected for 4 comparisons; the intervals are not)."
    )
    assert on_each == (
        "On the target that grows with the cell (Cell) and with 5 seeds, 1 of 2 poolings differs "
        "significantly from mean pooling (MDL CGCNN; corrected for 4 comparisons): lower error: MAMM, "
        f"{MINUS}60.0 % (uncorrected 95 % interval {MINUS}65.0 to {MINUS}55.0). On average over 6 targets "
        "that do not grow with the cell and with 5 seeds, 1 of 2 poolings differs significantly from mean "
        "pooling (MDL CGCNN; corrected for 4 comparisons): higher error: MAMM, +200.0 % (uncorrected 95 % "
        "interval +150.0 to +250.0)."
    )
    assert beside == (
        f"In the averaged reading of the same trainings, w{depends[1:]} No change has another sign than in "
        "the raw reading."
    )


def test_two_targets_of_one_kind_are_spoken_of_one_by_one_and_are_no_opposites():
    of_kind = {"kind": STAYS}
    changes = [
        change("cell", "mamm", 2.0, -5, 9, kind=GROWS),
        change("phonons", "mamm", -9.0, -11, -7, **of_kind),
        change("2d", "mamm", 9.0, 7, 11, **of_kind),
    ]
    first = ask(changes, [spread()])[0]
    assert "depends" not in first
    assert (
        "On 2 targets that do not grow with the cell, each by itself, and with 5 seeds, 2 of 2 changes "
        "relative to mean pooling (1 pooling on 2 datasets) are significant"
    ) in first


@pytest.mark.parametrize(
    "several", [(-20.0, -25, -15), (200.0, -10, 410)], ids=["the same sign", "not significant"]
)
def test_without_opposite_significant_changes_no_dependence_is_claimed(several):
    changes = kinds(single=(-60.0, -65, -55), several=several)
    paragraph = ask(changes, [spread()], finished=15)[0]
    assert paragraph.startswith(
        "So far, with 15 of 805 trials: on the target that grows with the cell (Cell)"
    )
    assert "depends" not in paragraph


def test_both_kinds_are_corrected_together():
    """Two p-values of 0.02 are each significant among two comparisons of their kind, not among four."""
    changes = [row | {"p_value": 0.02 if row["pooling"] == "mamm" else 0.5} for row in BOTH]
    paragraph = ask(changes, [spread()])[0]
    assert "depends" not in paragraph
    assert paragraph.count("no pooling differs significantly") == 2


def test_the_first_pooling_of_the_plan_speaks_for_those_with_opposite_changes():
    """Not the one with the largest changes, which are the largest by chance too."""
    more = [
        change("cell", "gmt", -90.0, -95, -85, kind=GROWS),
        average("gmt", 900.0, 850, 950, n=6, kind=STAYS),
        change("cell", "mamm", -50.0, -55, -45, kind=GROWS, model="torchmd"),
        average("mamm", 900.0, 850, 950, n=6, kind=STAYS, model="torchmd"),
    ]
    paragraph = ask([*BOTH[:2], *more], [spread()])[0]
    assert "MAMM with MDL CGCNN has a 60.0 % lower error" in paragraph
    assert paragraph.endswith(
        "significant (corrected for 6 comparisons; the intervals are not). The same holds for MAMM with MDL "
        "TorchMD and GMT with MDL CGCNN."
    )


def test_what_a_reader_must_know_of_a_target_is_said():
    physics = {"cell": Physics(grows_with_cell=True, decided_by="bulk", note="nothing can grow")}
    assert (
        "on the target that grows with the cell (Cell: nothing can grow), and"
        in ask(BOTH, [spread()], physics=physics)[0]
    )


@pytest.mark.parametrize("changes", [[], ONE, SEVEN, BOTH], ids=["none", "one", "seven", "kinds"])
def test_each_sentence_ends_once(changes):
    for sentence in ask(changes, [spread()]):
        assert sentence.endswith(".")
        assert ".." not in sentence
        assert "nan" not in sentence


def test_a_sentence_on_the_number_of_atoms_stands_between_both_readings_and_single_datasets():
    without, sentences = ask(SEVEN, [spread()]), ask(SEVEN, [spread()], by_size="Seeing poolings differ.")
    assert sentences == (*without[:2], "Seeing poolings differ.", *without[2:])
