import pytest

from gnnpool.analysis.published import published_changes


def test_printed_tables_are_complete():
    table = published_changes()
    assert table.groupby("table").size().to_dict() == {"table1": 56, "table2": 40, "table3": 12}
    no_test = table[table["change"].isna()]
    assert set(no_test["pooling"]) == {"set_transformer"}
    assert set(no_test["model"]) == {"torchmd"}
    assert len(no_test) == 2


def test_printed_averages_are_means_of_their_seven_datasets():
    table = published_changes().query("table != 'table3'")
    datasets = table[table["dataset"] != "average"].groupby(["table", "pooling"])["change"]
    printed = table[table["dataset"] == "average"].set_index(["table", "pooling"])["change"]
    assert len(printed) == 12
    assert datasets.count().eq(7).all()
    assert datasets.mean().to_dict() == pytest.approx(printed.to_dict(), abs=0.0015)


def test_third_table_repeats_the_averages_of_the_first_two():
    averages = published_changes().query("dataset == 'average' and model == 'cgcnn' and edges == 'mdl'")
    third = averages.query("table == 'table3'").set_index("pooling")["change"]
    first = averages.query("table != 'table3'").set_index("pooling")["change"]
    assert set(third.index) == {"set_transformer", "gmt", "mamm"}
    assert third.to_dict() == pytest.approx(first.loc[third.index].to_dict(), abs=0.0015)
