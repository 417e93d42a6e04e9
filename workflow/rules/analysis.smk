"""From records to tables.

Inputs: records of trials, collected first; for intervals over test structures, their predictions; for the table of
datasets, their manifests, duplicates, fingerprints and splits.
Outputs: the table of datasets, trials collected in tables, changes relative to mean pooling, the tables of the
configuration, and the check that the benchmark is complete and consistent.
"""


localrules:
    describe_datasets,
    collect_trials,
    compare_to_baseline,
    render_table,
    check_results,


rule describe_datasets:
    """Count the structures, and the duplicates across the splits, of all datasets."""
    input:
        manifests=expand(f"{DATA}/manifest.json", dataset=INPUTS.datasets),
        duplicates=expand(f"{DATA}/duplicates.parquet", dataset=INPUTS.datasets),
        fingerprints=expand(f"{DATA}/fingerprints.parquet", dataset=INPUTS.datasets),
        splits=INPUTS.splits,
    output:
        parquet=f"{RESULTS}/analysis/datasets.parquet",
        html=report(
            f"{RESULTS}/analysis/datasets.html",
            caption="../report/datasets.rst",
            category="Datasets",
        ),
    log:
        f"{LOGS}/analysis/datasets.log",
    conda:
        "../envs/environment.yaml"
    params:
        labels=PLAN.study["labels"]["datasets"],
        stage_version=stages.ANALYSIS,
    message:
        "Describe the datasets and count duplicates across their splits"
    script:
        "../scripts/describe_datasets.py"


rule collect_trials:
    """Write the records of finished trials as one table."""
    input:
        records=lambda w: INPUTS.records(PLAN.collections[w.collection]),
    output:
        trials=LAYOUT.collection("{collection}"),
    log:
        f"{LOGS}/analysis/{{collection}}.log",
    conda:
        "../envs/environment.yaml"
    params:
        stage_version=stages.ANALYSIS,
    message:
        "Collect {wildcards.collection}"
    script:
        "../scripts/collect_trials.py"


rule compare_to_baseline:
    """Compute the changes relative to mean pooling, by seed and by condition."""
    input:
        trials=f"{RESULTS}/analysis/trials.parquet",
    output:
        by_seed=f"{RESULTS}/analysis/changes_by_seed.parquet",
        by_condition=f"{RESULTS}/analysis/changes_by_condition.parquet",
    log:
        f"{LOGS}/analysis/changes.log",
    conda:
        "../envs/environment.yaml"
    params:
        seeds=PLAN.study["seeds"],
        planned=PLAN.planned_conditions,
        stage_version=stages.ANALYSIS,
    message:
        "Compare every pooling with mean pooling"
    script:
        "../scripts/compare_to_baseline.py"


rule render_table:
    """Render one table as Parquet, CSV, Markdown, LaTeX and HTML."""
    input:
        unpack(lambda w: INPUTS.exhibit("tables", w.table)),
    output:
        parquet=f"{RESULTS}/tables/{{table}}.parquet",
        csv=f"{RESULTS}/tables/{{table}}.csv",
        markdown=f"{RESULTS}/tables/{{table}}.md",
        latex=f"{RESULTS}/tables/{{table}}.tex",
        html=report(
            f"{RESULTS}/tables/{{table}}.html",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
    log:
        f"{LOGS}/tables/{{table}}.log",
    conda:
        "../envs/environment.yaml"
    params:
        spec=lambda w: PLAN.tables[w.table],
        planned=lambda w: PLAN.conditions("tables", w.table),
        study=lambda w: PLAN.study_of("tables", w.table),
        scheme=config["split"]["scheme"],
        physics=PLAN.physics,
        variants=PLAN.variants,
        stage_version=stages.ANALYSIS,
    message:
        "Render {wildcards.table}"
    script:
        "../scripts/render_table.py"


rule check_results:
    """Check that trials are complete, finite, and of the same settings and code."""
    input:
        trials=f"{RESULTS}/analysis/trials.parquet",
        equivalent=BUNDLED.equivalent,
    output:
        f"{RESULTS}/checks/passed.json",
    log:
        f"{LOGS}/checks.log",
    conda:
        "../envs/environment.yaml"
    params:
        planned=[tuple(vars(trial).values()) for trial in PLAN.trials],
        settings=trial_settings(config),
        allow_partial=config["allow_partial"],
        on_mixed_code=config["on_mixed_code"],
        stage_version=stages.ANALYSIS,
    message:
        "Check that the benchmark is complete and consistent"
    script:
        "../scripts/check_results.py"
