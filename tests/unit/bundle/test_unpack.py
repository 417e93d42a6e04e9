"""Trials of a bundle are used for data that are the same within a tolerance, and for no others."""

import dataclasses

import numpy as np
import pytest
from made_up import World, small_config, write_page
from made_up import write_results as write_exhibits
from rock_salts import rock_salts, write_data, write_made_up_trial

from gnnpool.analysis.checks import check_results
from gnnpool.analysis.collect import collect_trials
from gnnpool.artifacts import read_json
from gnnpool.bundle.files import open_bundle
from gnnpool.bundle.unpack import unpack_bundles
from gnnpool.bundle.write import write_bundle
from gnnpool.config import trial_settings
from gnnpool.data.splits import make_split
from gnnpool.errors import DataError

DATASETS = ("exfoliation", "phonons")


def unpack_beside(bundle, planned, world, structures):
    """Unpack all trials into a folder of results with these structures."""
    for one in structures:
        write_data(world.results, world.config, one)
    data = world.results / "data"
    unpack_bundles(
        trials={str(bundle.folder): [str(trial) for trial in planned]},
        structures=sorted(data.glob("*/structures.parquet")),
        splits=sorted(data.glob("*/splits/*.parquet")),
        folder=world.results / "bundled",
        equivalent=world.results / "bundled/equivalent.json",
    )
    return sorted((world.results / "bundled").rglob("record.parquet"))


@pytest.fixture
def here(tmp_path):
    return World(small_config(), tmp_path / "here")


def check(world, records, planned, **options):
    trials = world.results / "analysis/trials.parquet"
    collect_trials(records=records, output=trials)
    check_results(
        trials=trials,
        planned=[tuple(vars(trial).values()) for trial in planned],
        settings=trial_settings(world.config),
        allow_partial=False,
        on_mixed_code="error",
        output=world.results / "checks/passed.json",
        **options,
    )


def test_a_rounded_copy_of_a_dataset_is_the_same_dataset(bundle, planned, here):
    copies = [rock_salts(dataset, shift=3e-5) for dataset in DATASETS]
    records = unpack_beside(bundle, planned, here, copies)
    assert len(records) == len(planned)
    sentence = read_json(here.results / "bundled/equivalent.json")["sentences"][0]
    assert "40 structures with the same names, atoms, targets" in sentence


def test_trials_of_a_bundle_and_trials_of_a_rounded_copy_pass_the_check_together(bundle, planned, here):
    """Their graphs and splits have other hashes."""
    mine = [trial for trial in planned if trial.pooling == "gmt"]
    rest = [trial for trial in planned if trial.pooling != "gmt"]
    records = unpack_beside(bundle, rest, here, [rock_salts(d, shift=3e-5) for d in DATASETS])
    records += [write_made_up_trial(here, trial) for trial in mine]
    with pytest.raises(DataError, match=r"graphs_sha256: found"):
        check(here, records, planned)
    check(here, records, planned, equivalent=here.results / "bundled/equivalent.json")
    assert len(read_json(here.results / "checks/passed.json")["equivalent"]) == len(DATASETS)


def test_trials_of_other_graphs_are_refused_beside_a_bundle(bundle, planned, here):
    mine = [trial for trial in planned if trial.pooling == "gmt"]
    rest = [trial for trial in planned if trial.pooling != "gmt"]
    records = unpack_beside(bundle, rest, here, [rock_salts(d) for d in DATASETS])
    records += [write_made_up_trial(here, trial) for trial in mine]
    write_made_up_trial(here, mine[0], graphs_sha256="ef" * 32)
    write_made_up_trial(here, mine[1], graphs_sha256="01" * 32)
    with pytest.raises(DataError, match=r"graphs_sha256: found"):
        check(here, records, planned, equivalent=here.results / "bundled/equivalent.json")


def changed(structures, **fields):
    return dataclasses.replace(structures, **fields)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda s: changed(s, lattices=np.concatenate([s.lattices[:7] * 1.001, s.lattices[7:]])),
            r"dataset 'phonons': structure 'phonons-\d': volume: found .* within a share of 0.0001",
        ),
        (
            lambda s: changed(s, targets=s.targets + np.eye(1, 40, 3)[0] * 0.01),
            r"dataset 'phonons': structure 'phonons-3': target: found 99.26 here, expected 99.25",
        ),
        (
            lambda s: changed(s, numbers=np.where(np.arange(80) == 10, 19, s.numbers).astype(np.uint8)),
            r"dataset 'phonons': structure 'phonons-5': formula: found Cl1K1 here, expected Na1Cl1",
        ),
        (
            lambda s: changed(s, ids=[*s.ids[:9], "other", *s.ids[10:]]),
            r"dataset 'phonons': structure 'phonons-9' of the bundle: found 'other' here",
        ),
    ],
)
def test_other_data_are_refused_with_the_name_of_the_structure(bundle, planned, here, change, message):
    with pytest.raises(DataError, match=message):
        unpack_beside(bundle, planned, here, [rock_salts("exfoliation"), change(rock_salts("phonons"))])
    assert not (here.results / "bundled/equivalent.json").exists()


def test_another_split_is_refused(bundle, planned, here):
    for dataset in DATASETS:
        write_data(here.results, here.config, rock_salts(dataset))
    data = here.results / "data"
    make_split(
        structures=data / "phonons/structures.parquet",
        seed=111,
        fractions={"train": 0.7, "val": 0.15, "test": 0.15},
        output=data / "phonons/splits/seed-111.parquet",
    )
    with pytest.raises(
        DataError, match=r"dataset 'phonons', seed 111: split: found .* structures are in other"
    ):
        unpack_bundles(
            trials={str(bundle.folder): [str(trial) for trial in planned]},
            structures=sorted(data.glob("*/structures.parquet")),
            splits=sorted(data.glob("*/splits/*.parquet")),
            folder=here.results / "bundled",
            equivalent=here.results / "bundled/equivalent.json",
        )


def test_the_report_says_which_data_count_as_the_same(bundle, planned, here):
    records = unpack_beside(bundle, planned, here, [rock_salts(d, shift=3e-5) for d in DATASETS])
    by_trial = {trial: here.results / f"bundled/{trial}/record.parquet" for trial in planned}
    write_exhibits(here, by_trial, planned)
    check(here, records, planned, equivalent=here.results / "bundled/equivalent.json")
    write_page(here)
    assert "count as trials of the same data: 40 structures" in here.page.read_text()


@pytest.mark.parametrize("shift", [0.0, 3e-5])
def test_a_bundle_grows_by_new_trials_on_the_same_data(bundle, planned, here, shift):
    """Also where rounding gives the files of the data other hashes."""
    mine = [trial for trial in planned if trial.pooling == "gmt"]
    rest = [trial for trial in planned if trial.pooling != "gmt"]
    unpack_beside(bundle, rest, here, [rock_salts(d, shift=shift) for d in DATASETS])
    for trial in mine:
        write_made_up_trial(here, trial)
    write_bundle(here.results, here.results.parent / "grown", config=here.config)
    grown = open_bundle(here.results.parent / "grown")
    assert grown.read("trials").num_rows == len(planned)
