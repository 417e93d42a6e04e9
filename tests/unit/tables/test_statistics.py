"""Tables of what the numbers are worth."""

from importlib import import_module

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from gnnpool import plugins
from gnnpool.analysis.power import number_needed, power
from gnnpool.analysis.published import published_changes
from gnnpool.analysis.values import assessed_values, slice_values
from gnnpool.artifacts import write_table
from gnnpool.records import Trial
from gnnpool.trial_files import named

GMT = ("phonons", "cgcnn", "mdl", "gmt")
MINUS = "\N{MINUS SIGN}"
KINDS = plugins.names("gnnpool.tables")


@pytest.fixture
def both(entry, write_changes):
    """An entry of GMT and MAMM on three datasets, its plan, and records with given changes."""
    gmt = {"phonons": -9.0, "2d": -4.0, "log_kvrh": 2.0}
    mamm = {"phonons": 3.0, "2d": 5.0, "log_kvrh": 8.0}
    changes = [(d, "cgcnn", "mdl", p, c[d]) for p, c in (("gmt", gmt), ("mamm", mamm)) for d in gmt]
    planned = [(d, "cgcnn", "mdl", p) for d in gmt for p in ("mean", "gmt", "mamm")]
    return entry | {"datasets": list(gmt)}, planned, write_changes(changes)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_made_of_nothing_at_all(render, entry, kind):
    _, paths = render([], entry=entry | {"kind": kind})
    assert "<table" in paths["html"].read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_made_of_one_seed_of_one_dataset(render, entry, write_changes, kind):
    records = write_changes([(*GMT, -2.5)], seeds=[111])
    _, paths = render(records, entry=entry | {"kind": kind}, seeds=[111])
    text = paths["markdown"].read_text("utf-8")
    assert "nan" not in text.lower().replace("nanometer", "")


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_has_a_place_in_the_documentation(render, both, kind):
    entry, planned, records = both
    tidy, _ = render(records, entry=entry | {"kind": kind}, planned=planned)
    said = import_module(f"gnnpool.tables.{kind}").build.__doc__
    if "assessed_values" in said:
        said += assessed_values.__doc__ + slice_values.__doc__
    assert [name for name in tidy if name not in said] == []


def test_ranks_are_those_of_the_datasets_all_poolings_have(render, both, printed):
    entry, planned, records = both
    tidy, paths = render(records, entry=entry | {"kind": "ranks"}, planned=planned)
    tidy = tidy.set_index("pooling")
    assert tidy["mean_rank"].to_dict() == pytest.approx({"gmt": 4 / 3, "mean": 5 / 3, "mamm": 3})
    assert tidy["better_on"].to_dict() == {"gmt": 2, "mean": 0, "mamm": 0}
    # Ranks 1, 2, 3 on two datasets and 2, 1, 3 on one: 12 / (3 * 3 * 4) * (16 + 25 + 81) - 3 * 3 * 4.
    assert tidy["friedman_statistic"].iloc[0] == pytest.approx(14 / 3, abs=1e-9)
    # Of three values of unequal sizes, three and six below.
    assert tidy["wilcoxon_p"].drop("mean").to_dict() == pytest.approx({"gmt": 0.5, "mamm": 0.25})
    assert tidy["holm_p"].drop("mean").to_dict() == pytest.approx({"gmt": 0.5, "mamm": 0.5})
    assert set(tidy["n_datasets"]) == {3}
    # Two poolings on three datasets: 2 * 2 / 2^3.
    assert set(tidy["lowest_holm_p"]) == {0.5}
    unreachable = "Wilcoxon with Holm cannot reach 5 %; the lowest possible p-value is 0.50."
    assert f"MDL CGCNN: with 3 datasets and 2 poolings, {unreachable}" in paths["html"].read_text("utf-8")
    assert list(printed(paths["markdown"]))[3:] == ["GMT", "Mean", "MAMM"]

    fewer = [path for path in records if "2d/cgcnn/mdl/mamm" not in str(path)]
    tidy, paths = render(fewer, entry=entry | {"kind": "ranks"}, planned=planned)
    assert set(tidy["datasets"]) == {"log_kvrh,phonons"}
    assert "MDL CGCNN: 2D left out, not all poolings are trained there." in paths["html"].read_text("utf-8")


def test_ranks_of_one_dataset_are_not_made_up(render, entry, write_changes, planned, printed):
    records = write_changes([(*GMT, -2.5)])
    tidy, paths = render(records, entry=entry | {"kind": "ranks"})
    assert (
        tidy[["wilcoxon_p", "holm_p", "nemenyi_p", "friedman_p", "critical_difference"]].isna().all(axis=None)
    )
    assert "MDL CGCNN: 1 dataset, too few to rank" in printed(paths["markdown"])


def test_power_asks_for_more_seeds_where_they_scatter(render, both, printed):
    entry, planned, records = both
    tidy, paths = render(records, entry=entry | {"kind": "power"}, planned=planned)
    sd = np.std([-1.2, 0.4, 0.3, 1.1, -0.6], ddof=1)
    line = tidy.set_index(["dataset", "pooling"]).loc[("phonons", "all")]
    assert line["sd"] == pytest.approx(sd)
    assert (line["n"], line["n_of"]) == (5, "seeds")
    # The test that decides: corrected for shared structures over seeds, plain over datasets.
    options = {"confidence": 0.95, "sd": sd, "overlap": 189 / 1012}
    assert line["needed"] == number_needed(3.0, **options)
    assert power(line["detectable_difference"], n=5, **options) == pytest.approx(0.8)
    average = tidy.set_index(["dataset", "pooling"]).loc[("average", "gmt")]
    sd = np.std([-9.0, -4.0, 2.0], ddof=1)
    assert (average["n"], average["n_of"]) == (3, "datasets")
    assert average["sd"] == pytest.approx(sd)
    assert average["needed"] == number_needed(3.0, sd=sd, confidence=0.95)
    assert printed(paths["markdown"])["Average"][-1].endswith(" datasets")


def test_where_no_number_of_seeds_is_enough_the_table_of_power_says_so(render, write_record, entry, printed):
    errors = {"mean": [50.0] * 5, "gmt": [30.0, 70.0, 50.0, 40.0, 60.0]}
    records = [
        write_record(Trial("phonons", "cgcnn", "mdl", pooling, seed), error)
        for pooling, values in errors.items()
        for seed, error in zip((111, 222, 333, 444, 555), values, strict=True)
    ]
    tidy, paths = render(records, entry=entry | {"kind": "power"})
    assert tidy["needed"].isna().all()
    assert printed(paths["markdown"])["Phonons"][-1] == "no number of seeds"


def test_variance_names_what_cannot_be_separated(render, both, write_record, printed):
    entry, planned, records = both
    tidy, paths = render(records, entry=entry | {"kind": "variance"}, planned=planned)
    rows = printed(paths["markdown"])
    assert rows["Phonons"][3:6] == ["not separable", "not separable", "not measured"]
    shares = tidy[["share_of_pooling", "share_of_split", "share_of_split_by_pooling"]].sum(axis=1)
    assert shares.to_list() == pytest.approx([1, 1, 1])
    again = write_record(Trial("phonons", "cgcnn", "mdl", "mean", 111, 1), 52.0)
    tidy, paths = render([*records, again], entry=entry | {"kind": "variance"}, planned=planned)
    line = tidy.set_index("dataset").loc["phonons"]
    assert line["noise"] == pytest.approx(4.0)
    assert line["initialisation"] == pytest.approx((100 * np.log(52 / 50)) ** 2 / 2)
    cells = printed(paths["markdown"])["Phonons"]
    assert cells[4:6] == ["not separable", "4.00 %"]
    assert cells[6].endswith("(1 repeat)")


@pytest.fixture
def write_predictions():
    """Write predictions beside records, with as many structures as wanted and the error of the record."""

    def write(records, errors):
        paths = []
        for record in records:
            values = errors(record)
            path = record.with_name("predictions.parquet")
            ids = [f"s{i}" for i in range(len(values))]
            columns = {"id": ids, "part": ["test"] * len(values), "target": [0.0] * len(values)}
            trial = Trial.of_file(path)
            table = pa.table(columns | {"prediction": list(values)})
            write_table(path, table, metadata=named(trial, ""))
            paths.append(path)
        return paths

    return write


def test_intervals_of_every_kind_stand_side_by_side(render, both, write_predictions, printed):
    entry, planned, records = both
    hardness = np.random.default_rng(0).exponential(size=50)

    def errors(record):
        error = pd.read_parquet(record)["test_mae"].item()
        return hardness / hardness.mean() * error

    predictions = write_predictions(records, errors)
    tidy, paths = render(
        records, predictions=predictions, entry=entry | {"kind": "intervals"}, planned=planned
    )
    assert tidy["method"].value_counts().to_dict() == {
        "decides": 6 + 2,
        "bootstrap of seeds": 6,
        "bootstrap of test structures": 6 * 5,
        "bootstrap of datasets and seeds": 2,
        "range without one dataset": 2,
    }
    gmt = tidy[(tidy["dataset"] == "phonons") & (tidy["pooling"] == "gmt")]
    over_structures = gmt[gmt["method"] == "bootstrap of test structures"].set_index("seed")
    # All structures are easier by the same share.
    assert over_structures["low"].to_dict() == pytest.approx(over_structures["value"].to_dict())
    assert over_structures["value"].loc[111] == pytest.approx(-9 - 1.2)
    assert set(over_structures["n"]) == {50}
    by_method = gmt.set_index("method")
    decides, bootstrap = by_method.loc["decides"], by_method.loc["bootstrap of seeds"]
    assert decides["low"] < bootstrap["low"] < decides["value"] < bootstrap["high"] < decides["high"]
    cells = printed(paths["markdown"])["Phonons: GMT"]
    assert cells[3] == "5 better, 0 worse (of 5 seeds)"
    assert cells[4] == f"{decides['probability_better']:.2f}"


def test_intervals_without_predictions_leave_test_structures_out(render, both, printed):
    entry, planned, records = both
    tidy, paths = render(records, entry=entry | {"kind": "intervals"}, planned=planned)
    assert "bootstrap of test structures" not in set(tidy["method"])
    assert printed(paths["markdown"])["Phonons: GMT"][3] == ""


def test_same_changes_as_the_paper_agree_and_others_differ(
    render, entry, write_changes, published_by_dataset
):
    names = ["mamm", "gmt"]
    changes = [
        (*row[:4], row[4] + (40 if row[:1] == ("2d",) else 0))
        for row in published_by_dataset
        if row[3] in names
    ]
    datasets = sorted({row[0] for row in changes})
    one = entry | {"kind": "measured_beside_published", "datasets": datasets, "poolings": names}
    tidy, paths = render(write_changes(changes), entry=one, planned=[row[:4] for row in changes])
    assert len(tidy) == 2 * (7 + 1)
    tidy = tidy.set_index(["dataset", "pooling"])
    assert tidy.loc["2d", "verdict"].eq("differs").all()
    assert tidy.loc["phonons", "verdict"].eq("agrees").all()
    paper = (
        published_changes()
        .drop_duplicates(["dataset", "pooling"])
        .set_index(["dataset", "pooling"])["change"]
    )
    assert tidy["published"].to_dict() == pytest.approx({key: paper[key] for key in tidy.index})
    # 40 % on one dataset move the average by 40 / 7.
    assert tidy.loc[("average", "gmt"), "difference"] == pytest.approx(40 / 7, abs=0.002)
    assert "Of 16 entries that both have, 12 agree, 4 differ" in paths["markdown"].read_text("utf-8")


def test_an_average_over_other_datasets_than_the_paper_is_not_compared(render, both, printed):
    entry, planned, records = both
    tidy, paths = render(records, entry=entry | {"kind": "measured_beside_published"}, planned=planned)
    average = tidy[tidy["dataset"] == "average"].iloc[0]
    assert np.isnan(average["difference"])
    assert average["verdict"] == "cannot be distinguished"
    assert printed(paths["markdown"])["Average: GMT"][2:] == ["other datasets", "(cannot be distinguished)"]
    compared = tidy["difference"].notna().sum()
    assert f"Of {compared} entries that both have" in paths["markdown"].read_text("utf-8")
    assert 0 < compared < tidy["verdict"].notna().sum()


def test_what_only_one_of_both_has_gets_no_verdict(render, entry, write_changes):
    one = entry | {"kind": "measured_beside_published", "settings": [["torchmd", "mdl"]]}
    one |= {"poolings": ["set_transformer", "gmt"]}
    tidy, _ = render(write_changes([("phonons", "torchmd", "mdl", "set_transformer", -2.0)]), entry=one)
    assert tidy["pooling"].to_list() == ["set_transformer", "gmt"]
    assert tidy["verdict"].isna().all()


def test_a_dataset_on_which_nothing_is_planned_takes_one_line(render, entry, write_changes, printed):
    one = entry | {"kind": "measured_beside_published", "poolings": ["mamm", "gmt"]}
    records = write_changes([("phonons", "cgcnn", "mdl", "gmt", -2.0)])
    planned = [("phonons", "cgcnn", "mdl", "mean"), ("phonons", "cgcnn", "mdl", "gmt")]
    tidy, paths = render(records, entry=one, planned=planned)
    lines = printed(paths["markdown"])
    assert lines["2D"] == ["No Test", "2 printed", "", ""]
    assert [label for label in lines if label.startswith("Phonons: ")] == ["Phonons: MAMM", "Phonons: GMT"]
    assert tidy.loc[tidy["dataset"] == "2d", "published"].notna().sum() == 2
    note = "stand in the CSV and Parquet files alone"
    assert note in paths["markdown"].read_text("utf-8")
    _, paths = render(records, entry=one | {"datasets": ["phonons"]}, planned=planned)
    assert note not in paths["markdown"].read_text("utf-8")


def test_errors_stand_beside_the_leaderboard_with_both_protocols(render, entry, write_changes, printed):
    records = write_changes([(*GMT, -10.0), ("2d", *GMT[1:], 1.0)])
    one = entry | {"kind": "matbench", "poolings": ["mean", "gmt"]}
    tidy, paths = render(records, entry=one)
    assert set(tidy["dataset"]) == {"phonons"}
    ours = tidy[tidy["origin"] == "ours"].set_index("algorithm")
    # Mean pooling has the errors 50, 55, 60, 65 and 70; CGCNN has 57.76 on the leaderboard.
    assert ours.loc["cgcnn/mdl/mean", ["mae", "n"]].to_list() == [60.0, 5]
    assert ours.loc["cgcnn/mdl/mean", "sd"] == pytest.approx(np.std([50, 55, 60, 65, 70], ddof=1))
    assert ours.loc["cgcnn/mdl/mean", "ratio"] == pytest.approx(60 / 57.76)
    rows = printed(paths["markdown"])
    assert rows[""] == ["Phonons, 1/cm"]
    assert rows["MDL CGCNN: Mean"] == ["60.00 ± 7.91 (1.04 \N{MULTIPLICATION SIGN})"]
    assert rows["CGCNN v2019"] == ["57.76 ± 12.3 (1.00 \N{MULTIPLICATION SIGN})"]
    notes = paths["markdown"].read_text("utf-8")
    assert "random splits of the same structures, 15 % to test" in notes
    _, paths = render(records, entry=one, scheme="matbench")
    assert "the same five folds" in paths["markdown"].read_text("utf-8")


def test_claims_of_the_paper_are_judged_where_their_seven_datasets_are_trained(
    render, entry, write_changes, published_by_dataset, printed
):
    names = ["set_transformer", "gmt", "mamm"]
    changes = [row for row in published_by_dataset if row[3] in names]
    one = entry | {"kind": "claims", "settings": [["cgcnn", "mdl"], ["torchmd", "mdl"]], "poolings": names}
    one["datasets"] = sorted({row[0] for row in changes})
    tidy, paths = render(write_changes(changes), entry=one, planned=[row[:4] for row in changes])
    assert tidy.groupby("model")["verdict"].agg(set).to_dict() == {
        "cgcnn": {"holds", "cannot be distinguished"},
        "torchmd": {"not run"},
    }
    lines = printed(paths["markdown"])
    assert lines["Fig. 4b: GMT has the highest maximum"][::3] == ["+4.4 %", "holds"]
    five = "Fig. 5b: GMT is worse than mean pooling on five of seven datasets"
    assert lines[five] == ["", "5 of 7", "", "not run"]
    tidy, _ = render(write_changes(changes), entry=one | {"poolings": ["mamm"]})
    assert tidy.empty
