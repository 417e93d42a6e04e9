"""Rule draw_figure: one figure, and the numbers drawn."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.figures.draw import draw_figure

draw_figure(
    inputs=dict(snakemake.input.items()),
    spec=snakemake.params.spec,
    study=snakemake.params.study,
    planned=snakemake.params.planned,
    outputs=dict(snakemake.output.items()),
)
