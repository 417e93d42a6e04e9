"""What every test leaves as it found it."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _keep_denormals():
    """Training rounds the smallest numbers to zero, a state of the whole process."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
