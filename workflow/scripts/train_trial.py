"""Rule train_trial: train one network and record its errors."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.training.run import run_trial

run_trial(
    graphs=snakemake.input.graphs,
    split=snakemake.input.split,
    trial=snakemake.params.trial,
    model=snakemake.params.model,
    pooling=snakemake.params.pooling,
    training=snakemake.params.training,
    stage_version=snakemake.params.stage_version,
    device=snakemake.config["device"],
    outputs=dict(snakemake.output.items()),
    checkpoint=snakemake.params.checkpoint,
    checkpoint_every=snakemake.config["checkpoint"],
    journal=snakemake.params.journal,
)
