"""Lines of the findings on held-out and changed structures."""

import pandas as pd
import pytest

from gnnpool.report.beyond import changed, held_out
from gnnpool.specs import Labels

LABELS = Labels(
    datasets={"a": "Dataset A"}, models={"m": "Model"}, edges={"e": "Edges"}, poolings={"max": "Max"}
)
TRIAL = {"dataset": "a", "model": "m", "edges": "e", "pooling": "max"}


@pytest.fixture
def invariances():
    levels = [("supercell", "2x1x1", 34.4), ("supercell", "skew", 26.0), ("rewritten", "basis", 0.0)]
    return pd.DataFrame(
        [{**TRIAL, "axis": axis, "level": level, "share": share} for axis, level, share in levels]
    )


@pytest.fixture
def noise():
    levels = [("displaced", 0.05, 1.0), ("displaced", 0.1, 3.0), ("strained", 2.0, 9.0)]
    return pd.DataFrame(
        {
            **TRIAL,
            "axis": axis,
            "amount": amount,
            "value": value,
            "low": value - 5,
            "high": value + 5,
            "n_seeds": 5,
        }
        for axis, amount, value in levels
    )


def test_a_line_has_both_supercells_and_the_largest_displacement(invariances, noise):
    (line,) = changed(invariances, noise, LABELS)
    assert line == {
        "place": "Dataset A, Edges Model",
        "pooling": "Max",
        "supercells": {"2x1x1": "34 %", "skew": "26 %"},
        "displaced": "+3.0 %",
        "interval": "\N{MINUS SIGN}2.0 to +8.0",
        "amount": "0.1",
        "n": 5,
    }


def test_what_is_held_out_is_said_with_the_test_parts_that_several_seeds_share():
    rows = {
        "salts": ("random", ["", "", ""]),
        "salts_size": ("size", ["cells of 9 atoms or more"] * 3),
        "salts_element": ("element", ["element O", "element S", "element O"]),
        "salts_system": ("chemical_system", ["4 of 9 chemical systems"] * 3),
        "untrained": ("size", ["cells of 9 atoms or more"] * 3),
    }
    counts = pd.DataFrame(
        [
            {"dataset": dataset, "scheme": scheme, "held_out": held, "test": 20 + seed}
            for dataset, (scheme, every) in rows.items()
            for seed, held in enumerate(every)
        ]
    )
    trained = pd.DataFrame({"dataset": list(rows)[:-1]})
    assert held_out(counts, trained, Labels()) == [
        "salts_size: cells of 9 atoms or more (20 to 22 structures, the same for 3 seeds)",
        "salts_element: element O, element S (20 to 22 structures, 2 different test parts for 3 seeds)",
        "salts_system: 4 of 9 chemical systems (20 to 22 structures)",
    ]
    assert held_out(pd.DataFrame(), trained, Labels()) == []
