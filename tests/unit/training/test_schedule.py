import math

import pytest
import torch

from gnnpool.training.schedule import Schedule
from gnnpool.training.settings import Training


@pytest.fixture
def rates(short_training):
    """Learning rates of the epochs for a kind of schedule and the validation error of each epoch."""

    def run(kind, errors, *, interrupted_after=None):
        settings = short_training(epochs=len(errors), learning_rate=0.1)
        settings["scheduler"] |= {"kind": kind, "patience": 1, "min_learning_rate": 0.02}
        settings = Training(**settings)
        optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], lr=0.1)
        schedule, found = Schedule(optimizer, settings), []
        for epoch, error in enumerate(errors):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step({"train_mae": 1.0, "val_mae": error})
            if epoch + 1 == interrupted_after:
                saved = optimizer.state_dict(), schedule.state_dict()
                optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], lr=0.1)
                schedule = Schedule(optimizer, settings)
                optimizer.load_state_dict(saved[0])
                schedule.load_state_dict(saved[1])
        return found

    return run


def test_cosine_lowers_the_rate_over_all_epochs_whatever_the_errors_are(rates):
    expected = [0.02 + 0.5 * 0.08 * (1 + math.cos(math.pi * t / 8)) for t in range(8)]
    assert rates("cosine", [1.0] * 8) == pytest.approx(expected)
    assert rates("cosine", list(range(8))) == pytest.approx(expected)


def test_plateau_lowers_the_rate_after_the_epochs_that_its_patience_tolerates(rates):
    assert rates("plateau", [3.0, 2.0, 2.0, 2.0, 2.0, 2.0]) == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.08, 0.08])
    assert rates("plateau", [1.0] * 40)[-1] == pytest.approx(0.02)


@pytest.mark.parametrize("kind", ["plateau", "cosine"])
def test_a_schedule_resumes_with_the_same_rates(rates, kind):
    errors = [3.0, 2.0, 2.5, 2.5, 2.5, 2.5, 1.0]
    assert rates(kind, errors, interrupted_after=3) == rates(kind, errors)
