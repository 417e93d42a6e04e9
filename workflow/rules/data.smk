"""From the address of a dataset to verified structures and splits.

Inputs: none, or files in the mirror folder.
Outputs: the raw file, structures with their targets, groups of duplicates, fingerprints, one split for each seed.
"""


localrules:
    fetch_dataset,
    make_split,


rule fetch_dataset:
    """Obtain one raw file from the mirror folder or a download, and verify it."""
    output:
        # It may be the only copy: a file that cannot be obtained again stays as it is.
        update(RAW),
    log:
        f"{LOGS}/raw/{{dataset}}/{{file}}.log",
    conda:
        "../envs/environment.yaml"
    params:
        # The content decides, not its origin: changed addresses or mirrors trigger no rerun.
        sha256=raw_hash,
    message:
        "Fetch {wildcards.file} of {wildcards.dataset}"
    script:
        "../scripts/fetch_dataset.py"


rule build_structures:
    """Read a raw file, check every row, and write structures and a manifest."""
    input:
        raw=lambda w: INPUTS.raw(w.dataset),
    output:
        structures=f"{DATA}/structures.parquet",
        manifest=f"{DATA}/manifest.json",
    log:
        f"{LOGS}/data/{{dataset}}/structures.log",
    conda:
        "../envs/environment.yaml"
    params:
        entry=lambda w: PLAN.dataset_meaning(w.dataset),
        on_bad_row=config["on_bad_row"],
        stage_version=stages.STRUCTURES,
    message:
        "Check and convert the structures of {wildcards.dataset}"
    script:
        "../scripts/build_structures.py"


rule find_duplicates:
    """Find the structures of a dataset that are the same crystal."""
    input:
        structures=f"{DATA}/structures.parquet",
    output:
        duplicates=f"{DATA}/duplicates.parquet",
    log:
        f"{LOGS}/data/{{dataset}}/duplicates.log",
    conda:
        "../envs/environment.yaml"
    params:
        stage_version=stages.DUPLICATES,
    message:
        "Find the structures of {wildcards.dataset} that are the same crystal"
    script:
        "../scripts/find_duplicates.py"


rule fingerprint_structures:
    """Describe every structure by numbers that similar structures share."""
    input:
        structures=f"{DATA}/structures.parquet",
    output:
        fingerprints=f"{DATA}/fingerprints.parquet",
    log:
        f"{LOGS}/data/{{dataset}}/fingerprints.log",
    conda:
        "../envs/environment.yaml"
    params:
        stage_version=stages.FINGERPRINTS,
    message:
        "Compute by what the structures of {wildcards.dataset} are compared"
    script:
        "../scripts/fingerprint_structures.py"


rule make_split:
    """Divide a dataset into train, val and test for one seed."""
    input:
        structures=f"{DATA}/structures.parquet",
        duplicates=(
            f"{DATA}/duplicates.parquet"
            if config["split"]["keep_duplicates_together"]
            else []
        ),
    output:
        split=f"{DATA}/splits/seed-{{seed}}.parquet",
    log:
        f"{LOGS}/data/{{dataset}}/splits/seed-{{seed}}.log",
    conda:
        "../envs/environment.yaml"
    params:
        fractions={part: config["split"][part] for part in ("train", "val", "test")},
        method=lambda w: PLAN.split_method(w.dataset),
        stage_version=stages.SPLITS,
    message:
        "Split {wildcards.dataset} with seed {wildcards.seed}"
    script:
        "../scripts/make_split.py"
