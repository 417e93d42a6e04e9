"""Rule fetch_dataset: obtain one raw file and verify it."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.data.fetch import fetch_dataset

fetch_dataset(
    dataset=snakemake.wildcards.dataset,
    entry=snakemake.config["datasets"][snakemake.wildcards.dataset],
    mirror=snakemake.config["mirror"],
    download=snakemake.config["download"],
    output=snakemake.output[0],
)
