import pandas as pd
import pytest

from gnnpool.errors import ConfigError, DataError
from gnnpool.explain.choice import choose_structures

STRUCTURES = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d", "e"],
        "part": ["train", "test", "test", "test", "test"],
        "atoms": [4, 1, 3, 2, 9],
        "error": [0.0, 9.0, 0.5, 0.1, 0.7],
    }
)


def choose(wanted, structures=STRUCTURES):
    return choose_structures(wanted, structures, explanation="few", dataset="toys")


def test_a_number_chooses_the_first_tested_structures_of_several_atoms():
    assert choose(2) == ["c", "d"]
    assert choose(99) == ["c", "d", "e"]


def test_by_error_takes_best_median_and_worst_of_several_atoms():
    assert choose("best_median_worst") == ["d", "c", "e"]


def test_by_error_of_few_structures_shows_none_twice():
    assert choose("best_median_worst", STRUCTURES[1:4]) == ["d", "c"]


def test_named_structures_are_taken_as_named():
    assert choose(["b", "a", "b"]) == ["b", "a"]


def test_an_unknown_id_is_refused_with_its_dataset_and_such_as_there_are():
    with pytest.raises(
        ConfigError, match="explanation 'few': toys has no structure 'mp-1'; expected ids such as 'a'"
    ):
        choose(["mp-1"])


def test_a_dataset_without_large_structures_is_refused():
    with pytest.raises(DataError, match="the test part of toys has no structure of two or more atoms"):
        choose(1, STRUCTURES[:2])
