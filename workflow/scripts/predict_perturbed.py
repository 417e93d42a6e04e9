"""Rule predict_perturbed: predictions of a finished trial for changed test structures."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.perturb.run import predict_perturbed

predict_perturbed(
    inputs=dict(snakemake.input.items()),
    levels=snakemake.params.levels,
    grows_with_cell=snakemake.params.grows_with_cell,
    stage_version=snakemake.params.stage_version,
    output=snakemake.output.perturbed,
)
