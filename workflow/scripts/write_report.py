"""Rule write_report: one page that answers the question."""

from gnnpool.logs import log_to
from gnnpool.report.compose import write_report

log_to(snakemake.log[0])
write_report(
    made=dict(snakemake.input.items()),
    config=snakemake.params.config,
    labels=snakemake.params.labels,
    note=snakemake.params.note,
    html=snakemake.output.html,
)
