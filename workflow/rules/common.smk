"""Shared by all rule files: the checked configuration, the plan, and the patterns of paths."""

import gc
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from gnnpool import stages
from gnnpool.bundle.planning import EQUIVALENT, UNPACKED, plan_bundles
from gnnpool.config import (
    check_config,
    complete_variants,
    trial_settings,
    what_decides,
)
from gnnpool.errors import GnnpoolError
from gnnpool.inputs import Inputs
from gnnpool.layout import Layout
from gnnpool.plan import Plan

# Planning keeps many long-lived objects; full garbage collection costs 20 % of the time, so run it rarely.
gc.set_threshold(10_000, 20, 1000)

config |= complete_variants(config)
try:
    check_config(config, workflow.source_path("../schemas/config.schema.yaml"))
except GnnpoolError as error:
    raise WorkflowError(str(error)) from None

PLAN = Plan(config)
LAYOUT = Layout(*(config[folder] for folder in ("results", "logs", "resources")))
try:
    BUNDLED = plan_bundles(config, PLAN.trials, weights=PLAN.explained_trials)
except GnnpoolError as error:
    raise WorkflowError(str(error)) from None
if workflow.is_main_process:
    sys.stderr.writelines(f"{line}\n" for line in BUNDLED.lines)
INPUTS = Inputs(PLAN, LAYOUT, BUNDLED, report_damaged=CONTROLLER)

RESULTS = LAYOUT.results
LOGS = LAYOUT.logs
RAW = LAYOUT.raw("{dataset}", "{file}")
DATA = LAYOUT.data("{dataset}")
GRAPHS = LAYOUT.graphs("{dataset}", "{edges}")
# `again` is empty except for repeats.
TRIAL_NAME = "{dataset}/{model}/{edges}/{pooling}/seed-{seed}{again}"
TRIAL = LAYOUT.trial(TRIAL_NAME)
# File of the check of each distinct network; edges that share a network use the entry of the first.
NETWORKS = {LAYOUT.network(n["name"]): n for n in reversed(PLAN.networks.values())}


wildcard_constraints:
    # What is not planned has no rule, so that a mistyped target is named as such.
    dataset="|".join(config["datasets"]),
    model="|".join(config["models"]),
    edges="|".join(config["edges"]),
    pooling="|".join({trial.pooling: None for trial in PLAN.trials}),
    seed="[0-9]+",
    again="(-init-[1-9][0-9]*)?",
    file="[A-Za-z0-9_-][A-Za-z0-9_.-]*",
    table="|".join(PLAN.tables),
    figure="|".join(PLAN.figures),
    explanation="|".join(PLAN.explanations),
    collection="|".join(PLAN.collections),


def raw_hash(wildcards):
    """The hash that a raw file must have."""
    try:
        return INPUTS.raw_hash(wildcards.dataset, wildcards.file)
    except GnnpoolError as error:
        raise WorkflowError(str(error)) from None


def checked_network(wildcards):
    """The check of a trial's network; only an unfinished trial waits for it.

    The file name depends on the network alone, so a new pooling does not affect finished trials. For these the
    time of the check is ignored (ancient).
    """
    network = PLAN.networks[wildcards.model, wildcards.edges, wildcards.pooling]
    file = LAYOUT.network(network["name"])
    finished = Path(TRIAL.format(**wildcards), "record.parquet").exists()
    return ancient(file) if finished else file
