"""Tables 1-3: changes by dataset and by setting, with their intervals."""

import json

import numpy as np
import pandas as pd
import pytest

from gnnpool.analysis.published import published_changes
from gnnpool.artifacts import read_table
from gnnpool.errors import ConfigError
from gnnpool.records import Trial

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
GMT = ("phonons", "cgcnn", "mdl", "gmt")


@pytest.mark.parametrize("name", ["table1", "table2"])
def test_records_with_the_printed_changes_give_the_printed_table(
    render, write_changes, published_by_dataset, entry, printed, name
):
    paper = published_changes().query("table == @name")
    changes = [row for row in published_by_dataset if row[3] in set(paper["pooling"])]
    entry |= {
        "datasets": [d for d in paper["dataset"].unique() if d != "average"],
        "poolings": list(paper["pooling"].unique()),
    }
    tidy, paths = render(write_changes(changes), planned=[row[:4] for row in changes])
    values = tidy.set_index(["row", "column"])["value"]
    expected = paper.set_index(["dataset", "pooling"])["change"].sort_index()
    datasets, averages = expected.drop("average", level="dataset"), expected.loc[["average"]]
    assert values.loc[datasets.index].to_dict() == pytest.approx(datasets.to_dict(), abs=5e-10)
    assert values.loc[averages.index].to_dict() == pytest.approx(averages.to_dict(), abs=0.0015)

    words = printed(paths["markdown"])["Phonons"]
    numbers = [float(word.split(" [")[0].strip("()").replace(MINUS, "-")) for word in words]
    assert numbers == pytest.approx(expected.loc["phonons"][entry["poolings"]].to_list(), abs=5e-4)


def test_third_table_averages_over_datasets_and_says_no_test(render, write_changes, entry, printed):
    paper = published_changes().query("table == 'table3'")
    offsets = {"phonons": -3.0, "2d": 1.0, "log_kvrh": 2.0}
    changes = [
        (dataset, row.model, row.edges, row.pooling, row.change + offset)
        for row in paper.dropna(subset="change").itertuples()
        for dataset, offset in offsets.items()
    ]
    settings = paper[["model", "edges"]].drop_duplicates().to_numpy().tolist()
    poolings = list(paper["pooling"].unique())
    entry |= {"kind": "by_setting", "settings": settings, "datasets": list(offsets), "poolings": poolings}
    tidy, paths = render(write_changes(changes), planned=[row[:4] for row in changes])

    expected = paper.assign(row=paper["model"] + "/" + paper["edges"]).set_index(["row", "pooling"])["change"]
    values = tidy.set_index(["row", "column"])["value"]
    pd.testing.assert_series_equal(
        values.sort_index(), expected.sort_index(), check_names=False, atol=1e-9, rtol=0
    )
    rows = printed(paths["markdown"])
    assert rows["OCP TorchMD"][0] == "No Test"
    # Three datasets at -3, +1 and +2 about the average: standard error 2.6458 / sqrt(3).
    half = 4.302653 * 2.645751 / np.sqrt(3)
    assert (
        rows["OCP TorchMD"][2] == f"+14.434 [+{14.434 - half:.2f} to +{14.434 + half:.2f}] (n = 3 {TIMES} 5)"
    )


def test_a_number_has_its_interval_and_n_and_is_in_parentheses_if_it_may_be_zero(
    render, write_changes, entry, printed
):
    planned = [("phonons", "cgcnn", "mdl", p) for p in ("mean", "gmt", "mamm")]
    records = write_changes([(*GMT, -9.0), ("phonons", "cgcnn", "mdl", "mamm", -0.5)])
    tidy, paths = render(records, entry=entry | {"datasets": ["phonons"]}, planned=planned)
    # The seeds deviate by -1.2, 0.4, 0.3, 1.1 and -0.6; 189 structures are tested, 1012 trained on.
    sd = np.std([-1.2, 0.4, 0.3, 1.1, -0.6], ddof=1)
    half = 2.7764451 * sd * np.sqrt(1 / 5 + 189 / 1012)
    assert printed(paths["markdown"])["Phonons"] == [
        f"{MINUS}9.000 [{MINUS}{9 + half:.2f} to {MINUS}{9 - half:.2f}] (n = 5)",
        f"({MINUS}0.500) [{MINUS}{0.5 + half:.2f} to +{half - 0.5:.2f}] (n = 5)",
    ]
    significant = tidy[tidy["dataset"] == "phonons"].set_index("pooling")["significant"]
    assert significant.to_dict() == {"gmt": True, "mamm": False}
    page, latex = paths["html"].read_text("utf-8"), paths["latex"].read_text("utf-8")
    assert f"<td class=faint>({MINUS}0.500)" in page
    assert f"<td>{MINUS}9.000" in page
    assert r"\textcolor{black!55}{\begin{tabular}[t]{@{}r@{}}($-$0.500)" in latex
    assert r"& \begin{tabular}[t]{@{}r@{}}$-$9.000" in latex


def test_gaps_fewer_seeds_and_partial_averages_are_written_out(render, write_changes, printed):
    records = write_changes([(*GMT, -2.5)])
    records = [path for path in records if "gmt/seed-555" not in str(path)]
    tidy, paths = render(records)
    rows = printed(paths["markdown"])
    # The four seeds left average to -2.35 and scatter by 0.968.
    half = 3.1824463 * 0.967815 * np.sqrt(1 / 4 + 189 / 1012)
    interval = f"{MINUS}{2.35 + half:.2f} to {MINUS}{2.35 - half:.2f}"
    assert rows["Phonons"] == [f"{MINUS}2.350 [{interval}] (n = 4 of 5)", "No Test"]
    assert rows["2D"] == ["—", "No Test"]
    assert rows["Average"] == [
        f"({MINUS}2.350) [no interval: one dataset] (n = 1 of 2 {TIMES} 4 of 5)",
        "No Test",
    ]
    assert "without one dataset" not in rows
    for name in ("markdown", "latex", "html"):
        text = paths[name].read_text("utf-8")
        for note in (
            "planned, not trained yet",
            "No Test: not planned",
            "negative is better",
            "Seeds: 111, 222",
        ):
            assert note in text
    tidy = tidy.set_index(["row", "column"])
    assert tidy.loc[("2d", "gmt"), "state"] == "not trained"
    assert tidy["value"].isna().sum() == 4


def test_an_average_moves_if_a_dataset_is_left_out(render, write_changes, entry, printed):
    changes = {"phonons": 10.0, "2d": -2.0, "log_kvrh": -5.0}
    records = write_changes([(dataset, *GMT[1:], change) for dataset, change in changes.items()])
    one = entry | {"datasets": list(changes), "poolings": ["gmt"]}
    tidy, paths = render(records, entry=one, planned=[(d, *GMT[1:]) for d in changes])
    assert printed(paths["markdown"])["without one dataset"] == [f"{MINUS}3.50 to +4.00"]
    average = tidy[tidy["dataset"] == "average"].iloc[0]
    assert (average["without_one_low"], average["without_one_high"]) == pytest.approx((-3.5, 4.0))
    assert average["hierarchical_low"] < average["value"] < average["hierarchical_high"]


def test_an_average_reports_the_fewest_seeds_of_its_datasets(render, write_changes, entry, printed):
    records = write_changes([(dataset, *GMT[1:], -2.5) for dataset in entry["datasets"]])
    records = [path for path in records if "2d/cgcnn/mdl/gmt/seed-555" not in str(path)]
    _, paths = render(records, entry=entry | {"kind": "by_setting"})
    assert printed(paths["markdown"])["MDL CGCNN"][0].endswith(f"(n = 2 {TIMES} at least 4 of 5)")


def test_trials_left_out_for_lack_of_mean_pooling_are_reported(render, write_changes, printed):
    records = write_changes([(*GMT, -2.5)])
    records = [path for path in records if "mean/seed-111" not in str(path)]
    _, paths = render(records)
    assert "1 trial is left out: mean pooling has no trial of the same seed." in paths["html"].read_text(
        "utf-8"
    )
    assert printed(paths["markdown"])["Phonons"][0].endswith("(n = 4 of 5)")


def test_averages_over_different_datasets_are_not_offered_for_comparison(render, write_changes, entry):
    warning = "not over the same datasets"
    same = [(d, "cgcnn", "mdl", p, -1.0) for d in entry["datasets"] for p in entry["poolings"]]
    planned = [row[:4] for row in same]
    _, paths = render(write_changes(same), planned=planned)
    assert warning not in paths["markdown"].read_text("utf-8")
    _, paths = render(write_changes(same[:-1]), planned=planned)
    assert warning in paths["markdown"].read_text("utf-8")


def test_one_seed_has_no_interval_and_is_not_significant(render, write_changes, printed):
    records = write_changes([(*GMT, -2.5)], seeds=[111])
    tidy, paths = render(records, seeds=[111])
    assert printed(paths["markdown"])["Phonons"][0] == f"({MINUS}3.700) [no interval: one seed] (n = 1)"
    assert tidy["low"].isna().all()
    assert not tidy["significant"].any()


def test_repeated_trainings_give_a_noise_floor(render, write_changes, write_record, printed):
    records = write_changes([(*GMT, -2.5)])
    assert "Noise floor" not in printed(render(records)[1]["markdown"])[""]
    # Mean pooling has the errors 50, 55, ...: changes of +2 % and -4 %.
    again = [
        write_record(Trial("phonons", "cgcnn", "mdl", "mean", seed, 1), error)
        for seed, error in ((111, 51.0), (222, 52.8))
    ]
    tidy, paths = render(records + again)
    noise = np.sqrt((2**2 + 4**2) / 2)
    expected = 4.3026527 * noise / np.sqrt(5)
    phonons = tidy[tidy["dataset"] == "phonons"].iloc[0]
    assert phonons["noise_floor"] == pytest.approx(expected)
    rows = printed(paths["markdown"])
    assert rows[""][-1] == "Noise floor"
    assert rows["Phonons"][-1] == f"± {expected:.3f} (from 2 repeats)"
    assert rows["2D"][-1] == "—"
    assert phonons["value"] == pytest.approx(-2.5)


def test_statistic_is_named_below_the_table_and_in_the_metadata(render, write_changes):
    records = write_changes([(*GMT, -2.5)])
    tidy, paths = render(records, statistic="change_of_mean")
    assert tidy["value"].equals(tidy["change_of_mean"])
    assert "(change_of_mean)" in paths["html"].read_text("utf-8")
    metadata = read_table(paths["parquet"]).schema.metadata
    assert metadata[b"statistic"] == b"change_of_mean"
    assert json.loads(metadata[b"units"])["low"] == "%, interval that decides"


def test_csv_holds_the_numbers_of_the_parquet(render, write_changes):
    tidy, paths = render(write_changes([(*GMT, -2.5)]))
    csv = pd.read_csv(paths["csv"])
    for name in ("value", "low", "high"):
        pd.testing.assert_series_equal(csv[name], tidy[name], atol=1e-6)
    assert csv["state"].to_list() == tidy["state"].to_list()


def test_table_of_nothing_trained_is_all_gaps(render, printed):
    _, paths = render([])
    assert printed(paths["markdown"])["Average"] == ["—", "No Test"]


def test_unfitting_entries_are_refused_by_name(render, entry):
    with pytest.raises(ConfigError, match=r"kind of table 'table1': 'by_datasets'; did you mean by_dataset"):
        render([], entry=entry | {"kind": "by_datasets"})
    with pytest.raises(ConfigError, match=r"table 'table1': settings: found 2, expected 1"):
        render([], entry=entry | {"settings": [["cgcnn", "mdl"], ["cgcnn", "ocp"]]})
