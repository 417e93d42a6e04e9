"""A check of every network, then one job for each trial.

Inputs: graphs of the dataset and edges, split of the dataset and seed, check of the network.
Outputs: record, history of the epochs, predictions for every structure, weights of both readings.
Checkpoint and journal are not declared, because Snakemake deletes the declared outputs of a failed job.
"""


localrules:
    check_networks,


rule check_networks:
    """Build every distinct network and train it for one step."""
    output:
        # A failed check of a new pooling must not delete the files that finished trials depend on.
        update(list(NETWORKS)),
    log:
        f"{LOGS}/networks.log",
    priority: 100
    conda:
        "../envs/environment.yaml"
    params:
        # Not recorded, as it depends on the output: the names of the files change with the networks.
        networks=lambda w, output: NETWORKS,
    message:
        "Build every network and train it for one step"
    script:
        "../scripts/check_networks.py"


rule train_trial:
    """Train one trial, or resume it from its checkpoint."""
    input:
        graphs=f"{GRAPHS}.safetensors",
        split=f"{DATA}/splits/seed-{{seed}}.parquet",
        network=checked_network,
    output:
        record=f"{TRIAL}/record.parquet",
        history=f"{TRIAL}/history.parquet",
        predictions=f"{TRIAL}/predictions.parquet",
        weights=f"{TRIAL}/model.safetensors",
    log:
        f"{LOGS}/trials/{TRIAL_NAME}.log",
    conda:
        "../envs/environment.yaml"
    threads: config["training"]["threads"]
    resources:
        mem_mb=trial_megabytes,
        runtime=trial_minutes,
        gpu_share=trial_gpu_shares,
    params:
        trial=TRIAL_NAME,
        model=lambda w: PLAN.model_entry(w.model),
        pooling=lambda w: PLAN.pooling_entry(w.pooling),
        training=config["training"],
        stage_version=stages.TRAINING,
        # Not recorded, as they depend on the output: where they lie changes no trial.
        checkpoint=lambda w, output: f"{RESULTS}/checkpoints/{TRIAL_NAME}".format(**w),
        journal=lambda w, output: f"{LOGS}/trials/{TRIAL_NAME}.jsonl".format(**w),
    message:
        f"Train {TRIAL_NAME}".replace("{", "{wildcards.")
    script:
        "../scripts/train_trial.py"
