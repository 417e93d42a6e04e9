"""Which pooling should a graph neural network use to predict a property of a crystal?

snakemake -n                          list what would run
snakemake                             everything
snakemake results/figures/fig5a.png   one figure, and only the trials that it needs
"""

from snakemake.utils import min_version

min_version("9.27")


# First: Snakemake itself names neither a broken file nor a key that is given twice.
include: "workflow/rules/configuration.smk"


configfile: "config/config.yaml"


# For all rules below; built with workflow/envs/apptainer.def, used only with --sdm apptainer.
container: "gnnpool.sif"


include: "workflow/rules/controller.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/graphs.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/bundles.smk"
include: "workflow/rules/analysis.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/explanations.smk"
include: "workflow/rules/perturbations.smk"
include: "workflow/rules/report.smk"


report: "workflow/report/workflow.rst"


localrules:
    all,
    fetch_all,
    train_all,


rule all:
    """Everything: tables, figures, drawn crystals and the report."""
    default_target: True
    input:
        lambda w: INPUTS.lost_records(),
        f"{RESULTS}/analysis/datasets.html",
        f"{RESULTS}/analysis/trials.parquet",
        f"{RESULTS}/analysis/changes_by_seed.parquet",
        f"{RESULTS}/checks/passed.json",
        [f"{RESULTS}/tables/{name}.html" for name in PLAN.tables],
        [f"{RESULTS}/figures/{name}.png" for name in PLAN.figures],
        [f"{RESULTS}/explanations/{name}/crystals.png" for name in INPUTS.explanations],
        INPUTS.perturbed(PLAN.trials),
        f"{RESULTS}/report.html",


rule fetch_all:
    """Obtain and verify the raw files of all datasets."""
    input:
        [LAYOUT.raw(dataset, file) for dataset, file in PLAN.raw_files],


rule train_all:
    """Train all planned trials; no tables and figures."""
    input:
        INPUTS.records(PLAN.trials),


onstart:
    start_rounds_when_needed(workflow.scheduler)
    say_time_left(
        logger, Counter(job.rule.name for job in workflow.dag.needrun_jobs())
    )


onerror:
    report_troubles()
