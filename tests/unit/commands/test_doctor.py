"""gnnpool doctor: each line says what was found and what to do, and a fault decides the exit status."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from gnnpool import lock
from gnnpool.cli import main
from gnnpool.data.packed_folder import raw_hash
from gnnpool.doctor import machine, study
from gnnpool.doctor.finding import FAULT, OK, WARNING, Finding, as_text

ROOT = Path(__file__).parents[3]


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A function that makes programs, which are the only ones found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CXX", raising=False)

    def make(**scripts):
        for name, body in scripts.items():
            file = folder / name.replace("_", "-")
            file.write_text(f"#!/bin/sh\n{body}\n")
            file.chmod(0o755)

    return make


def smi(*, driver="12.4", gpus="NVIDIA A100, 40960 MiB"):
    return f'case "$1" in --query*) echo "{gpus}";; *) echo "CUDA Version: {driver}";; esac'


def gpu(found):
    return next(one for one in found if one.name == "GPU")


def examine(built, device="auto"):
    return machine._gpus(built, device)


def test_the_build_of_torch_is_read_from_its_files():
    import torch

    assert machine.torch_build() == (torch.__version__, torch.version.cuda)


def test_a_machine_without_gpu_trains_on_the_cpu_unless_a_gpu_is_wanted(programs):
    assert gpu(examine(("2", None))).state == OK
    assert gpu(examine(("2", None), "cuda")).state == FAULT


def test_a_home_folder_that_cannot_be_written_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert machine.check_cache().state == OK
    monkeypatch.setattr(machine.os, "access", lambda path, mode: path != tmp_path)
    found = machine.check_cache()
    assert (found.state, found.found.startswith(str(tmp_path / "home/.cache"))) == (FAULT, True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent))
    assert machine.check_cache().state == OK


def test_a_driver_that_does_not_answer_is_a_warning(programs):
    programs(nvidia_smi="echo 'Driver/library version mismatch'; exit 18")
    found = gpu(examine(("2", None)))
    assert (found.state, "version mismatch" in found.found) == (WARNING, True)


@pytest.mark.parametrize(
    ("cuda", "driver", "todo"),
    [(None, "12.4", "install the CUDA build"), ("13.0", "12.4", "update the driver")],
)
def test_a_gpu_that_torch_was_not_built_for_is_named(programs, cuda, driver, todo):
    programs(nvidia_smi=smi(driver=driver))
    found = gpu(examine(("2", cuda)))
    assert found.state == WARNING
    assert "NVIDIA A100" in found.found
    assert found.todo.startswith(todo)
    assert gpu(examine(("2", cuda), "cuda")).state == FAULT


def test_a_gpu_that_torch_uses_is_fine_and_lacks_only_the_service_that_shares_it(programs, monkeypatch):
    programs(nvidia_smi=smi(), python="echo True 1", nvidia_cuda_mps_control="exit 1")
    monkeypatch.setattr(sys, "executable", shutil.which("python"))
    found = examine(("2", "12.1"))
    assert [(one.name, one.state) for one in found] == [("GPU", OK), ("MPS", WARNING)]
    assert "nvidia-cuda-mps-control -d" in found[1].todo
    programs(nvidia_cuda_mps_control="cat > /dev/null 2>&1; exit 0")
    assert examine(("2", "12.1"))[1].state == OK


def test_the_compiler_must_compile_with_the_headers(programs, monkeypatch):
    assert machine.check_compiler("auto").state == WARNING
    assert machine.check_compiler("compiled").state == FAULT
    assert machine.check_compiler("eager").state == OK
    programs(**{"g++": "echo 'fatal error: Python.h: No such file'; exit 1"})
    found = machine.check_compiler("auto")
    assert (found.state, "Python.h" in found.found) == (FAULT, True)
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert machine.check_compiler("auto").state == FAULT


def test_slurm_needs_its_commands(programs, monkeypatch):
    assert machine.check_slurm().state == OK
    programs(sbatch="")
    assert machine.check_slurm().found.endswith("no squeue, scancel")
    assert machine.check_slurm().state == FAULT
    programs(squeue="", scancel="")
    assert machine.check_slurm().state == WARNING
    programs(sacct="")
    monkeypatch.setenv("SBATCH_ACCOUNT", "mine")
    assert machine.check_slurm().found.endswith("SBATCH_ACCOUNT is mine")


def states(config):
    return {one.name: one for one in study.check_study(config)}


def test_a_disk_without_room_for_the_trials_is_a_fault(config, monkeypatch):
    assert {states(config)[name].state for name in ("results", "resources", "logs")} == {OK}
    usage = shutil._ntuple_diskusage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    assert states(config)["results"].state == FAULT


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_a_fault(config, tmp_path):
    tmp_path.chmod(0o555)
    assert {states(config)[name].state for name in ("results", "locks")} == {FAULT}


def test_a_file_system_without_flock_is_a_warning(config, monkeypatch, tmp_path):
    assert states(config)["locks"].state == OK
    monkeypatch.setattr(lock, "has_flock", lambda path: False)
    assert states(config)["locks"].state == WARNING
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_folder_in_the_mirror_folder_is_there(config, tmp_path):
    config["mirror"] = str(tmp_path / "mirror")
    entry = config["datasets"]["phonons"]
    (tmp_path / "mirror" / entry["file"]).mkdir(parents=True)
    found = states(config)["data phonons"]
    assert (found.state, "expected sha256" in found.found) == (FAULT, True)
    entry["sha256"] = raw_hash(tmp_path / "mirror" / entry["file"])
    assert states(config)["data phonons"].state == OK


def test_the_hash_of_a_raw_file_decides(config, tmp_path):
    entry = config["datasets"]["phonons"]
    assert states(config)["data phonons"].todo == "snakemake fetch_all downloads it"
    file = tmp_path / "resources/raw/phonons" / entry["file"]
    file.parent.mkdir(parents=True)
    file.write_bytes(b"data")
    found = states(config)["data phonons"]
    assert (found.state, f"expected sha256 {entry['sha256']}" in found.found) == (FAULT, True)
    entry["sha256"] = hashlib.sha256(b"data").hexdigest()
    assert states(config)["data phonons"].state == OK


def test_a_file_that_only_a_person_can_obtain_is_a_fault(config):
    config["blocks"][0]["datasets"] = ["2d"]
    found = states(config)["data 2d"]
    assert (found.state, found.todo) == (FAULT, config["datasets"]["2d"]["by_hand"])


def test_a_workflow_of_another_version_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert study.check_files().state == FAULT
    assert main(["init", "new"]) == 0
    monkeypatch.chdir(tmp_path / "new")
    assert study.check_files().state == OK
    Path("config/config.yaml").write_text("note: mine\n")
    assert study.check_files().state == OK
    Path("workflow/rules/data.smk").write_text("")
    assert (study.check_files().state, "workflow/rules/data.smk" in study.check_files().found) == (
        WARNING,
        True,
    )


def test_the_command_prints_every_finding_and_ends_with_its_verdict(configfile, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    status = main(["doctor", "--json", "--configfile", str(configfile)])
    found = json.loads(capsys.readouterr().out)
    assert status == (3 if FAULT in {one["state"] for one in found} else 0)
    names = ["Python", "cache", "torch", "GPU", "compiler", "Slurm", "workflow", "configuration", "trials"]
    assert [one["name"] for one in found][:2] == names[:2]
    assert {*names, "results", "resources", "logs", "locks", "data phonons"} <= {one["name"] for one in found}
    assert main(["doctor", "--configfile", "config/demo.yaml"]) == 3
    assert "fault    configuration  config/demo.yaml: found no 'split'" in capsys.readouterr().out


@pytest.mark.parametrize("width", [40, 80, 200])
def test_lines_fit_the_terminal(width):
    found = Finding("data", FAULT, " ".join(["words"] * 60), "do this")
    lines = as_text([found, Finding("Python", OK, "3")], width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert any(line.strip() == "-> do this" for line in lines)
    assert lines[-1] == "1 ok, 0 warning, 1 fault"
