"""Rule check_networks: build every network and train it for one step before any training."""

from gnnpool.logs import log_to
from gnnpool.network_check import check_networks

log_to(snakemake.log[0])
check_networks(snakemake.params.networks)
