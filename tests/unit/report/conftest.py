"""The report of made-up results."""

from collections.abc import Callable

import pytest
from chromium import find
from made_up import ATTACK, World, small_config, write_page, write_record, write_results

from gnnpool.records import Trial
from gnnpool.trials import plan_trials


def pytest_terminal_summary(terminalreporter):
    """Say aloud that no browser has looked at the page."""
    if find() is None and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line(
            "*** NO CHROMIUM HERE: no browser has looked at the report. Install it, or name one in "
            "the variable CHROMIUM; `make test-report` does that on Debian. ***"
        )


@pytest.fixture
def small() -> dict:
    """The paper's configuration, cut down to two datasets, two settings, a table and a figure."""
    return small_config()


@pytest.fixture(scope="session")
def make_world(tmp_path_factory) -> Callable[..., World]:
    """A function that makes results of a configuration and writes their report."""

    def make(config: dict, *, keep: Callable[[Trial], bool] = lambda trial: True, **options: object) -> World:
        world = World(config, tmp_path_factory.mktemp("results"))
        planned = plan_trials(config["blocks"], config["seeds"], config["noise_floor"])
        records = {trial: write_record(world, trial) for trial in planned if keep(trial)}
        write_results(world, records, planned)
        write_page(world, **options)
        return world

    return make


@pytest.fixture(scope="session")
def hostile(make_world) -> World:
    """Results whose every word from outside is an attack, in a grid that has a bit of everything."""
    config = small_config()
    config["datasets"]["phonons"]["label"] = f"Phonons{ATTACK}"
    config["datasets"]["exfoliation"]["citation"] = f"rounded by {ATTACK}"
    config["poolings"]["mamm"]["label"] = (
        f"MAMM {ATTACK} with a name that is long, and longer than any other one"
    )
    config["models"]["cgcnn"]["label"] = "CGCNN {{ 7 * 7 }}"
    config["edges"]["mdl"]["label"] = "MDL&amp;"
    config["tables"][0]["title"] = f"Combined{ATTACK}"
    config["figures"][0]["title"] = f"Boxes{ATTACK}"
    config["noise_floor"] = {"poolings": ["mean"], "initialisations": [1]}
    return make_world(
        config, keep=lambda trial: trial.seed != 333 or trial.pooling != "gmt", note=f"Note{ATTACK}"
    )
