"""Rule check_results: refuse an incomplete or inconsistent benchmark."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.analysis.checks import check_results

check_results(
    trials=snakemake.input.trials,
    equivalent=snakemake.input.equivalent or None,
    planned=snakemake.params.planned,
    settings=snakemake.params.settings,
    allow_partial=snakemake.params.allow_partial,
    on_mixed_code=snakemake.params.on_mixed_code,
    output=snakemake.output[0],
)
