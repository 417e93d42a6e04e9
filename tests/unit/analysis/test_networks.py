"""What the checks of networks say of poolings."""

from gnnpool.analysis.networks import read_networks, sizes_seen
from gnnpool.artifacts import write_json
from gnnpool.specs import Traits


def traits(sees_size):
    return Traits(sees_size=sees_size, control=False, width=None, base="")


def test_files_are_named_after_model_and_pooling(tmp_path):
    for model, width in (("cgcnn", 100), ("torchmd_h128", 128)):
        write_json(tmp_path / model / "mean_x4-0123abcd.json", {"pooled_channels": width})
    found = read_networks(sorted(tmp_path.glob("*/*.json")))
    assert {key: known["pooled_channels"] for key, known in found.items()} == {
        ("cgcnn", "mean_x4"): 100,
        ("torchmd_h128", "mean_x4"): 128,
    }


def test_what_is_declared_counts_before_what_is_measured(tmp_path):
    for pooling in ("sum", "plugin", "old"):
        content = {} if pooling == "old" else {"sees_size": False}
        write_json(tmp_path / f"cgcnn/{pooling}-0123abcd.json", content)
    known = {"sum": traits(True), "plugin": traits(None), "old": traits(None), "other": traits(None)}
    found = sizes_seen(known, sorted(tmp_path.glob("*/*.json")))
    assert found == {"sum": True, "plugin": False, "old": None, "other": None}
