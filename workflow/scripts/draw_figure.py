"""Rule draw_figure: one figure of the paper, and the numbers drawn."""

from gnnpool.figures.compose import draw_figure
from gnnpool.logs import log_to

log_to(snakemake.log[0])
draw_figure(
    records=snakemake.input.records,
    entry=snakemake.params.entry,
    labels=snakemake.params.labels,
    statistic=snakemake.params.statistic,
    seeds=snakemake.params.seeds,
    planned=snakemake.params.planned,
    png=snakemake.output.png,
    pdf=snakemake.output.pdf,
    parquet=snakemake.output.parquet,
)
