"""From tables and figures to one page.

Inputs: all trials and their changes, counts and manifests of the datasets, tables, figures, and the check.
Outputs: the report, a self-contained page; its answer as text.
"""


localrules:
    write_report,


rule write_report:
    """Write the report, a self-contained page."""
    input:
        trials=f"{RESULTS}/analysis/trials.parquet",
        changes=f"{RESULTS}/analysis/changes_by_seed.parquet",
        datasets=f"{RESULTS}/analysis/datasets.parquet",
        manifests=expand(f"{DATA}/manifest.json", dataset=INPUTS.datasets),
        checks=f"{RESULTS}/checks/passed.json",
        networks=INPUTS.networks(PLAN.trials),
        tables=[f"{RESULTS}/tables/{name}.parquet" for name in PLAN.tables],
        # With each, the Parquet file of its name: its title, its description, and its numbers.
        pictures=[
            *[f"{RESULTS}/figures/{name}.png" for name in PLAN.figures],
            *[
                f"{RESULTS}/explanations/{name}/{picture}.png"
                for name in INPUTS.explanations
                for picture in ("crystals", "shares")
            ],
        ],
    output:
        html=f"{RESULTS}/report.html",
        text=f"{RESULTS}/report.txt",
    log:
        f"{LOGS}/report.log",
    conda:
        "../envs/environment.yaml"
    params:
        config=what_decides(config),
        labels=PLAN.study["labels"],
        physics=PLAN.physics,
        traits=PLAN.traits,
        note=config["note"],
        stage_version=stages.ANALYSIS,
    message:
        "Write the report"
    script:
        "../scripts/write_report.py"
