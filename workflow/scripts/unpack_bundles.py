"""Rule unpack_bundles: trials of bundles as the files that trainings leave."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.bundle.unpack import unpack_bundles

unpack_bundles(
    trials=snakemake.params.trials,
    structures=snakemake.input.structures,
    splits=snakemake.input.splits,
    folder=snakemake.params.folder,
    equivalent=snakemake.output.equivalent,
)
