"""Rule explain_atoms: contributions of the atoms of some crystals to the predictions of finished trials."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.explain.run import explain_atoms

explain_atoms(
    structures=snakemake.input.structures,
    graphs=snakemake.input.graphs,
    records=snakemake.input.records,
    predictions=snakemake.input.predictions,
    weights=snakemake.input.weights,
    entry=snakemake.params.entry,
    stage_version=snakemake.params.stage_version,
    atoms=snakemake.output.atoms,
    summary=snakemake.output.summary,
)
