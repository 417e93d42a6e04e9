"""Every benchmark runs, verifies what it compares, and writes what the page is made of. No time is judged."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

FOLDER = Path(__file__).parents[3] / "benchmarks"
PEER = "torch-geometric"

# Claims by benchmark: peer, and whether equality is verified.
COMPARED = {
    "batch_making": (PEER, True),
    "cgcnn_step": (PEER, True),
    "torchmd_step": (PEER, True),
    "readouts": (PEER, True),
    "peak_memory": (PEER, True),
    "whole_trial": (PEER, False),
    "two_readings": ("raw reading alone", False),
    "two_trials": ("one after the other", False),
}


@pytest.mark.parametrize("name", COMPARED)
def test_a_benchmark_compares_with_its_peer(name, quick, monkeypatch):
    import two_trials
    from turns import start

    # Two trials are run by what runs a whole one.
    monkeypatch.setattr(two_trials, "begin", lambda *_, **__: start([sys.executable, "-c", "pass"]))
    peer, verified = COMPARED[name]
    rows, about = quick(name)
    assert set(rows["peer"]) == {peer}
    for _, claim in rows.groupby(["name", "case"]):
        assert {"gnnpool", peer} <= set(claim["competitor"])
        assert claim.groupby("competitor")["round"].nunique().nunique() == 1
    assert (rows["value"] > 0).all()
    assert rows["reach"].notna().all()
    assert (rows["aim"] > rows["reach"]).all()
    assert rows["deviation"].notna().all() == verified
    assert not (rows["deviation"] > 1e-4).any()
    assert about["quick"]
    assert {"processor", "cores", "memory_gib"} <= set(about["machine"])
    assert {"python", "torch"} <= set(about["versions"])


def test_the_shares_of_a_step_add_up(capsys, monkeypatch):
    import step_profile

    monkeypatch.setattr(sys, "argv", ["step_profile.py", "--quick"])
    monkeypatch.setattr("os.environ", dict(os.environ))
    whole = step_profile.inputs
    monkeypatch.setattr(step_profile, "inputs", lambda *given: dict(list(whole(*given).items())[:1]))
    step_profile.main()
    _, _, *rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 3
    for row in rows:
        assert sum(int(cell.strip(" %")) for cell in row.strip("|").split("|")[1:]) == pytest.approx(
            100, abs=4
        )


def test_graphs_are_built_in_both_schemes_and_those_with_all_images_verified(quick):
    rows, _ = quick("graph_building")
    verified = rows.groupby("case")["deviation"].max()
    assert {case.split(", ")[1] for case in verified.index} == {"ocp", "mdl"}
    assert verified.notna().tolist() == [case.endswith("ocp") for case in verified.index]


@pytest.mark.parametrize(
    ("name", "sizes"), [("scaling", {"atoms": 3, "edges": 3, "crystals": 3}), ("planning", {"trials": 1})]
)
def test_curves_have_their_sizes(name, sizes, quick):
    rows, _ = quick(name)
    found = rows.groupby("sized_by")["size"].nunique()
    assert {sized_by: found[sized_by] for sized_by in sizes} == sizes
    assert (rows.loc[rows["size"].notna(), "value"] > 0).all()


def test_networks_that_differ_are_refused_before_anything_is_measured(quick, monkeypatch):
    import peer

    monkeypatch.setattr(peer.PlainNetwork, "copy", lambda self, network: self)
    with pytest.raises(RuntimeError, match=r"like perovskites, mdl.*: gnnpool and the peer differ by"):
        quick("cgcnn_step")


def test_other_neighbors_than_those_of_the_peer_are_refused(quick, monkeypatch):
    import graph_building

    outcomes = {"gnnpool": np.ones(3), graph_building.PEER: np.ones(4)}
    with pytest.raises(RuntimeError, match="cases: 3 edges, 4 of pymatgen"):
        graph_building.verify("cases", outcomes)


def test_competitors_take_turns_in_processes_of_their_own():
    from turns import Task, take_turns

    idle = partial(Task, partial(time.sleep, 0), np.arange(2))
    seen = []

    def verify(outcomes):
        seen.append(outcomes)
        return 0.5

    costs, difference = take_turns({"a": idle, "b": idle}, rounds=3, verify=verify)
    assert {name: len(values) for name, values in costs.items()} == {"a": 3, "b": 3}
    assert difference == 0.5
    assert [list(found["b"]) for found in seen] == [[0, 1]]
    with pytest.raises(RuntimeError, match=r"broken: Traceback[\s\S]*invalid literal for int"):
        take_turns({"broken": partial(int, "x")}, rounds=1)


def test_without_cuda_the_gpu_benchmark_says_so(quick):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(SystemExit, match="no usable CUDA device on this machine, so nothing was measured"):
        quick("gpu")


def test_the_gpu_benchmark_measures_steps_packing_and_hours(quick):
    rows, _ = quick("gpu", "--device", "cpu")
    steps = rows[rows["name"] == "GPU: training step and its batch"]
    assert steps["case"].nunique() == 4
    assert set(steps["competitor"]) >= {"gnnpool", "gnnpool, eager", PEER}
    assert (steps["deviation"] < 1e-4).all()
    packed = rows[rows["name"] == "GPU: trainings at once"]
    assert set(packed["size"]) == {1, 2}
    assert packed["case"].nunique() == 4
    hours = rows[rows["name"] == "GPU: the paper's grid"].set_index("case")["value"]
    assert set(hours.index) == {"one after the other", "up to 2 at once"}
    in_part = rows[rows["name"] == "GPU: the paper's grid, in part"]["value"]
    assert in_part.sum() == pytest.approx(hours["one after the other"])


def test_the_gpu_benchmark_needs_few_packages():
    code = "import sys, gpu; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=True)
    needless = {"pymatgen", "snakemake", "pandas", "scipy", "matplotlib", "torch_geometric", "filelock"}
    assert not needless & set(run.stdout.split())


def test_packed_trainings_share_the_gpu_by_the_service_where_it_is(tmp_path, monkeypatch):
    from gpu_packing import _multi_process_service

    calls = tmp_path / "calls"
    control = tmp_path / "nvidia-cuda-mps-control"
    control.write_text(f'#!/bin/sh\necho "$@ $(cat)" >> {calls}\n')
    control.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with _multi_process_service("cpu") as sharing:
        assert sharing == "time slicing"
    with _multi_process_service("cuda") as sharing:
        assert sharing == "MPS"
        assert Path(os.environ["CUDA_MPS_PIPE_DIRECTORY"]).is_dir()
    assert "CUDA_MPS_PIPE_DIRECTORY" not in os.environ
    assert [line.strip() for line in calls.read_text().splitlines()] == ["-d", "quit"]


def test_hours_follow_from_steps_by_hand():
    from gpu_projection import Cost, seconds_of

    from gnnpool.records import Trial

    costs = {
        ("exfoliation", "cgcnn", "mdl"): Cost(step=0.01, prediction=0.001),
        ("perovskites", "cgcnn", "mdl"): Cost(step=0.02, prediction=0.002),
    }
    extras = {"mean": 0.0, "gmt": 0.005}
    # 636 structures: 509 train in 6 batches, 31.8 validate; 1,265: 1,012 train in 11 batches.
    trials = [Trial("exfoliation", "cgcnn", "mdl", pooling, 1) for pooling in extras]
    mean, gmt = (seconds_of(trial, costs, extras) for trial in trials)
    assert mean == pytest.approx(200 * (6 * 0.01 + 31.8 * 0.001))
    assert gmt - mean == pytest.approx(200 * 6 * 0.005)
    unknown = seconds_of(Trial("phonons", "cgcnn", "mdl", "mean", 1), costs, extras)
    assert unknown == pytest.approx(200 * (11 * 0.02 + 0.05 * 1265 * 0.002))
