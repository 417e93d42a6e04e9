"""Rule make_split: put every structure of a dataset into one part."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.data.splits import make_split

make_split(
    structures=snakemake.input.structures,
    seed=int(snakemake.wildcards.seed),
    fractions=snakemake.params.fractions,
    task=snakemake.params.task,
    # Where Matbench's own list of folds lies is not part of what a split is.
    official_folder=snakemake.config["mirror"],
    duplicates=snakemake.input.duplicates or None,
    output=snakemake.output.split,
)
