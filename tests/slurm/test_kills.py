"""Jobs of a cluster that are killed at random moments; `make torture` kills more of them."""

import random

import pytest
from on_cluster import kill_jobs

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(3600)]

KILLS = 2


def test_killed_jobs_are_submitted_again_and_lose_nothing(cluster, new_workflow):
    workflow, undisturbed = new_workflow("jobs"), new_workflow("jobs-undisturbed")
    promise = kill_jobs(cluster, workflow, undisturbed, KILLS, random.Random(0))
    assert 0 < promise.tried == promise.survived, promise.faults
