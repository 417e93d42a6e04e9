"""Rule fingerprint_structures: composition, density and surroundings of each structure as numbers."""

from gnnpool.logs import log_to

log_to(snakemake.log[0])

from gnnpool.data.similarity import fingerprint_structures

fingerprint_structures(structures=snakemake.input.structures, output=snakemake.output.fingerprints)
