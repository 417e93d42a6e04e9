"""Rule describe_datasets: rows, duplicates and leakage of every dataset, and distances of its parts."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.tables.datasets import describe_datasets

describe_datasets(
    manifests=snakemake.input.manifests,
    duplicates=snakemake.input.duplicates,
    fingerprints=snakemake.input.fingerprints,
    splits=snakemake.input.splits,
    labels=snakemake.params.labels,
    parquet=snakemake.output.parquet,
    html=snakemake.output.html,
)
