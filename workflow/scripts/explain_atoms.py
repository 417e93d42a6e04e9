"""Rule explain_atoms: contributions of the atoms of some crystals to the predictions of finished trials."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.explain.run import explain_atoms

explain_atoms(
    inputs=dict(snakemake.input.items()),
    spec=snakemake.params.spec,
    stage_version=snakemake.params.stage_version,
    outputs=dict(snakemake.output.items()),
)
