"""Rule collect_trials: put records of trials into one table."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.analysis.collect import collect_trials

collect_trials(
    records=snakemake.input.records,
    output=snakemake.output.trials,
)
