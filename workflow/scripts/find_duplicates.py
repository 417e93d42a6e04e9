"""Rule find_duplicates: group the structures of a dataset that are the same crystal."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.data.duplicates import find_duplicates

find_duplicates(structures=snakemake.input.structures, output=snakemake.output.duplicates)
