"""Every pooling gives the same bits when it is trained again, beside another training, or resumed.

Two threads add in another order than one. The gradient of a step then differs by rounding alone.
"""

import itertools
import random

import pytest
import torch
from jobs import Job
from trainings import CONFIG, POOLINGS, Trials, result_of

from gnnpool.records import Trial
from gnnpool.training.checkpoint import CheckpointFile
from gnnpool.training.step import accumulate_gradients

# Length of the difference of two gradients, relative to that of the gradient, float32.
TOLERANCE = 1e-4
# Small sums have one thread.
WIDE = {"channels": 64, "layers": 1, "pre_layers": 1, "heads": 4, "radial": 16, "gaussians": 16}
# Models and edge schemes take turns.
SETTINGS = itertools.cycle(itertools.product(CONFIG["models"], CONFIG["edges"]))
TRIALS = [
    Trial("salts", *setting, pooling, 1) for pooling, setting in zip(sorted(POOLINGS), SETTINGS, strict=False)
]

pytestmark = pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.pooling)


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trainings.EPOCHS", 3)
        yield Trials(tmp_path_factory.mktemp("determinism"), random.Random(0))


@pytest.fixture(scope="module")
def trained(trials):
    """A function from a trial to its folder, trained once by this process."""
    folders = {}

    def folder_of(trial):
        if trial not in folders:
            folders[trial] = trials.place(trial)
            trials.train(trial, folders[trial])
        return folders[trial]

    return folder_of


def test_two_trainings_side_by_side_give_the_same_bits(trial, trials, trained):
    folders = [trials.place(trial) for _ in range(2)]
    jobs = [Job(lambda folder=folder: trials.train(trial, folder), None) for folder in folders]
    assert [job.wait() for job in jobs] == [0, 0]
    assert result_of(folders[0]) == result_of(folders[1]) == result_of(trained(trial))


def test_a_resumed_training_gives_the_same_bits(trial, trials, trained, monkeypatch):
    folder, save = trials.place(trial), CheckpointFile.save

    def save_and_stop(self, state):
        save(self, state)
        if state["progress"]["epoch"] == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(CheckpointFile, "save", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        trials.train(trial, folder)
    assert not (folder / "record.parquet").exists()
    monkeypatch.undo()
    trials.train(trial, folder)
    assert result_of(folder) == result_of(trained(trial))


def test_two_threads_change_rounding_alone(trial, trials, monkeypatch):
    monkeypatch.setattr("trainings._SMALL", WIDE)
    before, steps = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            steps.append(gradient(trials.prepare(trial, threads=threads)))
    finally:
        torch.set_num_threads(before)
    assert float((steps[1] - steps[0]).norm() / steps[0].norm()) < TOLERANCE


def gradient(prepared):
    """Gradient of all parameters as one vector, of a batch of 30 structures."""
    network = prepared.network.train()
    batch = prepared.graphs.batch(prepared.parts["train"][:30])
    accumulate_gradients(network, [batch], size=30)
    return torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])
