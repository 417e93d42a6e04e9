"""`gnnpool train`: one trial without the workflow."""

import argparse
import sys
from pathlib import Path

from gnnpool.logs import log_to

HELP = "train one trial from a graph file and a split file"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--graphs", required=True, metavar="FILE", help="graph file (safetensors)")
    parser.add_argument("--split", required=True, metavar="FILE", help="split file (Parquet)")
    parser.add_argument(
        "--config", required=True, nargs="+", metavar="FILE", help="configuration (YAML), overlays last"
    )
    parser.add_argument("--model", required=True, help="name in the configuration")
    parser.add_argument("--pooling", required=True, help="name in the configuration, or of an operator")
    parser.add_argument("--init", type=int, default=0, help="number of the initialisation; 0 if not given")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"], help="auto if not given")
    parser.add_argument(
        "--output", required=True, metavar="FOLDER", help="for record, history, predictions and weights"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command; on a terminal, a line shows the progress."""
    from gnnpool import plugins, stages
    from gnnpool.config import read_config, without_label
    from gnnpool.data.split_file import read_split
    from gnnpool.graphs.file import read_graphs
    from gnnpool.progress import shown_progress
    from gnnpool.records import Trial, outputs_in
    from gnnpool.training.run import run_trial

    config = read_config(arguments.config, needs=("models", "poolings", "training", "checkpoint"))
    plugins.require(arguments.model, config["models"], what=f"model of {arguments.config[-1]}")
    output = Path(arguments.output)
    log_to(output / "train.log")
    trial = Trial(
        dataset=read_graphs(arguments.graphs).metadata["dataset"],
        model=arguments.model,
        edges=Path(arguments.graphs).stem,
        pooling=arguments.pooling,
        seed=int(read_split(arguments.split).metadata["seed"]),
        init=arguments.init,
    )
    with shown_progress(sys.stderr, epochs=config["training"]["epochs"]):
        run_trial(
            graphs=arguments.graphs,
            split=arguments.split,
            trial=str(trial),
            model=without_label(config["models"][arguments.model]),
            pooling=without_label(config["poolings"].get(arguments.pooling)),
            training=config["training"],
            stage_version=stages.TRAINING,
            device=arguments.device,
            outputs=outputs_in(output),
            checkpoint=output / "checkpoint",
            checkpoint_every=config["checkpoint"],
            journal=output / "train.jsonl",
        )
    print(f"{output / 'record.parquet'}")
    return 0
