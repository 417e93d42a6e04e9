"""Rule render_table: one table in five formats."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.tables.render import render_table

render_table(
    inputs=dict(snakemake.input.items()),
    spec=snakemake.params.spec,
    study=snakemake.params.study,
    planned=snakemake.params.planned,
    scheme=snakemake.params.scheme,
    physics=snakemake.params.physics,
    variants=snakemake.params.variants,
    outputs=dict(snakemake.output.items()),
)
