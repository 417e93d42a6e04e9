import pandas as pd
import pytest

from gnnpool.analysis.values import AVERAGE, NOT_PLANNED, NOT_TRAINED, TRAINED
from gnnpool.report.choices import choices, corrected_tests
from gnnpool.specs import Labels
from gnnpool.wording import MINUS

LABELS = Labels(
    datasets={"d": "Some data"},
    models={"m": "Net"},
    edges={"e": "E"},
    poolings={"mean": "Mean", "a": "A", "b": "B"},
)


def chosen(raw, averaged, **entry):
    """The only line, of changes and corrected p-values of the poolings a and b in both readings.

    Uncorrected p-values are half as large, so that the correction for both of them gives the same again.
    """

    def table(pairs):
        rows = [(p, *pair, 5.0, 5) for p, pair in zip("ab", pairs, strict=True)]
        frame = pd.DataFrame(rows, columns=["pooling", "value", "holm", "sd", "n_seeds"])
        return frame.assign(dataset="d", model="m", edges="e", p_value=frame["holm"] / 2)

    (line,) = choices(
        {"raw": table(raw), "averaged": table(averaged)},
        errors={("d", "m", "e", pooling): f"error of {pooling}" for pooling in LABELS.poolings},
        sizes={"d": 500},
        overlap={"d": 0.2},
        datasets={"d": entry},
        labels=LABELS,
        confidence=0.95,
    )
    return line


@pytest.mark.parametrize(
    ("raw", "averaged", "choose", "avoid"),
    [
        (
            [(-9, 0.2), (3, 0.3)],
            [(-9, 0.2), (3, 0.3)],
            "Mean: no pooling has a significantly lower error",
            "none known",
        ),
        (
            [(-5, 0.01), (-9, 0.01)],
            [(-4, 0.01), (-3, 0.04)],
            f"B: lower error in both readings ({MINUS}9.0 % raw, p = 0.01, corrected for all changes of this "
            f"page 0.01; {MINUS}3.0 % averaged, p = 0.04, corrected for all changes of this page 0.02)",
            "none known",
        ),
        (
            [(-5, 0.01), (9, 0.01)],
            [(-4, 0.2), (8, 0.01)],
            "Mean; undecided: A, lower in the raw reading, not in the averaged one",
            "B",
        ),
        (
            [(-5, 0.2), (9, 0.01)],
            [(-4, 0.01), (8, 0.2)],
            "Mean; undecided: A, lower in the averaged reading, not in the raw one",
            "none known",
        ),
    ],
)
def test_a_pooling_is_chosen_if_both_readings_agree(raw, averaged, choose, avoid):
    line = chosen(raw, averaged)
    assert (line["choose"], line["avoid"]) == (choose, avoid)
    assert line["error"] == f"error of {line['chosen']}"


def test_a_line_states_the_target_the_size_and_what_is_detected():
    line = chosen([(-9, 0.2), (3, 0.3)], [(-9, 0.2), (3, float("nan"))], physics={"grows_with_cell": True})
    assert line["place"] == "Some data, E Net"
    assert (line["target"], line["size"]) == ("extensive", "small (500)")
    # 2.38 standard deviations of 5 %: five seeds, overlap 0.2.
    assert line["detects"] == "12 % raw, 12 % averaged"


def test_poolings_with_one_seed_correct_those_that_can_be_tested():
    rows = [("gmt", 0.03), ("mamm", float("nan")), ("sum", float("nan"))]
    values = pd.DataFrame(rows, columns=["pooling", "p_value"])
    found = corrected_tests(values.assign(dataset="d", model="m", edges="e", state=TRAINED))
    assert found["holm"].tolist() == pytest.approx([0.09, float("nan"), float("nan")], nan_ok=True)


def test_the_first_trained_pooling_is_corrected_for_those_that_are_planned():
    rows = [
        ("d", "e", "gmt", TRAINED, 0.03),
        ("d", "e", "mamm", NOT_TRAINED, float("nan")),
        ("d", "e", "sum", NOT_TRAINED, float("nan")),
        ("d", "e", "max", NOT_PLANNED, float("nan")),
        ("d", "f", "gmt", TRAINED, 0.03),
        (AVERAGE, "e", "gmt", TRAINED, 0.01),
    ]
    values = pd.DataFrame(rows, columns=["dataset", "edges", "pooling", "state", "p_value"])
    found = corrected_tests(values.assign(model="m"))
    assert found[["edges", "pooling"]].to_numpy().tolist() == [["e", "gmt"], ["f", "gmt"]]
    assert found["holm"].tolist() == pytest.approx([0.09, 0.03])
