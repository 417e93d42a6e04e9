"""From bundles to the files of trials.

Inputs: the bundles, and the structures and splits with which their trials must agree.
Outputs: record, history and predictions of every planned trial that a bundle holds, and the result of the comparison
of data.
"""


localrules:
    unpack_bundles,


rule unpack_bundles:
    """Write the planned trials that bundles hold, once data and splits are the same."""
    input:
        bundles=BUNDLED.files,
        structures=[
            f"{DATA.format(dataset=d)}/structures.parquet" for d in BUNDLED.datasets
        ],
        splits=[
            f"{DATA.format(dataset=d)}/splits/seed-{seed}.parquet"
            for d, seed in BUNDLED.splits
        ],
    output:
        trials=BUNDLED.unpacked,
        equivalent=f"{RESULTS}/{EQUIVALENT}",
    log:
        f"{LOGS}/bundles.log",
    conda:
        "../envs/environment.yaml"
    params:
        trials=BUNDLED.names,
        folder=f"{RESULTS}/{UNPACKED}",
        stage_version=stages.TRAINING,
    message:
        "Unpack trials of bundles"
    script:
        "../scripts/unpack_bundles.py"
