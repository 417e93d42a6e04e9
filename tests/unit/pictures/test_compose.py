"""Pictures of an explanation: what they say, and the numbers beside them."""

import json

import numpy as np
import pytest
from PIL import Image

from gnnpool.artifacts import read_table
from gnnpool.pictures.compose import draw_explanation
from gnnpool.pictures.crystals import formula, quantity, rounded

MINUS = "\N{MINUS SIGN}"
LABELS = {"datasets": {"toys": "Toys"}, "models": {}, "edges": {}, "poolings": {"mean": "Mean", "gmt": "GMT"}}
ENTRY = {
    "name": "toys",
    "title": "Toys, atom by atom",
    "dataset": "toys",
    "setting": ["cgcnn", "mdl"],
    "poolings": ["mean", "gmt", "memory"],
    "seed": 1,
    "structures": 3,
}
PHYSICS = {"grows_with_cell": False, "decided_by": "surface", "note": "made up"}


@pytest.fixture
def drawn(tmp_path, explained):
    """Draw both pictures; gives their paths."""

    def drawn(name="one", *, physics=PHYSICS):
        suffixes = {"": "png", "_pdf": "pdf", "_parquet": "parquet"}
        outputs = {
            f"{picture}{key}": tmp_path / f"{name}-{picture}.{suffix}"
            for picture in ("crystals", "shares")
            for key, suffix in suffixes.items()
        }
        draw_explanation(**explained, entry=ENTRY, physics=physics, labels=LABELS, outputs=outputs)
        return outputs

    return drawn


def test_pictures_have_print_resolution_title_and_an_alternative_text(drawn):
    outputs = drawn()
    for picture in ("crystals", "shares"):
        with Image.open(outputs[picture]) as image:
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
            text, title = image.text["Description"], image.text["Title"]
        metadata = read_table(outputs[f"{picture}_parquet"]).schema.metadata
        assert metadata[b"title"].decode() == title
        assert metadata[b"description"].decode() == text
        assert outputs[f"{picture}_pdf"].read_bytes()[:4] == b"%PDF"


def test_the_words_tell_what_each_element_contributes_and_what_is_missing(drawn):
    with Image.open(drawn()["crystals"]) as image:
        text = image.text["Description"]
    assert f"ClNa (salt), GMT: predicted {MINUS}2.5 eV/atom, target {MINUS}3 eV/atom; " in text
    assert f"mean contribution of an atom: Cl 0.3, Na {MINUS}0.1." in text
    assert "Cu (copper), Mean: predicted" in text
    assert "one atom, no contribution." in text


def test_the_numbers_drawn_lie_beside_the_crystals(drawn):
    table = read_table(drawn()["crystals_parquet"])
    atoms = table.to_pandas()
    sheet = atoms[(atoms["id"] == "sheet") & (atoms["pooling"] == "mean")]
    assert sheet["contribution"].to_list() == [1.0, -0.5, -0.5]
    assert sheet["element"].to_list() == ["Mo", "S", "S"]
    assert atoms[atoms["id"] == "copper"]["contribution"].isna().all()
    assert json.loads(table.schema.metadata[b"units"])["contribution"] == "eV/atom"


def test_shares_are_of_tested_structures_of_three_or_more_atoms(drawn):
    shares = read_table(drawn()["shares_parquet"]).to_pandas().set_index("pooling")
    assert shares["n"].to_dict() == {"mean": 1, "gmt": 1}
    assert shares["median"].to_dict() == pytest.approx({"mean": 4 / (3 * 1.5), "gmt": 1 / 3})
    assert np.isnan(shares.loc["mean", "below_mean"])
    assert shares.loc["gmt", "below_mean"] == 1


def test_same_files_give_the_same_bytes(drawn):
    one, two = drawn("one"), drawn("two")
    for name in ("crystals", "crystals_pdf", "shares", "shares_pdf"):
        assert one[name].read_bytes() == two[name].read_bytes()


def test_notes_tell_gaps_and_physics(drawn, monkeypatch):
    from gnnpool.pictures import compose

    told = []
    draw = compose.draw_crystals
    monkeypatch.setattr(
        compose, "draw_crystals", lambda *a, notes, **k: told.extend(notes) or draw(*a, notes=notes, **k)
    )
    drawn(physics=None)
    assert "No finished trial: memory." in told
    told.clear()
    drawn()
    assert (
        "Toys: the target does not grow with the cell; what decides it: few atoms at a surface (made up)."
        in told
    )


def test_numbers_are_written_as_a_reader_expects():
    assert rounded(-0.03456) == f"{MINUS}0.0346"
    assert rounded(1604.2) == "1604"
    assert rounded(2.5e-7) == "2.5e-7".replace("-", MINUS)
    assert quantity(2.5, "1") == "2.5"
    assert quantity(-2.5, "eV") == f"{MINUS}2.5 eV"
    assert formula(["Na", "Cl", "Na"]) == "ClNa2"
