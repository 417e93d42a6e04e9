import json
import logging

import numpy as np
import pyarrow as pa
import pytest
from pymatgen.core import Lattice, Structure

from gnnpool.artifacts import write_table
from gnnpool.data.sources.catalysis_hub import ADSORBATES, COLUMNS, adsorbate_of, is_wanted, read
from gnnpool.data.validate import validate
from gnnpool.errors import ArtifactError, DataError

CELL = Lattice([[2.55, 0, 0], [1.275, 2.21, 0], [0, 0, 14]])
SLAB = Structure(CELL, ["Cu", "Cu"], [[0, 0, 5], [1.275, 0.736, 7.08]], coords_are_cartesian=True)


def covered(*elements):
    """The slab with atoms above it."""
    structure = SLAB.copy()
    for number, element in enumerate(elements):
        structure.append(element, [0.3 * number, 0.9 * number, 8.2 + 0.5 * number], coords_are_cartesian=True)
    return structure


@pytest.mark.parametrize(
    ("equation", "adsorbate"),
    [
        ("0.5H2(g) + * -> H*", "H"),
        ("H2O(g) - H2(g) + * -> O*", "O"),
        ("CH4(g) + * -> CH3* + 0.5H2(g)", "CH3"),
        ("CH4(g) + * -> 0.5H2(gas) + CH3*", "CH3"),
        ("H2(g) + 2* -> 2H*", None),
        ("CO(g) + * -> C* + O*", None),
        ("H* -> 0.5H2(g) + *", None),
        ("N2(g) -> N2(g)", None),
        ("", None),
    ],
)
def test_an_adsorbate_is_the_one_bound_product(equation, adsorbate):
    assert adsorbate_of(equation) == adsorbate


@pytest.mark.parametrize(
    ("sites", "wanted"),
    [
        ('{"H": "top|Cu"}', True),
        ('{"H": "Bridge|A_B"}', True),
        ('{"H": "hollow|A_A_B|HCP"}', True),
        ('{"H": "subsurface"}', False),
        ("", False),
        (None, False),
    ],
)
def test_a_reaction_is_chosen_by_its_site(sites, wanted):
    assert is_wanted("0.5H2(g) + * -> H*", sites) is wanted


def test_a_reaction_is_chosen_by_its_adsorbate():
    kept = [one for one in [*ADSORBATES, "CO", "N2", "OOH", "Cu"] if is_wanted(f"X(g) + * -> {one}*", "top")]
    assert tuple(kept) == ADSORBATES


@pytest.fixture
def table(tmp_path, ase_json):
    """A table as the client writes it: two wanted reactions, and two that are not."""

    def _table(structure=None):
        rows = [
            ("r1", "0.5H2(g) + * -> H*", '{"H": "top"}', ase_json(covered("H")), -0.2),
            ("r2", "H2O(g) - H2(g) + * -> O*", '{"O": "hollow"}', structure or ase_json(covered("O")), 1.3),
            ("r3", "H2(g) + 2* -> 2H*", '{"H": "top"}', None, -0.4),
            ("r4", "0.5H2(g) + * -> H*", '{"H": "subsurface"}', None, 0.4),
        ]
        columns = dict(
            zip(("id", "equation", "sites", "structure", "energy"), zip(*rows, strict=True), strict=True)
        )
        path = tmp_path / "surface.parquet"
        write_table(path, pa.table({name: pa.array(columns[name], kind) for name, kind in COLUMNS.items()}))
        return path

    return _table


def test_wanted_reactions_are_read_and_the_choice_is_logged(table, same_crystal, caplog):
    with caplog.at_level(logging.INFO, "gnnpool"):
        rows = read(table())
    assert [(row.id, row.target) for row in rows] == [("r1", -0.2), ("r2", 1.3)]
    assert same_crystal(rows[0], covered("H"))
    assert "2 of 4 reactions" in caplog.text
    structures, _ = validate(rows, dataset="surface", on_bad_row="error")
    assert structures.numbers.tolist() == [29, 29, 1, 29, 29, 8]


def test_a_damaged_structure_makes_the_row_invalid(table):
    with pytest.raises(DataError, match=r"surface row 2 \(r2\): lattice is unreadable json"):
        validate(read(table(structure="{}")), dataset="surface", on_bad_row="error")


@pytest.fixture
def catbench(tmp_path, ase_json):
    """Reactions as CatBench keeps them, with further ones or with structures kept once."""

    def _catbench(shared=False, **more):
        content = {
            name: {
                "raw": {
                    "star": {"stoi": -1, "energy_ref": -7.5, "atoms_json": ase_json(SLAB)},
                    f"{name}star": {
                        "stoi": 1,
                        "energy_ref": -11.0,
                        "atoms_json": ase_json(covered(*elements)),
                    },
                    "H2gas": {"stoi": -0.5, "energy_ref": -6.8, "atoms_json": "{}"},
                },
                "ref_ads_eng": energy,
            }
            for name, elements, energy in (
                ("H", ["H"], -0.3),
                ("CH3", ["C", "H", "H", "H"], -1.1),
                ("2H", ["H", "H"], -0.5),
                ("CO", ["C", "O"], -1.6),
            )
        }
        content.update(more)
        if shared:
            texts = {}
            for number, system in enumerate(
                system for reaction in content.values() for system in reaction["raw"].values()
            ):
                texts[f"s{number}"] = system.pop("atoms_json")
                system["ref"] = f"s{number}"
            content["_structures"] = texts
        path = tmp_path / "surface_adsorption.json"
        path.write_text(json.dumps(content))
        return path

    return _catbench


@pytest.mark.parametrize("shared", [False, True])
def test_a_file_of_catbench_is_chosen_by_what_the_surface_gained(shared, catbench, same_crystal, caplog):
    with caplog.at_level(logging.INFO, "gnnpool"):
        rows = read(catbench(shared))
    assert [(row.id, row.target) for row in rows] == [("H", -0.3), ("CH3", -1.1)]
    assert same_crystal(rows[1], covered("C", "H", "H", "H"))
    assert "2 of 4 reactions have a wanted adsorbate; the file has no sites" in caplog.text


def test_a_reaction_without_its_clean_surface_is_not_wanted(catbench):
    alone = {"raw": {"Hstar": {"atoms_json": "{}"}}, "ref_ads_eng": 0.0}
    assert [row.id for row in read(catbench(alone=alone))] == ["H", "CH3"]


def test_a_damaged_structure_is_reported_and_not_left_out(catbench, ase_json):
    texts = {"star": {"atoms_json": "{}"}, "Hstar": {"atoms_json": ase_json(covered("H"))}}
    with pytest.raises(DataError, match=r"reaction 'odd': unreadable json"):
        read(catbench(odd={"raw": texts, "ref_ads_eng": 0.0}))


def test_an_energy_that_is_no_number_makes_the_row_invalid(catbench, ase_json):
    texts = {"star": {"atoms_json": ase_json(SLAB)}, "Hstar": {"atoms_json": ase_json(covered("H"))}}
    rows = read(catbench(odd={"raw": texts, "ref_ads_eng": None}))
    with pytest.raises(DataError, match=r"surface row 3 \(odd\): target is None"):
        validate(rows, dataset="surface", on_bad_row="error")


@pytest.mark.parametrize("content", ["", "[]", '{"H": {}}', "<html>", '{"H": 3}'])
def test_json_of_another_layout_is_refused(content, tmp_path):
    (tmp_path / "surface.json").write_text(content)
    with pytest.raises(
        DataError, match=r"surface\.json: expected reactions as CatBench writes them, found: "
    ):
        read(tmp_path / "surface.json")


def test_no_wanted_reaction_is_reported(tmp_path):
    (tmp_path / "surface.json").write_text("{}")
    with pytest.raises(DataError, match=r"expected reactions with the adsorbates H, O, OH, .*found none"):
        read(tmp_path / "surface.json")


def test_a_table_of_another_layout_is_refused(tmp_path):
    write_table(tmp_path / "surface.parquet", pa.table({"a": np.arange(3)}))
    with pytest.raises(DataError, match=r"surface\.parquet: expected the columns"):
        read(tmp_path / "surface.parquet")
    (tmp_path / "surface.parquet").write_bytes(b"PAR1")
    with pytest.raises(ArtifactError, match=r"surface\.parquet: damaged or cut short .* delete it and run"):
        read(tmp_path / "surface.parquet")
