import json
from pathlib import Path

import pandas as pd
import pytest

from gnnpool.analysis.published import published_changes
from gnnpool.analysis.tables import render_table
from gnnpool.artifacts import read_table
from gnnpool.errors import ConfigError

SEEDS = [111, 222, 333, 444, 555]
LABELS = {
    "datasets": {"2d": "2D", "phonons": "Phonons", "log_kvrh": "Log Kvrh"},
    "models": {"cgcnn": "CGCNN", "torchmd": "TorchMD"},
    "edges": {"mdl": "MDL", "ocp": "OCP"},
    "poolings": {"mamm": "MAMM", "gmt": "GMT"},
}
ENTRY = {
    "name": "table1",
    "title": "Combined poolings",
    "kind": "by_dataset",
    "settings": [["cgcnn", "mdl"]],
    "datasets": ["phonons", "2d"],
    "poolings": ["gmt", "mamm"],
}


@pytest.fixture
def render(tmp_path):
    """Render a table and give back its tidy form by row and column, and its Markdown lines by row."""

    def render(records, *, planned, entry=ENTRY, statistic="mean_change", seeds=SEEDS):
        outputs = {
            name: tmp_path / "tables" / f"table.{suffix}"
            for name, suffix in zip(
                ("parquet", "csv", "markdown", "latex", "html"),
                ("parquet", "csv", "md", "tex", "html"),
                strict=True,
            )
        }
        render_table(
            records=records,
            entry=entry,
            labels=LABELS,
            statistic=statistic,
            seeds=seeds,
            planned=planned,
            **outputs,
        )
        return read_table(outputs["parquet"]).to_pandas().set_index(["row", "column"]), outputs

    return render


def markdown_rows(path: Path) -> dict[str, list[str]]:
    lines = [line.strip("|").split("|") for line in path.read_text("utf-8").splitlines() if line[:1] == "|"]
    return {line[0].strip(): [item.strip() for item in line[1:]] for line in lines}


@pytest.mark.parametrize("name", ["table1", "table2"])
def test_records_with_the_printed_changes_give_the_printed_table(
    render, write_changes, published_by_dataset, name
):
    printed = published_changes().query("table == @name")
    changes = [row for row in published_by_dataset if row[3] in set(printed["pooling"])]
    entry = ENTRY | {
        "datasets": [d for d in printed["dataset"].unique() if d != "average"],
        "poolings": list(printed["pooling"].unique()),
    }
    tidy, outputs = render(write_changes(changes), planned=[row[:4] for row in changes], entry=entry)
    expected = printed.set_index(["dataset", "pooling"])["change"].sort_index()
    datasets, averages = expected.drop("average", level="dataset"), expected.loc[["average"]]
    assert tidy["value"].loc[datasets.index].to_dict() == pytest.approx(datasets.to_dict(), abs=5e-10)
    assert tidy["value"].loc[averages.index].to_dict() == pytest.approx(averages.to_dict(), abs=0.0015)

    words = markdown_rows(outputs["markdown"])["Phonons"]
    numbers = [float(word.split(" ± ")[0].replace("\N{MINUS SIGN}", "-")) for word in words]
    assert numbers == pytest.approx(expected.loc["phonons"][entry["poolings"]].to_list(), abs=5e-4)


def test_third_table_averages_over_datasets_and_says_no_test(render, write_changes):
    printed = published_changes().query("table == 'table3'")
    datasets = ["phonons", "2d", "log_kvrh"]
    offsets = {"phonons": -3.0, "2d": 1.0, "log_kvrh": 2.0}
    changes = [
        (dataset, row.model, row.edges, row.pooling, row.change + offsets[dataset])
        for row in printed.dropna(subset="change").itertuples()
        for dataset in datasets
    ]
    settings = printed[["model", "edges"]].drop_duplicates().to_numpy().tolist()
    poolings = list(printed["pooling"].unique())
    entry = ENTRY | {"kind": "by_setting", "settings": settings, "datasets": datasets, "poolings": poolings}
    tidy, outputs = render(write_changes(changes), planned=[row[:4] for row in changes], entry=entry)

    expected = printed.assign(row=printed["model"] + "/" + printed["edges"]).set_index(["row", "pooling"])[
        "change"
    ]
    pd.testing.assert_series_equal(
        tidy["value"].sort_index(), expected.sort_index(), check_names=False, atol=1e-9, rtol=0
    )
    rows = markdown_rows(outputs["markdown"])
    assert list(rows)[2:] == ["OCP CGCNN", "MDL CGCNN", "OCP TorchMD", "MDL TorchMD"]
    assert rows["OCP TorchMD"][0] == "No Test"
    assert rows["OCP TorchMD"][2].startswith("+14.434 ± ")


PLANNED = [(d, "cgcnn", "mdl", p) for d in ENTRY["datasets"] for p in ("mean", "gmt")]


def test_gaps_fewer_seeds_and_partial_averages_are_written_out(render, write_changes):
    records = write_changes([("phonons", "cgcnn", "mdl", "gmt", -2.5)])
    records = [path for path in records if "gmt/seed-555" not in str(path)]
    tidy, outputs = render(records, planned=PLANNED)
    rows = markdown_rows(outputs["markdown"])
    assert rows["Phonons"] == ["\N{MINUS SIGN}2.350 ± 0.968 (4 of 5 seeds)", "No Test"]
    assert rows["2D"] == ["—", "No Test"]
    assert rows["Average"] == ["\N{MINUS SIGN}2.350 ± 0.968 (1 of 2, 4 of 5 seeds)", "No Test"]
    for path in (outputs["markdown"], outputs["latex"], outputs["html"]):
        text = path.read_text("utf-8")
        for note in (
            "planned, not trained yet",
            "No Test: not planned",
            "negative is better",
            "Seeds: 111, 222",
        ):
            assert note in text
    assert tidy.loc[("2d", "gmt"), "state"] == "not trained"
    assert tidy["value"].isna().sum() == 4


def test_average_tells_the_fewest_seeds_of_its_datasets(render, write_changes):
    records = write_changes([(dataset, "cgcnn", "mdl", "gmt", -2.5) for dataset in ENTRY["datasets"]])
    records = [path for path in records if "2d/cgcnn/mdl/gmt/seed-555" not in str(path)]
    _, outputs = render(records, planned=PLANNED, entry=ENTRY | {"kind": "by_setting"})
    assert markdown_rows(outputs["markdown"])["MDL CGCNN"][0].endswith("(at least 4 of 5 seeds)")


def test_trials_left_out_for_lack_of_mean_pooling_are_told(render, write_changes):
    records = write_changes([("phonons", "cgcnn", "mdl", "gmt", -2.5)])
    records = [path for path in records if "mean/seed-111" not in str(path)]
    _, outputs = render(records, planned=PLANNED)
    assert "1 trial is left out: mean pooling has no trial of the same seed." in outputs["html"].read_text(
        "utf-8"
    )
    assert markdown_rows(outputs["markdown"])["Phonons"][0].endswith("(4 of 5 seeds)")


def test_averages_over_different_datasets_are_not_offered_for_comparison(render, write_changes):
    warning = "not over the same datasets"
    same = [(d, "cgcnn", "mdl", p, -1.0) for d in ENTRY["datasets"] for p in ENTRY["poolings"]]
    planned = [row[:4] for row in same]
    _, outputs = render(write_changes(same), planned=planned)
    assert warning not in outputs["markdown"].read_text("utf-8")
    _, outputs = render(write_changes(same[:-1]), planned=planned)
    assert warning in outputs["markdown"].read_text("utf-8")


def test_one_seed_has_no_spread(render, write_changes):
    records = write_changes([("phonons", "cgcnn", "mdl", "gmt", -2.5)], seeds=[111])
    _, outputs = render(records, planned=PLANNED, seeds=[111])
    assert markdown_rows(outputs["markdown"])["Phonons"][0] == "\N{MINUS SIGN}3.700"
    assert "±" not in outputs["html"].read_text("utf-8")


def test_statistic_is_named_below_the_table_and_in_the_metadata(render, write_changes):
    records = write_changes([("phonons", "cgcnn", "mdl", "gmt", -2.5)])
    tidy, outputs = render(records, planned=PLANNED, statistic="change_of_mean")
    assert tidy.loc[("phonons", "gmt"), "value"] == tidy.loc[("phonons", "gmt"), "change_of_mean"]
    assert "(change_of_mean)" in outputs["html"].read_text("utf-8")
    metadata = read_table(outputs["parquet"]).schema.metadata
    assert metadata[b"statistic"] == b"change_of_mean"
    assert json.loads(metadata[b"units"])["value"] == "%"


def test_csv_holds_the_numbers_of_the_parquet(render, write_changes):
    tidy, outputs = render(write_changes([("phonons", "cgcnn", "mdl", "gmt", -2.5)]), planned=PLANNED)
    csv = pd.read_csv(outputs["csv"], keep_default_na=True).set_index(["row", "column"])
    pd.testing.assert_series_equal(csv["value"], tidy["value"], atol=1e-6)
    assert csv["state"].to_list() == tidy["state"].to_list()


def test_table_of_nothing_trained_is_all_gaps(render):
    _, outputs = render([], planned=PLANNED)
    assert markdown_rows(outputs["markdown"])["Average"] == ["—", "No Test"]


def test_unfitting_entries_are_refused_by_name(render):
    with pytest.raises(ConfigError, match=r"kind of table 'table1': 'by_datasets'; did you mean by_dataset"):
        render([], planned=[], entry=ENTRY | {"kind": "by_datasets"})
    with pytest.raises(ConfigError, match=r"table 'table1': settings: found 2, expected 1"):
        render([], planned=[], entry=ENTRY | {"settings": [["cgcnn", "mdl"], ["cgcnn", "ocp"]]})
