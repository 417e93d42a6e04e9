"""Rule render_table: one table in five formats."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.tables.compose import render_table

render_table(
    trials=snakemake.input.trials,
    predictions=snakemake.input.predictions,
    entry=snakemake.params.entry,
    labels=snakemake.params.labels,
    statistic=snakemake.params.statistic,
    statistics=snakemake.params.statistics,
    scheme=snakemake.params.scheme,
    physics=snakemake.params.physics,
    seeds=snakemake.params.seeds,
    planned=snakemake.params.planned,
    parquet=snakemake.output.parquet,
    csv=snakemake.output.csv,
    markdown=snakemake.output.markdown,
    latex=snakemake.output.latex,
    html=snakemake.output.html,
)
