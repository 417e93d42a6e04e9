"""The command `gnnpool`: train one trial without the workflow, predict, show progress, list results."""

import argparse
import sys
from pathlib import Path

from gnnpool import __version__
from gnnpool.bundle import commands as bundle_commands
from gnnpool.errors import GnnpoolError, InterruptedTraining
from gnnpool.logs import INTERRUPTED, ignore_signals, log_to
from gnnpool.records import READINGS

_PLACES = (
    ("report", "report.html"),
    ("datasets", "analysis/datasets.html"),
    ("tables", "tables/*.html"),
    ("figures", "figures/*.png"),
    ("crystals", "explanations/*/*.png"),
    ("all trials", "analysis/trials.parquet"),
    ("one folder a trial", "trials"),
)


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments; those of the process if None.

    Returns:
        Exit status: 0, or that of the kind of error.
    """
    parser = argparse.ArgumentParser(
        prog="gnnpool",
        description="Compare poolings of graph neural networks for crystals. Workflow: snakemake -n",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train one trial from a graph file and a split file")
    train.add_argument("--graphs", required=True, help="graph file (safetensors)")
    train.add_argument("--split", required=True, help="split file (Parquet)")
    train.add_argument("--config", required=True, nargs="+", help="configuration (YAML), overlays last")
    train.add_argument("--model", required=True)
    train.add_argument("--pooling", required=True)
    train.add_argument("--init", type=int, default=0, help="number of the initialisation; 0 if not given")
    train.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    train.add_argument("--output", required=True, help="folder for record, history, predictions and weights")
    predict = commands.add_parser("predict", help="predict for structure files with finished trials")
    predict.add_argument(
        "paths", nargs="+", metavar="TRIAL_FOLDER... FILE...", help="folders of trials, then structure files"
    )
    predict.add_argument(
        "--reading", default="raw", choices=READINGS, help="weights of the best epoch (raw), or averaged"
    )
    where = commands.add_parser("where", help="list the results of a finished workflow")
    where.add_argument("results", help="folder of results")
    status = commands.add_parser("status", help="show the progress of all trials, during a run and after it")
    status.add_argument(
        "--configfile", nargs="+", default=["config/config.yaml"], help="as given to snakemake, overlays last"
    )
    status.add_argument("--json", action="store_true", help="print everything as JSON")
    plan = commands.add_parser("plan", help="find where more seeds decide, and ask for them alone")
    plan.add_argument(
        "--detect", type=float, required=True, metavar="PERCENT", help="change that matters, %%"
    )
    plan.add_argument(
        "--configfile", nargs="+", default=["config/config.yaml"], help="as given to snakemake, overlays last"
    )
    plan.add_argument("--reading", default="raw", choices=READINGS, help="as for export-matbench")
    plan.add_argument(
        "--looks", nargs="+", type=int, metavar="SEEDS", help="seeds at which to decide; 5 10 20 if not given"
    )
    plan.add_argument("--next-look", action="store_true", help="ask for the seeds of the next look alone")
    plan.add_argument("--output", help="overlay to write (YAML)")
    plan.add_argument("--json", action="store_true", help="print everything as JSON")
    export = commands.add_parser("export-matbench", help="write finished trials as a record of Matbench")
    export.add_argument("results", help="folder of results")
    for axis in ("model", "edges", "pooling"):
        export.add_argument(f"--{axis}", required=True)
    export.add_argument(
        "--reading", default="raw", choices=READINGS, help="weights of the best epoch (raw), or averaged"
    )
    export.add_argument("--output", required=True, help="record to write, such as results.json.gz")
    bundle_commands.add(commands)
    arguments = parser.parse_args(argv)
    run = {
        "train": _train,
        "predict": _predict,
        "where": _where,
        "status": _status,
        "plan": _plan,
        "export-matbench": _export_matbench,
        **bundle_commands.RUN,
    }
    try:
        return run[arguments.command](arguments)
    except GnnpoolError as error:
        print(f"gnnpool: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        ignore_signals()
        print(f"gnnpool: {INTERRUPTED}", file=sys.stderr)
        return InterruptedTraining.exit_status


def _train(arguments: argparse.Namespace) -> int:
    from gnnpool import plugins, stages
    from gnnpool.config import read_config, without_label
    from gnnpool.data.split_file import read_split
    from gnnpool.graphs.file import read_graphs
    from gnnpool.records import Trial, outputs_in
    from gnnpool.training.run import run_trial

    config = read_config(arguments.config)
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


def _predict(arguments: argparse.Namespace) -> int:
    import warnings

    from gnnpool.predict import UnseenElement, predict

    trials = [path for path in arguments.paths if Path(path).is_dir()]
    files = [path for path in arguments.paths if path not in trials]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UnseenElement)
        predictions = predict(trials, files, reading=arguments.reading)
    for one in caught:
        print(f"gnnpool: {one.message}", file=sys.stderr)
    print("file", predictions[0].target, "unit", "spread", sep="\t")
    for file, one in zip(files, predictions, strict=True):
        spread = "" if one.spread is None else f"{one.spread:.6g}"
        print(file, f"{one.value:.6g}", one.unit, spread, sep="\t")
    return 0


def _where(arguments: argparse.Namespace) -> int:
    root = Path(arguments.results)
    for what, pattern in _PLACES:
        found = sorted(root.glob(pattern))
        if found:
            print(f"{what:>18}  " + ("\n" + " " * 20).join(str(path) for path in found))
    return 0


def _export_matbench(arguments: argparse.Namespace) -> int:
    from gnnpool.analysis.matbench_record import export_matbench

    options = {name: value for name, value in vars(arguments).items() if name != "command"}
    for dataset, task in export_matbench(**options).items():
        print(f"{dataset:>18}  {task}")
    print(f"{'record':>18}  {arguments.output}")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    import json

    from gnnpool.config import read_config
    from gnnpool.status import as_json, as_text, read_status

    status = read_status(read_config(arguments.configfile))
    print(json.dumps(as_json(status), indent=2) if arguments.json else as_text(status))
    return 0


def _plan(arguments: argparse.Namespace) -> int:
    import json

    from gnnpool.analysis.sequential import LOOKS
    from gnnpool.config import read_config
    from gnnpool.seed_overlay import write_overlay
    from gnnpool.seed_plan import plan_seeds
    from gnnpool.seed_table import as_json, as_text

    plan = plan_seeds(
        read_config(arguments.configfile),
        detect=arguments.detect,
        reading=arguments.reading,
        looks=arguments.looks or LOOKS,
        next_look=arguments.next_look,
    )
    print(json.dumps(as_json(plan), indent=2) if arguments.json else as_text(plan))
    if arguments.output and plan.new_seeds:
        files = " ".join([*arguments.configfile, arguments.output])
        looks = ", ".join(map(str, plan.looks))
        head = f"Overlay: the seeds that decide a change of {plan.detect:g} %, with looks at {looks} seeds."
        write_overlay(arguments.output, plan.blocks, head=f"{head}\nsnakemake --configfile {files}")
        print(f"overlay: {arguments.output}", file=sys.stderr)
    elif arguments.output:
        print("overlay: not written, no further seeds are asked for", file=sys.stderr)
    return 0
