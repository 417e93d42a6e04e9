"""Rule draw_explanation: crystals colored by the contributions of their atoms, and participation ratios."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.explain.draw import draw_explanation

draw_explanation(
    atoms=snakemake.input.atoms,
    summary=snakemake.input.summary,
    spec=snakemake.params.spec,
    physics=snakemake.params.physics,
    labels=snakemake.params.labels,
    outputs=dict(snakemake.output.items()),
)
