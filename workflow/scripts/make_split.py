"""Rule make_split: put every structure of a dataset into one part."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.data.splits import make_split

make_split(
    structures=snakemake.input.structures,
    seed=int(snakemake.wildcards.seed),
    fractions=snakemake.params.fractions,
    method=snakemake.params.method,
    # Not a parameter of the rule: where Matbench's list of folds lies does not change a split.
    official_folder=snakemake.config["mirror"],
    duplicates=snakemake.input.duplicates or None,
    output=snakemake.output.split,
)
