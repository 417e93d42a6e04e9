"""Kinds of targets: averages over their datasets, and differences that are significant or not."""

import pandas as pd
import pytest
from scipy import stats

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
BULK = {"grows_with_cell": False, "decided_by": "bulk"}
SURFACE = {"grows_with_cell": False, "decided_by": "surface"}
PHYSICS = {
    "log_kvrh": BULK,
    "phonons": BULK,
    "perovskites": {"grows_with_cell": True, "decided_by": "bulk", "note": "all cells have five atoms"},
    "2d": SURFACE,
    "surface": SURFACE,
}
GMT = ("cgcnn", "mdl", "gmt")


@pytest.fixture
def kinds(render, write_changes, entry, printed):
    """Render the table from changes of GMT by dataset; gives its tidy form, its lines and its text."""

    def kinds(changes, physics=PHYSICS, settings=None, **options):
        rows = [(dataset, *GMT, change) for dataset, change in changes.items()]
        one = entry | {"kind": "by_physics", "datasets": list(PHYSICS), "poolings": ["gmt"]}
        one |= {"settings": settings} if settings else {}
        tidy, paths = render(
            write_changes(rows), entry=one, planned=[(d, *GMT) for d in PHYSICS], physics=physics, **options
        )
        return tidy, printed(paths["markdown"]), paths["markdown"].read_text("utf-8")

    return kinds


def test_a_kind_averages_over_its_datasets_and_a_single_one_has_no_interval(kinds):
    _, lines, notes = kinds(
        {"log_kvrh": 1.0, "phonons": 3.0, "perovskites": -7.0, "2d": -8.0, "surface": -10.0}
    )
    grows = [text for label, text in lines.items() if label.startswith("Grows with the cell: ")]
    assert grows == [[f"({MINUS}7.000) [no interval: one dataset] (n = 1 {TIMES} 5)"]]
    half = stats.t.ppf(0.975, 1) * 1.0
    surface = lines["Decided by a surface: 2D, surface"][0]
    assert surface == f"({MINUS}9.000) [{MINUS}{9 + half:.2f} to +{half - 9:.2f}] (n = 2 {TIMES} 5)"
    assert "A kind of one or two datasets proves nothing" in notes
    assert "perovskites: all cells have five atoms." in notes


def test_a_difference_is_shown_only_if_it_is_significant(kinds):
    tidy, lines, notes = kinds(
        {"log_kvrh": 1.0, "phonons": 1.2, "perovskites": 1.1, "2d": -30.0, "surface": -31.0}
    )
    cell = lines["Decided by a surface, less: decided by the bulk"][0]
    expected = stats.ttest_ind([-30.0, -31.0], [1.0, 1.2, 1.1], equal_var=False).confidence_interval(0.95)
    row = tidy[tidy["compared_with"] == "bulk"].iloc[0]
    assert row["value"] == pytest.approx(-31.6)
    assert (row["low"], row["high"]) == pytest.approx(tuple(expected))
    assert cell.startswith(f"{MINUS}31.600 [{MINUS}")
    assert cell.endswith("(n = 2 and 3)")
    undecided = lines["Grows with the cell, less: does not grow with the cell"][0]
    assert undecided == "undecided (n = 1 and 4)"
    assert "Undecided: a difference of two kinds has an interval only if both have two datasets" in notes


def test_kinds_that_scatter_as_much_as_they_differ_are_not_significant(kinds):
    _, lines, _ = kinds({"log_kvrh": 6.0, "phonons": -6.0, "perovskites": 1.0, "2d": -8.0, "surface": 2.0})
    assert lines["Decided by a surface, less: decided by the bulk"][0].startswith("not significant [")


def test_what_is_not_trained_does_not_count(kinds):
    tidy, lines, notes = kinds({"phonons": 3.0, "2d": -8.0})
    assert lines["Decided by a surface: 2D, surface"][0].endswith(f"(n = 1 of 2 {TIMES} 5)")
    assert lines["Grows with the cell: perovskites"] == ["—"]
    assert "planned, not trained yet" in notes
    values = tidy[tidy["compared_with"] == ""].set_index(["question", "kind"])["value"]
    assert values[("decided_by", "bulk")] == pytest.approx(3.0)
    assert pd.isna(values[("grows_with_cell", "true")])


def test_datasets_without_physics_are_named_and_count_nowhere(kinds):
    known = {"phonons": BULK}
    _, lines, notes = kinds({"phonons": 3.0, "2d": -8.0}, physics=known)
    assert lines["Decided by the bulk: Phonons"][0].startswith("(+3.000)")
    assert "Of no declared kind, and not counted: Log Kvrh, perovskites, 2D, surface." in notes
    assert "less:" not in "".join(lines)


def test_a_setting_of_which_nothing_is_planned_takes_one_line(kinds):
    _, lines, _ = kinds({"phonons": 3.0}, settings=[["cgcnn", "mdl"], ["torchmd", "mdl"]])
    assert [label for label in lines if "not planned" in label] == ["MDL TorchMD: not planned"]
    assert sum(label.startswith("Decided by the bulk") for label in lines) == 1


def test_the_number_expected_by_chance_counts_differences_with_an_interval(kinds):
    assert "expected by chance" not in kinds({"phonons": 3.0, "2d": -8.0})[2]
    notes = kinds({"log_kvrh": 1.0, "phonons": 1.2, "perovskites": 1.1, "2d": -30.0, "surface": -31.0})[2]
    assert "of 1 with an interval, about 0.05 are expected by chance" in notes
