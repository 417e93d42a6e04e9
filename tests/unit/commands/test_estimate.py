"""gnnpool estimate: every number has a basis, and what has none is unknown."""

import json
import re
from pathlib import Path

import pytest

from gnnpool.artifacts import read_table
from gnnpool.cli import main
from gnnpool.config import without_label
from gnnpool.estimate import UNKNOWN, as_text, estimate_cost
from gnnpool.records import Trial
from gnnpool.trial_cost import CPU, DISK, EDGES, GPU, HERE, PROJECTED, STEPS, projected_hours

ROOT = Path(__file__).parents[3]
EVIDENCE = ROOT / "evidence"


def options(config):
    made = {"model": config["models"]["cgcnn"], "edges": config["edges"]["mdl"]}
    return json.dumps({name: without_label(entry) for name, entry in made.items()})


@pytest.fixture
def finish(config, write_record, tmp_path):
    """A function that writes the record of a trial of phonons that took some seconds."""

    def write(pooling, seed, seconds, **fields):
        trial = Trial("phonons", "cgcnn", "mdl", pooling, seed)
        times = {"cpu_seconds": seconds, "wall_seconds": 2 * seconds, "device": "cpu"}
        path = write_record(trial, 50.0, **{**times, "options": options(config), **fields})
        place = tmp_path / "results/trials" / str(trial) / "record.parquet"
        place.parent.mkdir(parents=True)
        path.rename(place)
        return place

    return write


def parts(found, quantity):
    return {one.basis: (one.trials, one.total) for one in found.amounts[quantity]}


def test_without_any_basis_a_cost_is_unknown(config):
    found = estimate_cost(config)
    assert (found.planned, found.done, found.to_train) == (10, 0, 10)
    for quantity in (CPU, GPU, DISK):
        assert parts(found, quantity) == {UNKNOWN: (10, None)}
    assert as_text(found).count("unknown") == 4


def test_trials_finished_here_show_the_cost_of_their_pooling_and_then_of_others(config, finish):
    for seed, seconds in ((111, 3600), (222, 7200)):
        finish("mean", seed, seconds)
    found = estimate_cost(config)
    assert (found.done, found.to_train) == (2, 8)
    here, others = parts(found, CPU)[HERE], parts(found, CPU)[f"{HERE}, on other poolings"]
    assert here == (3, pytest.approx(3 * 1.5))
    assert others == (5, pytest.approx(5 * 1.5))
    assert parts(found, GPU) == {UNKNOWN: (8, None)}
    assert found.known(DISK) > 0


def test_a_time_on_a_gpu_is_no_time_on_a_cpu(config, finish):
    finish("mean", 111, 1800, device="cuda")
    found = estimate_cost(config)
    assert parts(found, CPU) == {UNKNOWN: (9, None)}
    assert parts(found, GPU)[HERE] == (4, pytest.approx(4.0))


def test_times_are_scaled_to_the_planned_epochs(config, finish):
    finish("mean", 111, 3600, epochs=50)
    assert parts(estimate_cost(config), CPU)[HERE] == (4, pytest.approx(4 * 4.0))


def test_trials_of_another_network_or_other_edges_show_nothing(config, finish):
    finish("mean", 111, 3600, options=options(config).replace('"channels": 100', '"channels": 10', 1))
    assert parts(estimate_cost(config), CPU) == {UNKNOWN: (9, None)}


def test_a_damaged_record_shows_nothing(config, finish):
    finish("mean", 111, 3600).write_bytes(b"no table")
    assert parts(estimate_cost(config), CPU) == {UNKNOWN: (9, None)}


def test_a_bundle_shows_the_cost_of_its_machine(config):
    config["blocks"][0]["poolings"] = ["mean", "no_such_pooling"]
    found = estimate_cost(config, bundles=[EVIDENCE])
    bases = list(parts(found, CPU))
    assert all(f"bundle {EVIDENCE}" in basis for basis in bases)
    assert [basis.endswith("on other poolings") for basis in bases] == [False, True]
    assert all(basis.endswith("weights alone") for basis in parts(found, DISK))


def test_benchmarks_project_the_steps_of_counted_graphs(config, tmp_path):
    manifest = tmp_path / "results/graphs/phonons/mdl.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"counts": {"graphs": 10, "edges": 620}}))
    found = estimate_cost(config)
    hours = 200 * 11 * STEPS["cgcnn", 100, 4][6_200] / 3600  # 1265 structures, 80 % of them in 11 batches
    assert parts(found, CPU) == {PROJECTED: (10, pytest.approx(10 * hours))}
    manifest.write_text(json.dumps({"counts": {"graphs": 10, "edges": 0}}))
    assert estimate_cost(config).known(CPU) < 10 * hours
    config["models"]["cgcnn"]["options"]["channels"] = 64
    assert parts(estimate_cost(config), CPU) == {UNKNOWN: (10, None)}


def test_a_projection_grows_with_the_edges(config, tmp_path):
    manifest = tmp_path / "results/graphs/phonons/mdl.json"
    manifest.parent.mkdir(parents=True)
    trial, hours = Trial("phonons", "cgcnn", "mdl", "mean", 111), []
    for edges in (10, 20, 50, 62, 300, 400, 700, 770, 2000):
        manifest.write_text(json.dumps({"counts": {"graphs": 1, "edges": edges}}))
        hours.append(projected_hours(config, trial))
    assert hours == sorted(hours)
    assert hours[-1] == pytest.approx(hours[-2] * 2000 / 770)


def test_the_steps_are_those_of_the_page_of_benchmarks():
    page = (ROOT / "docs/performance.md").read_text(encoding="utf-8").partition("\n## AMD EPYC")[2]
    names, units = {"cgcnn": "CGCNN", "torchmd": "TorchMD"}, {"ms": 1e-3, "s": 1.0, "µs": 1e-6}
    for (encoder, *_), steps in STEPS.items():
        for (dataset, edges), number in EDGES.items():
            row = rf"^\| {names[encoder]} training step[^|]*\| like {dataset}, {edges} \|.*$"
            cost = re.search(row, page, flags=re.M)[0].split("|")[7].split()
            assert steps[number * 100] == pytest.approx(float(cost[0]) * units[cost[1]]), (encoder, dataset)


def test_finished_trials_of_a_bundle_are_not_trained(config):
    config["bundles"] = [str(EVIDENCE)]
    block = config["blocks"][0]
    trials = read_table(EVIDENCE / "trials.parquet").to_pylist()
    usable = [
        row
        for row in trials
        if row["dataset"] == "phonons"
        and row["init"] == 0
        and row["edges"] in block["edges"]
        and row["pooling"] in block["poolings"]
    ]
    found = estimate_cost(config)
    assert len(usable) >= 5
    assert (found.bundled, found.to_train + found.bundled) == (len(usable), 10)


def test_files_are_here_in_the_mirror_to_download_or_to_obtain_by_hand(config, tmp_path):
    config["blocks"][0]["datasets"] = ["phonons", "2d", "exfoliation", "dielectric"]
    config["mirror"] = str(tmp_path)
    (tmp_path / config["datasets"]["exfoliation"]["file"]).write_bytes(b"1234")
    here = tmp_path / "resources/raw/dielectric" / config["datasets"]["dielectric"]["file"]
    here.parent.mkdir(parents=True)
    here.write_bytes(b"12")
    found = {one.dataset: (one.state, one.size) for one in estimate_cost(config).downloads}
    assert found == {
        "phonons": ("to download", None),
        "2d": ("to obtain by hand", None),
        "exfoliation": ("in the mirror folder", 4),
        "dielectric": ("here", 2),
    }


def test_the_command_prints_text_or_json(configfile, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["estimate", "--configfile", str(configfile)]) == 0
    assert capsys.readouterr().out.startswith("trials: 10 planned, 0 finished here, 0 taken from bundles, 10")
    assert main(["estimate", "--json", "--configfile", str(configfile)]) == 0
    assert json.loads(capsys.readouterr().out)["to_train"] == 10
