"""A wrong column or unit is noticed by the published statistics of the target."""

import numpy as np
import pytest

from gnnpool.errors import DataError

STRUCTURE = {"lattice": {"matrix": [[3, 0, 0], [0, 3, 0], [0, 0, 3]]}}
STRUCTURE["sites"] = [{"species": [{"element": "Cu", "occu": 1}], "abc": [0, 0, 0]}]
# Energies in meV/atom as they are distributed: all above zero, a few far out.
TARGETS = np.random.default_rng(0).lognormal(4.2, 0.9, size=400)
PUBLISHED = {
    "mean": float(f"{TARGETS.mean():.5g}"),
    "mean_absolute_deviation": float(f"{np.abs(TARGETS - TARGETS.mean()).mean():.5g}"),
}


@pytest.fixture
def build(matbench, tmp_path, build_in):
    """Build a dataset of some targets and of the published statistics."""

    def _build(targets, on_bad_row="error", broken=(), statistics=PUBLISHED):
        data = [[STRUCTURE if n not in broken else None, target] for n, target in enumerate(targets)]
        entry = {"source": "matbench", "target": "energy", "unit": "meV/atom", "structures": len(data)}
        entry["target_statistics"] = statistics
        raw = matbench(index=list(range(len(data))), data=data)
        build_in(tmp_path, raw, entry, dataset="exfoliation", on_bad_row=on_bad_row)

    return _build


def test_rounded_targets_pass(build, tmp_path):
    build(np.round(TARGETS, 2).tolist())
    assert (tmp_path / "manifest.json").exists()


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        pytest.param(TARGETS / 1000, "mean: found 0.0", id="eV for meV"),
        pytest.param(np.log10(TARGETS), "mean: found 1.", id="logarithm"),
        pytest.param(TARGETS * 5, "mean: found", id="per cell for per atom"),
        pytest.param(-TARGETS, "mean: found -", id="other sign"),
        pytest.param(TARGETS * 1.03, "mean: found", id="another column, much alike"),
        pytest.param(
            TARGETS.mean() + 1.02 * (TARGETS - TARGETS.mean()), "mean absolute deviation: found", id="spread"
        ),
    ],
)
def test_targets_of_another_column_or_unit_stop_the_build(targets, message, build, tmp_path):
    expected = rf"exfoliation: target energy: {message}.*, expected .* meV/atom \(target_statistics\) within"
    with pytest.raises(DataError, match=expected):
        build(targets.tolist())
    assert not (tmp_path / "structures.parquet").exists()
    assert not (tmp_path / "manifest.json").exists()


def test_rows_left_out_for_their_structure_still_count(build, tmp_path):
    """The farthest target alone moves the mean by more than the tolerance."""
    build(TARGETS.tolist(), on_bad_row="skip", broken=[int(TARGETS.argmax())])
    assert (tmp_path / "manifest.json").exists()


def test_without_published_statistics_anything_goes(build):
    build((TARGETS / 1000).tolist(), statistics=None)
