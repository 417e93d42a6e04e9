"""Rule write_report: one page that answers the question."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.report.write import write_report

write_report(
    made=dict(snakemake.input.items()),
    config=snakemake.params.config,
    labels=snakemake.params.labels,
    physics=snakemake.params.physics,
    traits=snakemake.params.traits,
    note=snakemake.params.note,
    html=snakemake.output.html,
    text=snakemake.output.text,
)
