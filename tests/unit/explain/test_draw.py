"""Figures of an explanation: what they say, and the numbers beside them."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gnnpool.artifacts import read_table
from gnnpool.data.elements import symbol
from gnnpool.explain.contribution_figure import formula, quantity, rounded
from gnnpool.explain.draw import draw_explanation
from gnnpool.explain.rows import write_atoms, write_structures_explained

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

SALT = (5.64 / 2 * (1 - np.eye(3)), [[0, 0, 0], [0.5, 0.5, 0.5]], [11, 17])
COPPER = (3.61 / 2 * (1 - np.eye(3)), [[0, 0, 0]], [29])
SHEET = (np.diag([3.0, 3.0, 20.0]), [[0.2, 0.2, 0.5], [0.7, 0.7, 0.55], [0.2, 0.7, 0.45]], [42, 16, 16])
CRYSTALS = {"salt": SALT, "copper": COPPER, "sheet": SHEET}
CONTRIBUTIONS = {
    ("salt", "mean"): [-0.5, 0.5],
    ("salt", "gmt"): [-0.1, 0.3],
    ("copper", "mean"): [np.nan],
    ("copper", "gmt"): [np.nan],
    ("sheet", "mean"): [1.0, -0.5, -0.5],
    ("sheet", "gmt"): [0.6, 0.0, 0.0],
}
METADATA = {"title": "t", "dataset": "toys", "target": "energy", "unit": "eV/atom", "stage_version": "1"}


@pytest.fixture
def explained(tmp_path):
    """Write the files of atoms and structures; gives their paths."""
    frames, rows = [], []
    for (id_, pooling), values in CONTRIBUTIONS.items():
        lattice, fractional, numbers = CRYSTALS[id_]
        fractional, values = np.array(fractional, dtype=float), np.array(values)
        common = {"dataset": "toys", "model": "cgcnn", "edges": "mdl", "pooling": pooling, "seed": 1}
        common |= {"id": id_, "part": "train" if id_ == "salt" else "test"}
        atoms = pd.DataFrame({"atom": range(len(numbers)), "number": numbers})
        atoms["element"] = [symbol(number) for number in numbers]
        atoms[["fractional_a", "fractional_b", "fractional_c"]] = fractional
        atoms[["x", "y", "z"]] = fractional @ lattice
        atoms["contribution"], atoms["weights"] = values, None
        frames.append(atoms.assign(**common)[[*common, *atoms]])
        share = np.square(np.abs(values).sum()) / (len(values) * np.square(values).sum())
        rows.append(
            common
            | {
                "shown": list(CRYSTALS).index(id_) + 1,
                "atoms": len(values),
                "lattice": lattice.ravel().tolist(),
            }
            | {"target": -3.0, "prediction": -2.5, "participation": share if len(values) > 1 else np.nan}
            | {"participating_atoms": share * len(values), "resolution": 1e-4}
        )
    paths = {"atoms": tmp_path / "atoms.parquet", "summary": tmp_path / "structures.parquet"}
    write_atoms(paths["atoms"], frames, METADATA)
    write_structures_explained(paths["summary"], rows, METADATA)
    return paths


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
        draw_explanation(**explained, spec=ENTRY, physics=physics, labels=LABELS, outputs=outputs)
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


def test_the_description_states_what_each_element_contributes_and_what_is_missing(drawn):
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


def test_notes_name_gaps_and_physics(drawn, monkeypatch):
    from gnnpool.explain import draw as module

    shown = []
    draw = module.draw_crystals
    monkeypatch.setattr(
        module, "draw_crystals", lambda *a, notes, **k: shown.extend(notes) or draw(*a, notes=notes, **k)
    )
    drawn(physics=None)
    assert "No finished trial: memory." in shown
    shown.clear()
    drawn()
    assert "Toys: the target is intensive and surface-dominated (made up)." in shown


def test_every_pooling_has_its_name_above_its_crystals(drawn, monkeypatch):
    from gnnpool.explain import draw as module

    figures = []
    save = module.save_figure
    monkeypatch.setattr(
        module, "save_figure", lambda figure, *a, **k: figures.append(figure) or save(figure, *a, **k)
    )
    drawn()
    assert [axes.get_title("center") for axes in figures[0].axes][:2] == ["Mean", "GMT"]


def test_numbers_are_written_as_a_reader_expects():
    assert rounded(-0.03456) == f"{MINUS}0.0346"
    assert rounded(1604.2) == "1604"
    assert rounded(2.5e-7) == "2.5e-7".replace("-", MINUS)
    assert quantity(2.5, "1") == "2.5"
    assert quantity(-2.5, "eV") == f"{MINUS}2.5 eV"
    assert formula(["Na", "Cl", "Na"]) == "ClNa2"
