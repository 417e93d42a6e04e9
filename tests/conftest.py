"""What every test leaves as it found it."""

import signal
import sys

import pytest
from hypothesis import HealthCheck, settings

# A process that is started in the background ignores these, and its children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# A busy machine is slow; no test judges time.
settings.register_profile(
    "busy", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# Of `make torture`: tests that state no number of examples.
settings.register_profile("long", settings.get_profile("busy"), max_examples=5000)
settings.load_profile("busy")


@pytest.fixture(scope="session")
def build_in():
    """Build the structures of a dataset in a folder; returns the paths of structures and manifest."""

    def build(folder, raw, entry, *, dataset="salts", on_bad_row="error"):
        from gnnpool.data.build import build_structures

        files = folder / "structures.parquet", folder / "manifest.json"
        given = {"raw": raw, "dataset": dataset, "entry": entry, "on_bad_row": on_bad_row}
        build_structures(**given, structures=files[0], manifest=files[1])
        return files

    return build


@pytest.fixture(autouse=True)
def _keep_denormals():
    """Training rounds the smallest numbers to zero, a state of the whole process."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
