"""Rule build_graphs: assign edges to the structures of a dataset."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.graphs.build import build_graphs

build_graphs(
    structures=snakemake.input.structures,
    scheme=snakemake.params.scheme,
    output=snakemake.output.graphs,
    manifest=snakemake.output.manifest,
)
