"""Poolings that behave badly, for tests: they reach a trial as those of any other package do."""

import os
import time
from pathlib import Path

from torch import Tensor

from gnnpool.graphs.batch import GraphBatch
from gnnpool.pooling.base import Pooled
from gnnpool.pooling.mean import MeanPooling

# Networks are tried on four small graphs before any training; the faults wait for larger batches.
TRIED = 4


class Slow(MeanPooling):
    """Sleeps SLOW_SECONDS in each batch of a training, until there is a file `hurry`."""

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:
        if self.training and not Path("hurry").exists():
            time.sleep(float(os.environ.get("SLOW_SECONDS", "0")))
        return super().pool(x, graphs)


class FailsOnce(MeanPooling):
    """Fails in the first process that trains with it in a folder."""

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:
        marker = Path("failed-once")
        if graphs.num_graphs > TRIED and not marker.exists():
            marker.touch()
            raise RuntimeError("the first attempt fails")
        return super().pool(x, graphs)


class FailsAlways(MeanPooling):
    """Fails in every training."""

    def pool(self, x: Tensor, graphs: GraphBatch) -> Pooled:
        if graphs.num_graphs > TRIED:
            raise RuntimeError("every attempt fails")
        return super().pool(x, graphs)
