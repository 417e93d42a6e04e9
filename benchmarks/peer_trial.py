"""A trial of the peer: what a user of torch-geometric writes to train, validate and test a network.

python benchmarks/peer_trial.py GRAPHS SPLIT EPOCHS     prints the CPU seconds of each epoch
"""

import copy
import json
import sys
import time

import torch
import torch.nn.functional as F
from crystals import config, scheme
from peer import PlainNetwork, as_data
from torch import nn
from torch_geometric.loader import DataLoader

from gnnpool.data.split_file import read_split
from gnnpool.graphs.file import read_graphs


def main() -> None:
    """Train CGCNN on the graphs of a file and print the cost of each epoch."""
    graphs, split, epochs = read_graphs(sys.argv[1]), read_split(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model, training, cutoff = config()["models"]["cgcnn"], config()["training"], scheme("mdl")["cutoff"]
    data = as_data(graphs, model, cutoff=cutoff)
    loaders = {
        part: DataLoader(
            [data[i] for i in split.indices(part)],
            batch_size=training["batch_size"],
            shuffle=part == "train",
        )
        for part in ("train", "val", "test")
    }
    network = PlainNetwork(model, cutoff=cutoff)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=training["learning_rate"], weight_decay=training["weight_decay"], fused=True
    )
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.8, patience=10)
    best, best_state, seconds = float("inf"), None, []
    for _ in range(epochs):
        started = time.process_time()
        network.train()
        for batch in loaders["train"]:
            optimizer.zero_grad()
            F.l1_loss(network(batch), batch.y).backward()
            nn.utils.clip_grad_norm_(network.parameters(), training["gradient_clip"])
            optimizer.step()
        error = evaluate(network, loaders["val"])
        plateau.step(error)
        if error < best:
            best, best_state = error, copy.deepcopy(network.state_dict())
        seconds.append(time.process_time() - started)
    network.load_state_dict(best_state)
    print(json.dumps({"seconds": seconds, "test_mae": evaluate(network, loaders["test"])}))


@torch.no_grad()
def evaluate(network: nn.Module, loader: DataLoader) -> float:
    """Mean absolute error."""
    network.eval()
    total = sum(F.l1_loss(network(batch), batch.y, reduction="sum").item() for batch in loader)
    return total / len(loader.dataset)


if __name__ == "__main__":
    main()
