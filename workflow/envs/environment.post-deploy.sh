# Snakemake runs this in the new environment, in the folder of the workflow; it installs gnnpool from there.
pip install --no-deps --editable .
