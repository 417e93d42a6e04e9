"""Rule draw_figure: one figure, and the numbers drawn."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.figures.draw import draw_figure

draw_figure(
    trials=snakemake.input.trials,
    predictions=snakemake.input.predictions,
    history=snakemake.input.history,
    structures=snakemake.input.structures,
    entry=snakemake.params.entry,
    labels=snakemake.params.labels,
    statistic=snakemake.params.statistic,
    statistics=snakemake.params.statistics,
    seeds=snakemake.params.seeds,
    planned=snakemake.params.planned,
    png=snakemake.output.png,
    pdf=snakemake.output.pdf,
    parquet=snakemake.output.parquet,
)
