"""Shared by all rule files: the checked configuration, the plan, and the patterns of paths."""

import gc
import hashlib
import shlex
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

from gnnpool import stages
from gnnpool.config import (
    check_config,
    files_of,
    labels_of,
    networks_of,
    physics_of,
    trial_settings,
    what_decides,
    without_label,
)
from gnnpool.controller import start_rounds_when_needed, take_over
from gnnpool.data.matbench_folds import task_of
from gnnpool.errors import GnnpoolError
from gnnpool.grid import explained_trials, first_alike, nested, plan_trials, trials_of
from gnnpool.logs import end_in_words, interrupt_once
from gnnpool.plugins import needs
from gnnpool.seal import check_seal

# Planning keeps many long-lived objects; full garbage collection costs 20 % of the time, so run it rarely.
gc.set_threshold(10_000, 20, 1000)

# Snakemake puts this into shell commands as it is, and an environment may lie in a folder with a space in its name.
sys.executable = shlex.quote(sys.executable)
CONTROLLER = workflow.is_main_process and not {"-n", "--dry-run", "--nolock"} & set(
    sys.argv
)
if CONTROLLER:
    end_in_words()
    interrupt_once()
    if left_behind := take_over(Path(".snakemake/locks")):
        print(left_behind, file=sys.stderr)

try:
    check_config(config, Path(workflow.basedir) / "workflow/schemas/config.schema.yaml")
except GnnpoolError as error:
    raise WorkflowError(str(error)) from None

RESULTS = config["results"]
LOGS = config["logs"]
RAW = f"{config['resources']}/raw"
DATA = f"{RESULTS}/data/{{dataset}}"
GRAPHS = f"{RESULTS}/graphs/{{dataset}}/{{edges}}"
# `again` is empty except for repeats, which have another initialisation.
TRIAL_NAME = "{dataset}/{model}/{edges}/{pooling}/seed-{seed}{again}"
TRIAL = f"{RESULTS}/trials/{TRIAL_NAME}"
NETWORK = f"{RESULTS}/networks/{{name}}.json"

PHYSICS = physics_of(config)
KEEP_TOGETHER = config["split"]["keep_duplicates_together"]
PLANNED = plan_trials(config["blocks"], config["seeds"], config["noise_floor"])
DATASETS = sorted({trial.dataset for trial in PLANNED})
NETWORKS = networks_of(config, PLANNED)


def own_trials(entry, kinds):
    """Name of the file for the collected trials of a table or figure."""
    return f"trials/{kinds}/{entry['name']}"


# All trials, and the trials of each table and figure, by the name of the file for the collected trials.
NEEDED = {"trials": PLANNED} | {
    own_trials(entry, kinds): trials_of(entry, PLANNED)
    for kinds in ("tables", "figures")
    for entry in config[kinds]
}
# Tables and figures that need the same trials share one file; none waits for trials it does not use. Larger files are
# assembled from smaller ones, because planning costs time for every file that a job names.
COLLECTION = first_alike(NEEDED)
NESTED = nested({name: NEEDED[name] for name in COLLECTION.values()})
# Tables and figures without planned trials are skipped.
TABLES, FIGURES = (
    {e["name"]: e for e in config[kinds] if NEEDED[own_trials(e, kinds)]}
    for kinds in ("tables", "figures")
)


wildcard_constraints:
    dataset="[a-z0-9_]+",
    model="[a-z0-9_]+",
    edges="[a-z0-9_]+",
    pooling="[a-z0-9_]+",
    seed="[0-9]+",
    again="(-init-[1-9][0-9]*)?",
    file="[A-Za-z0-9_-][A-Za-z0-9_.-]*",
    table="[a-z0-9_]+",
    figure="[a-z0-9_]+",
    explanation="[a-z0-9_]+",
    collection="|".join(NESTED),


def raw_files():
    """Every raw file of the planned datasets."""
    return [f"{RAW}/{dataset}/{file}" for dataset, file in files_of(config)]


def raw_file(wildcards):
    """The raw file of a dataset; none if its source generates the data."""
    file = config["datasets"][wildcards.dataset].get("file")
    return f"{RAW}/{wildcards.dataset}/{file}" if file else []


def raw_hash(wildcards):
    """Expected hash of a raw file; for a file placed by hand without a known hash, its present hash.

    So an edit of such a file triggers a rerun, and removing a mirror folder that is no longer needed does not.
    """
    entry = config["datasets"][wildcards.dataset]
    if "by_hand" in entry and not (entry.get("sha256") or entry.get("md5")):
        folders = filter(None, [config["mirror"], f"{RAW}/{wildcards.dataset}"])
        for placed in (Path(folder) / wildcards.file for folder in folders):
            if placed.is_file():
                with open(placed, "rb") as handle:
                    return hashlib.file_digest(handle, "sha256").hexdigest()
    return entry.get("sha256") or entry.get("md5")


def dataset_meaning(wildcards):
    """The keys of a dataset that decide its structures; neither its label nor its addresses."""
    entry = config["datasets"][wildcards.dataset]
    keys = (
        "source",
        "target",
        "unit",
        "structures",
        "exact_count",
        "target_statistics",
        "options",
        "citation",
        "sha256",
        "md5",
    )
    return {key: entry[key] for key in keys if key in entry}


def matbench_task(wildcards):
    """Name and number of rows of a Matbench task that is split by its official folds."""
    entry = config["datasets"][wildcards.dataset]
    if config["split"]["scheme"] == "matbench" and entry["source"] == "matbench":
        return {"name": task_of(entry["file"]), "rows": entry["structures"]}
    return None


def pooling_entry(wildcards):
    """Entry of a pooling; empty for a single operator without an entry."""
    return without_label(config["poolings"].get(wildcards.pooling))


def networks_to_check():
    """The distinct networks by the file of their check; each with the first of its edges."""
    networks = reversed(NETWORKS.values())
    return {NETWORK.format(**network): network for network in networks}


def checked_network(wildcards):
    """The check of a trial's network; only an unfinished trial waits for it.

    The file name depends on the network alone, so a new pooling does not affect finished trials. For these the
    time of the check is ignored (ancient).
    """
    network = NETWORKS[wildcards.model, wildcards.edges, wildcards.pooling]
    file = NETWORK.format(**network)
    finished = Path(TRIAL.format(**wildcards), "record.parquet").exists()
    return ancient(file) if finished else file


def records_of(trials):
    """Records of some trials; with allow_partial, only those that exist and are complete."""
    records = [f"{RESULTS}/trials/{trial}/record.parquet" for trial in trials]
    if config["allow_partial"]:
        return [path for path in records if usable(path)]
    return records


@cache
def usable(record):
    """Whether a record is there and whole; of a damaged one the reason is printed, and its trial is a gap."""
    try:
        check_seal(record)
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        if CONTROLLER:
            print(f"{record}: left out: {error}", file=sys.stderr)
        return False
    return True


# With allow_partial, explanations without a finished trial are skipped too.
EXPLANATIONS = {
    entry["name"]: entry
    for entry in config["explanations"]
    if records_of(explained_trials(entry, PLANNED))
}


def collected(entry, kinds):
    """The file of the trials of a table or figure."""
    return collection_file(COLLECTION[own_trials(entry, kinds)])


def collection_file(name):
    """Path of a file of collected trials."""
    return f"{RESULTS}/analysis/{name}.parquet"


def lost_records():
    """Missing records once trials were collected; as inputs of the rule `all` they are trained again."""
    if not Path(RESULTS, "analysis").exists():
        return []
    return [path for path in records_of(PLANNED) if not Path(path).exists()]


def beside_records(entry, kinds, name):
    """Files of a name beside the records of a table or figure, if its kind needs them."""
    if name not in needs(f"gnnpool.{kinds}", entry["kind"]):
        return []
    records = records_of(NEEDED[own_trials(entry, kinds)])
    return [str(Path(record).with_name(f"{name}.parquet")) for record in records]


def structures_of(entry, kinds):
    """Structures of the datasets of a table or figure, if its kind needs them."""
    if "structures" not in needs(f"gnnpool.{kinds}", entry["kind"]):
        return []
    trials = NEEDED[own_trials(entry, kinds)]
    datasets = sorted({trial.dataset for trial in trials})
    structures = [f"{DATA.format(dataset=d)}/structures.parquet" for d in datasets]
    return [
        path
        for path in structures
        if Path(path).exists() or not config["allow_partial"]
    ]


def explained_files(wildcards):
    """Inputs of an explanation: files of its dataset, and of one trial of each pooling."""
    entry = EXPLANATIONS[wildcards.explanation]
    _, edges = entry["setting"]
    records = records_of(explained_trials(entry, PLANNED))
    return {
        "structures": f"{DATA.format(dataset=entry['dataset'])}/structures.parquet",
        "graphs": f"{GRAPHS.format(dataset=entry['dataset'], edges=edges)}.safetensors",
        "records": records,
        "predictions": [
            str(Path(path).with_name("predictions.parquet")) for path in records
        ],
        "weights": [str(Path(path).with_name("model.safetensors")) for path in records],
    }


def described_datasets():
    """Planned datasets; with allow_partial, only those whose structures exist."""
    if not config["allow_partial"]:
        return DATASETS
    return [
        d for d in DATASETS if Path(f"{DATA.format(dataset=d)}/manifest.json").exists()
    ]


def conditions_of(entry, kinds):
    """Planned conditions that a table or figure uses."""
    trials = NEEDED[own_trials(entry, kinds)]
    return sorted({trial.condition for trial in trials})


def report_troubles():
    """Print the trials that failed or were interrupted, each with its reason and log, at the end of a run."""
    from gnnpool.status import describe, read_status

    try:
        if troubles := read_status(config).without_record():
            print(f"\ntrials without a record: {len(troubles)}", file=sys.stderr)
            print(describe(troubles), file=sys.stderr)
            print("Repeat the command to train only these.", file=sys.stderr)
    except Exception as error:  # the reason why the run ends was already printed
        print(f"The trials without a record cannot be listed: {error}", file=sys.stderr)
