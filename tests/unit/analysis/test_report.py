"""The captions of the report, rendered as Snakemake renders them."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils.core import publish_parts
from jinja2 import Environment, StrictUndefined

from gnnpool import plugins

FOLDER = Path(__file__).parents[3] / "workflow" / "report"
ENTRY = {"title": "Combined poolings", "kind": "by_dataset"}
STATISTICS = {"confidence": 0.95, "resamples": 999, "margin": 3.0}
CONFIG = {
    "seeds": [111, 222],
    "statistic": "mean_change",
    "blocks": [
        {
            "name": "b1",
            "models": ["cgcnn"],
            "edges": ["mdl"],
            "poolings": ["mean", "gmt"],
            "datasets": ["phonons"],
        },
        {"name": "b2", "models": ["cgcnn"], "edges": ["ocp"], "poolings": ["mean"], "datasets": ["phonons"]},
    ],
}


def render(name: str, entry: dict = ENTRY) -> str:
    template = Environment(undefined=StrictUndefined).from_string((FOLDER / name).read_text("utf-8"))
    study = {"statistic": "mean_change", "seeds": [111, 222], "statistics": STATISTICS}
    params = SimpleNamespace(spec=entry, study=study)
    text = template.render(snakemake=SimpleNamespace(params=params, config=CONFIG))
    strict = {"halt_level": 2, "report_level": 2}
    return publish_parts(text, writer="html", settings_overrides=strict)["body"]


@pytest.mark.parametrize(("name", "kind"), [("table.rst", "by_dataset"), ("figure.rst", "box_by_pooling")])
def test_captions_state_title_sign_statistic_and_seeds(name, kind):
    body = render(name, ENTRY | {"kind": kind})
    for words in ("Combined poolings", "negative is better", "mean_change", "111, 222"):
        assert words in body


def test_captions_of_boxes_explain_the_whiskers():
    plain = render("figure.rst", ENTRY | {"kind": "box_by_pooling"})
    assert "whiskers end at the lowest and the highest" in " ".join(plain.split())
    assert "Each point is a dataset" not in plain
    assert "Each point is a dataset" in render("figure.rst", ENTRY | {"kind": "box_with_points"})


@pytest.mark.parametrize("kind", plugins.names("gnnpool.figures"))
def test_every_kind_of_figure_has_a_caption_of_its_own(kind):
    body, unknown = (render("figure.rst", ENTRY | {"kind": k}) for k in (kind, "no_such_kind"))
    assert body.startswith("<p>Combined poolings.")
    assert body != unknown
    assert "%%" not in body


@pytest.mark.parametrize("name", ["crystals.rst", "shares.rst"])
def test_captions_of_explanations_say_how_to_read_them(name):
    body = render(name, {"title": "Salts, atom by atom", "seed": 111})
    assert body.startswith("<p>Salts, atom by atom: ")
    assert {"crystals.rst": "a contribution is not a cause", "shares.rst": "the seed 111"}[name] in body


def test_caption_of_a_table_of_settings_explains_its_averages():
    assert "Each number averages" in render("table.rst", ENTRY | {"kind": "by_setting"})
    assert "last number of a column averages" in render("table.rst")


@pytest.mark.parametrize("kind", plugins.names("gnnpool.tables"))
def test_every_kind_of_table_has_a_caption(kind):
    body = render("table.rst", ENTRY | {"kind": kind})
    assert body.startswith("<p>Combined poolings.")
    assert len(body) > 100
    assert "%%" not in body


def test_captions_of_changes_say_how_sure_they_are():
    assert "95 % interval and n" in render("table.rst")
    assert "within 3 %" in render("table.rst", ENTRY | {"kind": "measured_beside_published"})


def test_description_lists_the_blocks():
    body = render("workflow.rst")
    assert body.count("<li>") == 2
    assert "cgcnn with mdl edges" in body
