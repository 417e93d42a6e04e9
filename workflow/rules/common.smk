"""What every rule file uses: the checked configuration, the plan, and the patterns of paths."""

import gc
import hashlib
import shlex
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

from gnnpool import stages
from gnnpool.bundle.planning import EQUIVALENT, UNPACKED, plan_bundles
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

# A plan is many objects that stay: to look for garbage among them takes a fifth of the time. Young garbage goes.
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
# `again` is empty but for further initialisations.
TRIAL_NAME = "{dataset}/{model}/{edges}/{pooling}/seed-{seed}{again}"
TRIAL = f"{RESULTS}/trials/{TRIAL_NAME}"
NETWORK = f"{RESULTS}/networks/{{name}}.json"

PHYSICS = physics_of(config)
KEEP_TOGETHER = config["split"]["keep_duplicates_together"]
PLANNED = plan_trials(config["blocks"], config["seeds"], config["noise_floor"])
DATASETS = sorted({trial.dataset for trial in PLANNED})
NETWORKS = networks_of(config, PLANNED)
try:
    BUNDLED = plan_bundles(
        config,
        PLANNED,
        [
            t
            for entry in config["explanations"]
            for t in explained_trials(entry, PLANNED)
        ],
    )
except GnnpoolError as error:
    raise WorkflowError(str(error)) from None
if workflow.is_main_process:
    print(*BUNDLED.lines, sep="\n", end="\n" if BUNDLED.lines else "", file=sys.stderr)


def own_trials(entry, kinds):
    """Name of the file that may collect the trials of a table or figure."""
    return f"trials/{kinds}/{entry['name']}"


# Trials of all and of each table and figure, by the name of the file that may collect them.
NEEDED = {"trials": PLANNED} | {
    own_trials(entry, kinds): trials_of(entry, PLANNED)
    for kinds in ("tables", "figures")
    for entry in config[kinds]
}
# Who needs the same trials reads one file; who needs fewer than all waits for no others. Files of many trials are
# put together from those of fewer, as the cost of a plan is that of all files that its jobs name.
COLLECTION = first_alike(NEEDED)
NESTED = nested({name: NEEDED[name] for name in COLLECTION.values()})
# A table or figure of which nothing is planned is not made.
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
    """The raw file of a dataset; none if its source makes it."""
    file = config["datasets"][wildcards.dataset].get("file")
    return f"{RAW}/{wildcards.dataset}/{file}" if file else []


def raw_hash(wildcards):
    """The hash that a raw file shall have; of one placed by the user, the hash that it has.

    So an edited file is noticed, while a mirror folder that is gone, and is needed no more, is not.
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
    """What decides the structures of a dataset: not its label, nor where it lies."""
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
    """The pooling's entry, which an operator alone need not have."""
    return without_label(config["poolings"].get(wildcards.pooling))


def networks_to_check():
    """The distinct networks, by the file of their check; of several edges the first."""
    networks = reversed(NETWORKS.values())
    return {NETWORK.format(**network): network for network in networks}


def checked_network(wildcards):
    """The check of a trial's network, which a finished trial needs no more.

    The name of the file changes with the network alone, so a further pooling leaves finished trials as they
    are. The check is never newer than they are (ancient); an unfinished trial waits for it.
    """
    network = NETWORKS[wildcards.model, wildcards.edges, wildcards.pooling]
    file = NETWORK.format(**network)
    finished = Path(TRIAL.format(**wildcards), "record.parquet").exists()
    return ancient(file) if finished else file


def records_of(trials):
    """Records of some trials, trained or from bundles; with allow_partial, of those that are finished and whole."""
    if config["allow_partial"]:
        trials = [
            t for t in trials if t in BUNDLED.folders or usable(BUNDLED.record(t))
        ]
    return [BUNDLED.record(trial) for trial in trials]


def trained_records_of(trials):
    """Records of some trials without those from bundles, which hold no weights."""
    return records_of([trial for trial in trials if trial not in BUNDLED.folders])


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


# With allow_partial, also one of which nothing is trained yet is not made.
EXPLANATIONS = {
    entry["name"]: entry
    for entry in config["explanations"]
    if trained_records_of(explained_trials(entry, PLANNED))
}


def collected(entry, kinds):
    """The file of the trials of a table or figure."""
    return collection_file(COLLECTION[own_trials(entry, kinds)])


def collection_file(name):
    """Where trials are that were collected."""
    return f"{RESULTS}/analysis/{name}.parquet"


def lost_records():
    """Records that may be gone although they were collected: they are made anew, even if nothing waits for them."""
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
    """What an explanation is made from: files of its dataset, and of one trial of each pooling."""
    entry = EXPLANATIONS[wildcards.explanation]
    _, edges = entry["setting"]
    records = trained_records_of(explained_trials(entry, PLANNED))
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
    """Planned datasets; with allow_partial, those of which there are structures."""
    if not config["allow_partial"]:
        return DATASETS
    return [
        d for d in DATASETS if Path(f"{DATA.format(dataset=d)}/manifest.json").exists()
    ]


def conditions_of(entry, kinds):
    """Planned conditions that a table or figure draws on."""
    trials = NEEDED[own_trials(entry, kinds)]
    return sorted({trial.condition for trial in trials})


def report_troubles():
    """Name the trials that failed or stopped, each with its reason and log, as the last words of a run."""
    from gnnpool.status import describe, read_status

    try:
        if troubles := read_status(config).without_record():
            print(f"\ntrials without a record: {len(troubles)}", file=sys.stderr)
            print(describe(troubles), file=sys.stderr)
            print("The same command again trains these alone.", file=sys.stderr)
    except (
        Exception
    ) as error:  # whatever it is, the reason for which the run ends has been printed already
        print(f"The trials without a record cannot be listed: {error}", file=sys.stderr)
