"""The configuration as it is read, and where the file of a dataset may come from."""

import copy
from pathlib import Path

import pytest
import yaml

from gnnpool.config import check_config, complete_variants, read_config, split_of
from gnnpool.errors import ConfigError
from gnnpool.plan import Plan

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
SERVICE = {
    "endpoint": "https://hub.org/graphql",
    "publication": "Mamun",
    "page_size": 10,
    "requests_per_minute": 9,
    "requests_per_day": 100,
}


@pytest.fixture
def check():
    """Check the shipped configuration with other keys in one dataset; None removes a key."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())

    def _check(dataset, **changes):
        entry = {**config["datasets"][dataset], **changes}
        config["datasets"][dataset] = {key: value for key, value in entry.items() if value is not ...}
        check_config(config, SCHEMA)

    return _check


@pytest.mark.parametrize(
    ("dataset", "changes", "message"),
    [
        ("phonons", {"sha256": ...}, r"datasets\.phonons: 'url' needs the hash of the file"),
        ("phonons", {"sha256": None}, r"datasets\.phonons: 'url' needs the hash of the file"),
        ("2d", {"by_hand": ...}, r"datasets\.2d: 'file' needs its hash \('sha256'\), or 'by_hand'"),
        ("2d", {"url": "https://c2db.org/c2db.db"}, r"datasets\.2d: 'url' needs the hash of the file"),
        ("surface", {"service": SERVICE}, r"datasets\.surface: beside a 'service', 'url', .* must be null"),
        ("phonons", {"redirect_hosts": ["https://a.org/"]}, r"datasets\.phonons\.redirect_hosts"),
        ("phonons", {"md5": "abc"}, r"datasets\.phonons\.md5"),
        ("2d", {"by_hand": ""}, r"datasets\.2d\.by_hand"),
        ("2d", {"exact_count": "no"}, r"datasets\.2d\.exact_count"),
        ("surface", {"service": {**SERVICE, "key": "secret"}}, r"service: unknown key 'key'"),
        ("surface", {"service": {"endpoint": "https://hub.org"}}, r"service: missing 'publication'"),
    ],
)
def test_a_file_of_unknown_origin_is_refused(dataset, changes, message, check):
    with pytest.raises(ConfigError, match=message):
        check(dataset, **changes)


@pytest.mark.parametrize(
    ("split", "seeds", "message"),
    [
        ({"val": 0.15}, [1], r"split: expected shares that sum to 1, got .*, which sum to 1\.1"),
        (
            {"scheme": "matbench"},
            [0, 5, 111],
            r"seeds: with split\.scheme 'matbench' .* 0 to 4, found 5, 111",
        ),
        (
            {"scheme": "matbench", "keep_duplicates_together": True},
            [0],
            r"split\.keep_duplicates_together: expected false",
        ),
        ({"scheme": "folds"}, [0], r"unknown scheme in split: 'folds'; there are: .*element, matbench"),
        ({"folds": 5}, [0], r"split: unknown key 'folds'"),
        (
            {"scheme": "size", "options": {"tails": "low"}},
            [0],
            r"split\.options\.tails: unknown option of scheme 'size'; options: none",
        ),
        ({"options": {"tails": "low"}}, [0], r"split\.options\.tails: unknown option of scheme 'random'"),
        (
            {"scheme": "target", "options": {"tails": "middle"}},
            [0],
            r"split\.options\.tails: expected one of 'both', 'low', 'high', found 'middle'",
        ),
    ],
)
def test_a_split_that_cannot_be_made_is_refused(split, seeds, message):
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    config["split"] |= split
    config["seeds"] = seeds
    with pytest.raises(ConfigError, match=message):
        check_config(config, SCHEMA)


def test_some_folds_of_matbench_are_seeds():
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    config["split"]["scheme"] = "matbench"
    config["seeds"] = [0, 4]
    check_config(config, SCHEMA)


def test_a_service_may_take_the_place_of_an_address(check):
    check("surface", url=None, mirrors=None, md5=None, file="surface.parquet", service=SERVICE)


def test_the_shipped_overlay_for_the_service_fits(check):
    overlay = yaml.safe_load((ROOT / "config/surface_service.yaml").read_text())
    check("surface", **overlay["datasets"]["surface"])


def test_overlays_merge_as_in_snakemake(tmp_path):
    from snakemake.utils import update_config

    first, second = {"a": {"b": 1, "c": [1, 2]}, "d": 3}, {"a": {"c": [4]}, "d": {"e": None}}
    for name, content in (("first.yaml", first), ("second.yaml", second)):
        (tmp_path / name).write_text(yaml.safe_dump(content))
    merged = copy.deepcopy(first)
    update_config(merged, second)
    assert read_config([tmp_path / "first.yaml", tmp_path / "second.yaml"]) == merged


@pytest.mark.parametrize("text", ["- a list", "a: [", None])
def test_a_file_that_is_no_configuration_is_named(tmp_path, text):
    path = tmp_path / "mine.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=r"mine\.yaml: (expected a dictionary|cannot be read|no such file)"):
        read_config([path])


VARIANT = {"scheme": "size", "reference": "phonons"}


@pytest.fixture
def varied():
    """The paper's configuration, with the phonons once more, tested on large cells."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    config["datasets"]["phonons_size"] = {"label": "Phonons, larger cells", "split": VARIANT}
    return complete_variants(config)


def test_a_dataset_may_have_a_split_of_its_own(varied):
    varied["split"]["keep_duplicates_together"] = True
    check_config(varied, SCHEMA)
    plan = Plan(varied)
    assert plan.split_method("phonons") is None
    assert plan.split_method("phonons_size") == {"scheme": "size", "options": {}}
    assert plan.variants == {"phonons_size": {"scheme": "size", "reference": "phonons"}}
    assert split_of(varied, "phonons") == varied["split"]
    assert split_of(varied, "phonons_size") == {**varied["split"], "scheme": "size"}
    assert plan.dataset_meaning("phonons_size") == plan.dataset_meaning("phonons")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scheme": "sise"}, r"unknown scheme in datasets\.phonons_size\.split: 'sise'; did you mean size"),
        ({"reference": "phonon"}, r"reference in datasets\.phonons_size\.split: 'phonon'; did you mean"),
        ({"reference": "2d"}, r"split\.reference: expected the same 'source' as '2d', which is 'c2db'"),
        (
            {"reference": "phonons_size"},
            r"expected a dataset without a split of its own, found 'phonons_size'",
        ),
        ({"options": {"share": 0.5}}, r"phonons_size\.split\.options\.share: unknown option"),
        ({"train": 0.5}, r"datasets\.phonons_size\.split: unknown key 'train'"),
    ],
)
def test_a_split_of_a_dataset_that_cannot_be_made_is_refused(varied, change, message):
    varied["datasets"]["phonons_size"]["split"] = VARIANT | change
    with pytest.raises(ConfigError, match=message):
        check_config(varied, SCHEMA)


def test_folds_as_the_split_of_a_dataset_need_their_seeds(varied):
    varied["datasets"]["phonons_size"]["split"] = {"scheme": "matbench", "reference": "phonons"}
    varied["blocks"].append({**varied["blocks"][0], "name": "folds", "datasets": ["phonons_size"]})
    with pytest.raises(ConfigError, match=r"seeds: with datasets\.phonons_size\.split\.scheme 'matbench'"):
        check_config(complete_variants(varied), SCHEMA)
    varied["blocks"][-1]["seeds"] = [0, 1]
    check_config(complete_variants(varied), SCHEMA)


def test_no_dataset_is_named_as_averages_are(varied):
    varied["datasets"]["average"] = varied["datasets"]["phonons"]
    with pytest.raises(ConfigError, match=r"datasets\.average: expected another name"):
        check_config(varied, SCHEMA)


def test_results_are_not_written_into_a_bundle(varied, tmp_path):
    (tmp_path / "bundle.json").touch()
    varied["results"] = str(tmp_path)
    with pytest.raises(ConfigError, match="results: expected a folder of its own, found the bundle"):
        check_config(varied, SCHEMA)


def test_a_dataset_without_its_reference_is_refused_by_its_name(varied):
    varied["datasets"]["other"] = {"label": "Other", "split": VARIANT | {"reference": "nothing"}}
    with pytest.raises(ConfigError, match=r"reference in datasets\.other\.split: 'nothing'"):
        check_config(complete_variants(varied), SCHEMA)
