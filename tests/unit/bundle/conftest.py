"""A bundle of made-up trials."""

from collections.abc import Callable

import pytest
from made_up import World, small_config
from rock_salts import write_results

from gnnpool.bundle.files import Bundle, open_bundle
from gnnpool.bundle.write import write_bundle
from gnnpool.records import Trial
from gnnpool.trials import plan_trials


@pytest.fixture(scope="session")
def planned() -> list[Trial]:
    """The trials of the small configuration."""
    config = small_config()
    return plan_trials(config["blocks"], config["seeds"], config["noise_floor"])


@pytest.fixture(scope="session")
def world(tmp_path_factory, planned) -> World:
    """Results of all planned trials; not to be changed."""
    world = World(small_config(), tmp_path_factory.mktemp("trained"))
    write_results(world, planned)
    return world


@pytest.fixture(scope="session")
def bundle(world, tmp_path_factory) -> Bundle:
    """A bundle of these results; not to be changed."""
    folder = tmp_path_factory.mktemp("bundles") / "evidence"
    write_bundle(world.results, folder, config=world.config)
    return open_bundle(folder)


@pytest.fixture
def rebundle(tmp_path, planned) -> Callable[[Callable[[World], None]], Bundle]:
    """A function that makes results, lets them be changed, and bundles them."""

    def make(change: Callable[[World], None]) -> Bundle:
        world = World(small_config(), tmp_path / "changed")
        write_results(world, planned)
        change(world)
        write_bundle(world.results, tmp_path / "bundle", config=world.config)
        return open_bundle(tmp_path / "bundle")

    return make
