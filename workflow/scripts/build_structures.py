"""Rule build_structures: check every structure of a dataset and convert it."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.data.build import build_structures

build_structures(
    raw=snakemake.input.raw or None,
    dataset=snakemake.wildcards.dataset,
    entry=snakemake.params.entry,
    on_bad_row=snakemake.params.on_bad_row,
    structures=snakemake.output.structures,
    manifest=snakemake.output.manifest,
)
