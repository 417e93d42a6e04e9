"""Where the file of a dataset may come from."""

from pathlib import Path

import pytest
import yaml

from gnnpool.config import check_config
from gnnpool.errors import ConfigError

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


def test_a_service_may_take_the_place_of_an_address(check):
    check("surface", url=None, mirrors=None, md5=None, file="surface.parquet", service=SERVICE)


def test_the_shipped_overlay_for_the_service_fits(check):
    overlay = yaml.safe_load((ROOT / "config/surface_service.yaml").read_text())
    check("surface", **overlay["datasets"]["surface"])
