import numpy as np
import pandas as pd
import pytest

from gnnpool.analysis.claims import judge_claims, published_claims
from gnnpool.analysis.published import published_changes

DATASETS = ["2d", "dielectric", "exfoliation", "log_kvrh", "perovskites", "phonons", "surface"]


def values_of(changes: dict[str, list[float]], *, setting=("torchmd", "mdl"), half=0.01, n_seeds=5):
    """Values of poolings on the seven datasets with intervals of one half-width."""
    rows = [
        (dataset, *setting, pooling, change, change - half, change + half, n_seeds)
        for pooling, numbers in changes.items()
        for dataset, change in zip(DATASETS, numbers, strict=True)
    ]
    columns = ["dataset", "model", "edges", "pooling", "value", "low", "high", "n_seeds"]
    return pd.DataFrame(rows, columns=columns)


def judged(values, figure):
    found = judge_claims(values, confidence=0.95)
    return found[found["figure"] == figure].set_index("claim")


FIVE_WORSE = "GMT is worse than mean pooling on five of seven datasets"
OUTLIER = "Without its best dataset, GMT is worse than mean pooling on average"
FIRST_QUARTILE = "The first quartile of MAMM is lower than that of GMT"


def test_the_printed_tables_confirm_what_the_paper_says_of_figure_4b():
    """Tables 1 and 2 hold the changes that Figure 4b draws."""
    printed = published_changes().query("model == 'cgcnn' and edges == 'mdl' and dataset != 'average'")
    printed = printed.drop_duplicates(["dataset", "pooling"]).pivot(
        index="pooling", columns="dataset", values="change"
    )
    poolings = {p: printed.loc[p, DATASETS].to_list() for p in ("gmt", "set_transformer", "mamm")}
    found = judged(values_of(poolings, setting=("cgcnn", "mdl")), "4b")
    assert found["verdict"].to_dict() == {
        "GMT has the lowest first quartile, median and third quartile": "holds",
        "GMT has the highest maximum": "holds",
        "Set Transformer has the lowest minimum": "holds",
    }


def test_a_count_of_datasets_holds_or_does_not():
    five = values_of({"gmt": [1, 2, 3, 4, 5, -60, -1], "mamm": [2, 3, 4, 5, 6, -1, 0.5]})
    found = judged(five, "5b")
    assert found.loc[FIVE_WORSE, ["measured", "published", "verdict"]].to_list() == [5, 5, "holds"]
    assert found.loc[OUTLIER, "measured"] == pytest.approx(14 / 6)
    assert found.loc[OUTLIER, "verdict"] == "holds"
    four = judged(values_of({"gmt": [1, 2, 3, 4, -5, -60, -1], "mamm": [0.0] * 7}), "5b")
    assert four.loc[FIVE_WORSE, "verdict"] == "does not hold"
    assert four.loc["GMT is worse than mean pooling on over half of the datasets", "verdict"] == "holds"


def test_the_statistic_that_supports_a_claim_least_decides():
    below = {"gmt": np.arange(7.0), "mamm": np.arange(7.0) + 1}
    name = "GMT is lower than MAMM in all five numbers"
    assert judged(values_of(below), "5b").loc[name, ["measured", "verdict"]].to_list() == [-1, "holds"]
    below["gmt"] = np.array([0, 1, 2, 3, 4, 5, 9.0])
    assert judged(values_of(below), "5b").loc[name, ["measured", "verdict"]].to_list() == [2, "does not hold"]


def test_wide_intervals_cannot_be_distinguished_and_one_seed_has_no_probability():
    changes = {"mamm": np.arange(7.0) - 3.5, "gmt": np.arange(7.0)}
    sure, unsure = (
        judged(values_of(changes, setting=("cgcnn", "ocp"), half=half), "4a").loc[FIRST_QUARTILE]
        for half in (0.1, 20.0)
    )
    assert (sure["measured"], sure["published"], sure["verdict"]) == (-3.5, -3.5, "holds")
    assert unsure["verdict"] == "cannot be distinguished"
    assert 0.05 < unsure["probability"] < 0.95
    one = judged(values_of(changes, setting=("cgcnn", "ocp"), half=np.nan, n_seeds=1), "4a")
    assert one.loc[FIRST_QUARTILE, "verdict"] == "cannot be distinguished"
    assert np.isnan(one.loc[FIRST_QUARTILE, "probability"])


def test_a_claim_is_not_run_while_one_of_its_seven_datasets_is_missing():
    values = values_of({"gmt": np.arange(7.0), "mamm": np.arange(7.0)})
    assert set(judge_claims(values.iloc[1:], confidence=0.95)["verdict"]) == {"not run"}
    assert set(judge_claims(values.iloc[:0], confidence=0.95)["verdict"]) == {"not run"}


def test_every_claim_names_known_things():
    claims = published_claims()
    printed = published_changes()
    names = {name for row in claims.itertuples() for name in (row.pooling, *row.others.split())}
    assert names <= set(printed["pooling"])
    assert set(zip(claims["model"], claims["edges"], strict=True)) <= set(
        zip(printed["model"], printed["edges"], strict=True)
    )
    assert set(claims["relation"]) == {"below", "above", "at least"}
