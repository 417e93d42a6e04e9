"""From structures to graphs.

Inputs: structures of a dataset.
Outputs: its graphs with one edge scheme, and their counts.
"""


rule build_graphs:
    """Build the graphs of a dataset for one kind of edges."""
    input:
        structures=f"{DATA}/structures.parquet",
    output:
        graphs=f"{GRAPHS}.safetensors",
        manifest=f"{GRAPHS}.json",
    log:
        f"{LOGS}/graphs/{{dataset}}/{{edges}}.log",
    conda:
        "../envs/environment.yaml"
    params:
        scheme=lambda w: PLAN.edges_entry(w.edges),
        stage_version=stages.GRAPHS,
    message:
        "Build the {wildcards.edges} graphs of {wildcards.dataset}"
    script:
        "../scripts/build_graphs.py"
