"""Classes of poolings on classes of targets, from made-up trials of the demo."""

from pathlib import Path

import numpy as np
import pytest

from gnnpool.artifacts import write_json
from gnnpool.config import read_config
from gnnpool.plan import Plan

ROOT = Path(__file__).parents[3]
SEEDS = [111, 222]
MINUS = "\N{MINUS SIGN}"
# A vector that fits the target has the lower error.
FITS = {("ewald_per_atom", False): -4.0, ("ewald_per_atom", True): 50.0}
FITS |= {("ewald_per_cell", False): 2.0, ("ewald_per_cell", True): -30.0}
BLIND = {"gmt"}


@pytest.fixture(scope="module")
def demo() -> dict:
    """The configuration of `make demo`."""
    return read_config([ROOT / "config/config.yaml", ROOT / "config/demo.yaml"])


@pytest.fixture
def law(render, demo, write_changes):
    """Render the demo's table from the change of each dataset and pooling."""

    def law(change_of, *, entry=None, traits=None, networks=(), **options):
        plan = Plan(demo)
        entry = dict(plan.tables["by_law"]) | (entry or {})
        known = plan.traits | (traits or {})
        rows = [
            (dataset, "cgcnn", "mdl", pooling, change_of(dataset, pooling))
            for dataset in entry["datasets"]
            for pooling in entry["poolings"]
        ]
        tidy, paths = render(
            write_changes(rows, seeds=SEEDS),
            entry=entry,
            planned=[],
            networks=networks,
            **{"physics": plan.physics, "traits": known, "seeds": SEEDS} | options,
        )
        return tidy.set_index(["grows_with_cell", "sees_size"]), paths["markdown"].read_text("utf-8")

    return law


def fitting(dataset: str, pooling: str) -> float:
    return FITS[dataset, pooling not in BLIND]


def test_the_demo_shows_all_four_corners_of_poolings_and_targets(law):
    corners, text = law(fitting)
    # Deviations of the seeds add -1.2 and 0.4 to each change.
    expected = {(dataset == "ewald_per_cell", sees): change - 0.4 for (dataset, sees), change in FITS.items()}
    assert corners["value"].to_dict() == pytest.approx(expected)
    assert corners["significant"].to_dict() == {key: abs(value) > 10 for key, value in expected.items()}
    blind = set(corners["poolings"][False, False].split(","))
    seeing = set(corners["poolings"][False, True].split(","))
    assert blind == BLIND
    assert seeing == {"sum", "mamm", "memory"}
    assert corners["n_poolings"].to_dict() == {
        (grows, sees): len(seeing if sees else blind) for grows in (False, True) for sees in (False, True)
    }
    assert f"Does not grow with the cell: ewald\\_per\\_atom | ({MINUS}4.400)" in text
    assert f"{MINUS}30.400" in text


def test_a_class_averages_over_its_poolings_seed_by_seed(law):
    corners, _ = law(
        lambda dataset, pooling: {"gmt": 10.0, "mean_x4": 2.0, "sum": 7.0}[pooling],
        entry={"poolings": ["gmt", "mean_x4", "sum"]},
    )
    assert corners["value"][False, False] == pytest.approx(6.0 - 0.4)
    assert corners["value"][False, True] == pytest.approx(7.0 - 0.4)
    assert corners["sd"][False, False] == pytest.approx(np.std([-1.2, 0.4], ddof=1))


def test_several_datasets_of_a_class_have_an_interval_over_datasets(law):
    intensive = {"grows_with_cell": False, "decided_by": "bulk"}
    physics = {"ewald_per_atom": intensive, "ewald_per_cell": intensive}
    corners, text = law(
        lambda dataset, pooling: 1.0 if dataset == "ewald_per_atom" else 3.0,
        entry={"poolings": ["gmt"]},
        physics=physics,
    )
    assert corners["value"].to_dict() == {(False, False): pytest.approx(2.0 - 0.4)}
    assert corners["high"][False, False] == pytest.approx(1.6 + 12.7062047)  # t of one degree of freedom
    assert "Grows with the cell: no dataset | — | —" in text


def test_a_measured_law_counts_where_none_is_declared_and_missing_is_missing(law, tmp_path):
    unknown = {"sees_size": None, "control": False, "width": None, "base": "plugin"}
    options = {"entry": {"poolings": ["gmt", "plugin"]}, "traits": {"plugin": unknown}}

    def changes(dataset, pooling):
        return {"gmt": 1.0, "plugin": 5.0}[pooling]

    corners, text = law(changes, **options)
    assert set(corners["poolings"]) == {"gmt"}
    assert "Not known to see the number of atoms or not, and not counted: plugin." in text
    measured = tmp_path / "networks/cgcnn/plugin-0123abcd.json"
    write_json(measured, {"pooled_channels": 8, "sees_size": True})
    corners, text = law(changes, networks=[measured], **options)
    assert corners["poolings"][False, True] == "plugin"
    assert "not counted: plugin" not in text


def test_a_pooling_that_lacks_a_seed_of_most_others_is_named_and_does_not_count(render, demo, write_changes):
    plan = Plan(demo)
    poolings = plan.tables["by_law"]["poolings"][:3]
    entry = dict(plan.tables["by_law"]) | {"poolings": poolings, "datasets": ["ewald_per_atom"]}
    rows = [("ewald_per_atom", "cgcnn", "mdl", pooling, 5.0) for pooling in poolings]
    records = write_changes(rows, seeds=SEEDS)
    kept = [path for path in records if not {poolings[2], f"seed-{SEEDS[1]}"} <= set(path.parts)]
    given = {"planned": [], "networks": (), "physics": plan.physics, "traits": plan.traits, "seeds": SEEDS}
    tidy, paths = render(kept, entry=entry, **given)
    counted = {name for names in tidy["poolings"].dropna() for name in names.split(",")}
    assert counted == set(poolings[:2])
    assert "Not trained, or not of all seeds that others have; not counted: " in paths["markdown"].read_text(
        "utf-8"
    )
