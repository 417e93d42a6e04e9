"""Bundles are written whole, say what they are from, and are read as they were written."""

import pytest
from made_up import World, small_config
from rock_salts import rock_salts, write_data, write_results

from gnnpool.analysis.collect import read_trials
from gnnpool.artifacts import read_table, write_json
from gnnpool.bundle.files import open_bundle
from gnnpool.bundle.unpack import unpack
from gnnpool.bundle.write import write_bundle
from gnnpool.config import read_config
from gnnpool.errors import ArtifactError, ConfigError


def test_an_unpacked_trial_is_the_one_that_was_bundled(world, bundle, planned, tmp_path):
    """But for what a bundle leaves out: weights, and predictions of structures that were trained on."""
    paths = unpack(bundle, planned, tmp_path)
    assert len(paths) == len(planned)
    for trial in planned[:5]:
        for name in ("record", "history", "predictions"):
            mine, theirs = (
                read_table(root / str(trial) / f"{name}.parquet")
                for root in (tmp_path, world.results / "trials")
            )
            assert mine.equals(theirs)
            for key in (b"trial", b"trial_id"):
                assert (mine.schema.metadata or {}).get(key) == (theirs.schema.metadata or {}).get(key)


def test_a_bundle_holds_each_planned_trial_and_each_of_its_tested_structures(bundle, planned):
    trials = read_trials(bundle.path("trials"))
    assert len(trials) == len(planned)
    assert bundle.read("predictions").num_rows == 6 * len(planned)  # 15 % of 40
    assert bundle.read("histories").num_rows == trials["epochs"].sum()
    assert bundle.read("structures").num_rows == 2 * 40


def test_the_configuration_of_a_bundle_names_no_place(bundle, world):
    config = read_config([bundle.folder / "config.yaml"])
    assert {key: config[key] for key in ("blocks", "seeds", "split")} == {
        key: world.config[key] for key in ("blocks", "seeds", "split")
    }
    assert not {"results", "logs", "resources", "mirror"} & set(config)


def test_the_readme_counts_trials_by_block_and_names_machine_and_code(bundle, world):
    text = (bundle.folder / "README.md").read_text()
    trials = read_trials(bundle.path("trials"))
    for block in world.config["blocks"]:
        count = 2 * 3 * 3  # datasets, poolings, seeds
        assert f"| {block['name']} | {count} | {count} |" in text
    assert trials["shared_code"].iloc[0] in text
    assert bundle.facts["machine"]["cpu_capability"] in text
    hours = trials[trials["model"] == "cgcnn"].groupby("dataset")["cpu_seconds"].sum() / 3600
    assert f"| phonons/cgcnn/mdl | 9 | {hours['phonons']:.2f} | none |" in text


def test_a_file_of_another_bundle_is_refused(bundle, tmp_path):
    for name in bundle.facts["files"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((bundle.folder / name).read_bytes())
    (tmp_path / "bundle.json").write_bytes((bundle.folder / "bundle.json").read_bytes())
    assert open_bundle(tmp_path).facts == bundle.facts
    (tmp_path / "histories.parquet").write_bytes((bundle.folder / "trials.parquet").read_bytes())
    with pytest.raises(ArtifactError, match=r"histories\.parquet: SHA-256: found .* of another bundle"):
        open_bundle(tmp_path)


def test_results_without_trials_are_no_bundle(tmp_path):
    with pytest.raises(ArtifactError, match="found no finished trial, expected one or more"):
        write_bundle(tmp_path / "results", tmp_path / "bundle", config=small_config())
    assert not (tmp_path / "bundle/bundle.json").exists()


def test_trials_of_data_that_were_made_anew_are_not_bundled(planned, tmp_path):
    world = World(small_config(), tmp_path / "results")
    write_results(world, planned)
    write_data(world.results, world.config, rock_salts("phonons", shift=0.1))
    with pytest.raises(ArtifactError, match=r"SHA-256: found .*, expected .* as in the record of phonons/"):
        write_bundle(world.results, tmp_path / "bundle", config=world.config)
    assert not (tmp_path / "bundle/bundle.json").exists()


def test_figures_and_tables_of_the_results_are_in_the_bundle(planned, tmp_path):
    world = World(small_config(), tmp_path / "results")
    write_results(world, planned)
    for name in ("tables/table1.csv", "figures/fig4b.png", "report.html"):
        path = world.results / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    write_bundle(world.results, tmp_path / "bundle", config=world.config)
    bundle = open_bundle(tmp_path / "bundle")
    assert (bundle.folder / "tables/table1.csv").read_text() == "tables/table1.csv"
    assert {"figures/fig4b.png", "report.html"} <= set(bundle.facts["files"])
    # Written again: what the workflow has no longer goes, and what a user added is listed.
    (world.results / "report.html").unlink()
    for added in ("matbench/mean.json.gz", "perturbed/noise.parquet"):
        (bundle.folder / added).parent.mkdir()
        (bundle.folder / added).write_text(added)
    write_bundle(world.results, bundle.folder, config=world.config)
    again = open_bundle(bundle.folder)
    assert {"matbench/mean.json.gz", "perturbed/noise.parquet"} <= set(again.facts["files"])
    assert not (bundle.folder / "report.html").exists()
    (bundle.folder / "perturbed/noise.parquet").write_text("other")
    with pytest.raises(ArtifactError, match=r"perturbed/noise.parquet: SHA-256"):
        open_bundle(bundle.folder)


def test_trials_of_another_file_of_the_same_data_stay_in_a_bundle(planned, tmp_path):
    """Another processor builds graphs and splits that differ in last bits: their hashes are other ones."""
    world = World(small_config(), tmp_path / "results")
    write_results(world, planned)
    results = world.results
    (results / "trials/phonons").rename(results / "from_elsewhere")
    (results / "bundled").mkdir()
    (results / "from_elsewhere").rename(results / "bundled/phonons")
    write_data(results, world.config, rock_salts("phonons", shift=1e-9))
    write_bundle(results, tmp_path / "without", config=world.config)
    assert set(read_trials(tmp_path / "without/trials.parquet")["dataset"]) == {"exfoliation"}

    record = read_table(next(results.glob("bundled/*/*/*/*/*/record.parquet"))).to_pylist()[0]
    seeds = {str(trial.seed) for trial in planned}
    known = read_trials_of(results / "bundled")
    same = {
        "graphs": {"phonons": {"mdl": [record["graphs_sha256"]]}},
        "splits": {"phonons": {seed: known[seed] for seed in seeds}},
    }
    write_json(results / "bundled/equivalent.json", {"sentences": [], **same})
    write_bundle(results, tmp_path / "with", config=world.config)
    bundle = open_bundle(tmp_path / "with")
    assert len(read_trials(bundle.path("trials"))) == len(planned)
    assert record["graphs_sha256"] in bundle.hashes("graphs", "phonons")["mdl"]


def read_trials_of(folder):
    """Hashes of the splits of unpacked trials, by seed."""
    rows = [read_table(path).to_pylist()[0] for path in folder.glob("*/*/*/*/*/record.parquet")]
    return {str(row["seed"]): [row["split_sha256"]] for row in rows}


def test_a_pooling_without_weights_leaves_the_earlier_bundle_as_it_is(world, planned, tmp_path):
    write_bundle(world.results, tmp_path / "bundle", config=world.config)
    before = open_bundle(tmp_path / "bundle").facts
    with pytest.raises(ConfigError, match="--weights: found no trial with weights of nowhere"):
        write_bundle(world.results, tmp_path / "bundle", config=world.config, weights=["nowhere"])
    assert open_bundle(tmp_path / "bundle").facts == before


@pytest.mark.parametrize("place", [".", "elsewhere"])
def test_a_folder_with_other_files_is_left_as_it_is(planned, tmp_path, place):
    world = World(small_config(), tmp_path / "results")
    write_results(world, planned)
    folder = world.results / place
    for name in ("report.html", "tables/one.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("kept")
    with pytest.raises(ConfigError, match="expected a new or empty folder, or a bundle, found"):
        write_bundle(world.results, folder, config=world.config)
    assert (folder / "report.html").read_text() == (folder / "tables/one.csv").read_text() == "kept"


def test_the_configuration_must_be_that_of_the_trials(world, tmp_path):
    write_bundle(world.results, tmp_path / "bundle", config=world.config)
    before = open_bundle(tmp_path / "bundle").facts
    other = small_config()
    other["datasets"].pop("phonons")
    with pytest.raises(ConfigError, match=r"datasets: found no 'phonons' in the configuration, .*snakemake"):
        write_bundle(world.results, tmp_path / "bundle", config=other)
    other = small_config()
    other["training"] = other["training"] | {"batch_size": 7}
    with pytest.raises(ConfigError, match=r"batch_size: found \d+, expected 7 .*; name all"):
        write_bundle(world.results, tmp_path / "bundle", config=other)
    assert open_bundle(tmp_path / "bundle").facts == before
