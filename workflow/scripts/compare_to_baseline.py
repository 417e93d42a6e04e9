"""Rule compare_to_baseline: error changes relative to mean pooling, by seed and by condition."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.analysis.change import compare_to_baseline

compare_to_baseline(
    trials=snakemake.input.trials,
    by_seed=snakemake.output.by_seed,
    by_condition=snakemake.output.by_condition,
    seeds=snakemake.params.seeds,
    planned=snakemake.params.planned,
)
