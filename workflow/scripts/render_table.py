"""Rule render_table: one table of the paper in five formats."""

from gnnpool.analysis.tables import render_table
from gnnpool.logs import log_to

log_to(snakemake.log[0])
render_table(
    records=snakemake.input.records,
    entry=snakemake.params.entry,
    labels=snakemake.params.labels,
    statistic=snakemake.params.statistic,
    seeds=snakemake.params.seeds,
    planned=snakemake.params.planned,
    parquet=snakemake.output.parquet,
    csv=snakemake.output.csv,
    markdown=snakemake.output.markdown,
    latex=snakemake.output.latex,
    html=snakemake.output.html,
)
