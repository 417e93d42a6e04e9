# What Snakemake runs in the new environment, from the folder of the workflow: gnnpool itself, as it lies there.
pip install --no-deps --editable .
