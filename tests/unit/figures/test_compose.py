import json

import pytest
from PIL import Image

from gnnpool.artifacts import read_table
from gnnpool.errors import ConfigError
from gnnpool.figures.compose import draw_figure

SEEDS = [111, 222, 333, 444, 555]
LABELS = {
    "poolings": {"gmt": "GMT", "mamm": "MAMM"},
    "datasets": {"phonons": "Phonons"},
    "models": {},
    "edges": {},
}
ENTRY = {
    "name": "fig4b",
    "title": "CGCNN with MDL edges",
    "kind": "box_by_pooling",
    "settings": [["cgcnn", "mdl"]],
    "datasets": ["phonons", "exfoliation", "surface"],
    "poolings": ["gmt", "mamm"],
}
CHANGES = [
    ("phonons", "cgcnn", "mdl", "gmt", -2.564),
    ("exfoliation", "cgcnn", "mdl", "gmt", 11.634),
    ("surface", "cgcnn", "mdl", "gmt", -11.9),
]
PLANNED = [row[:4] for row in CHANGES] + [("phonons", "cgcnn", "mdl", "mamm")]


@pytest.fixture
def compose(tmp_path):
    """Draw a figure from records; give back the paths of what is written."""

    def compose(records, *, entry=ENTRY, name="figure"):
        outputs = {suffix: tmp_path / f"{name}.{suffix}" for suffix in ("png", "pdf", "parquet")}
        draw_figure(
            records=records,
            entry=entry,
            labels=LABELS,
            statistic="mean_change",
            seeds=SEEDS,
            planned=PLANNED,
            **outputs,
        )
        return outputs

    return compose


def test_numbers_drawn_lie_beside_the_picture(compose, write_changes):
    table = read_table(compose(write_changes(CHANGES))["parquet"])
    numbers = table.to_pandas().set_index(["pooling", "dataset"])
    assert numbers.loc["gmt", "value"].to_dict() == pytest.approx({row[0]: row[4] for row in CHANGES})
    summary = numbers.loc[("gmt", "phonons"), ["minimum", "q1", "median", "q3", "maximum"]]
    assert summary.to_list() == pytest.approx([-11.9, -7.232, -2.564, 4.535, 11.634])
    assert numbers.loc["mamm", "state"].to_dict() == {
        "phonons": "not trained",
        "exfoliation": "not planned",
        "surface": "not planned",
    }
    assert json.loads(table.schema.metadata[b"units"])["value"] == "%"


def test_picture_has_print_resolution_and_an_alternative_text(compose, write_changes):
    with Image.open(compose(write_changes(CHANGES))["png"]) as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        text = image.text["Description"]
    assert "GMT: 3 datasets, median \N{MINUS SIGN}2.6, least \N{MINUS SIGN}11.9 (surface)," in text
    assert "greatest +11.6 (exfoliation)." in text
    assert "MAMM: not trained on Phonons." in text


def test_same_records_give_the_same_bytes(compose, write_changes):
    records = write_changes(CHANGES)
    one, two = compose(records, name="one"), compose(records[::-1], name="two")
    for suffix in ("png", "pdf"):
        assert one[suffix].read_bytes() == two[suffix].read_bytes()
    assert b"CreationDate" not in one["pdf"].read_bytes()


def test_figure_of_nothing_trained_shows_its_gaps(compose):
    with Image.open(compose([])["png"]) as image:
        assert "GMT: not trained on any dataset." in image.text["Description"]


def test_unknown_kind_is_refused_by_the_name_of_the_figure(compose):
    with pytest.raises(
        ConfigError, match="kind of figure 'fig4b': 'box_by_poolin'; did you mean box_by_pooling"
    ):
        compose([], entry=ENTRY | {"kind": "box_by_poolin"})
    with pytest.raises(ConfigError, match="kind of figure 'fig4b': 'style'"):
        compose([], entry=ENTRY | {"kind": "style"})
