"""What every test leaves as it found it."""

import signal
import sys

import pytest

# A process that is started in the background ignores these, and its children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _keep_denormals():
    """Training rounds the smallest numbers to zero, a state of the whole process."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
