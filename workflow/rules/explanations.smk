"""From trained networks to the contributions of single atoms.

Inputs: structures, graphs, and records, predictions and weights of one trial of each pooling.
Outputs: contributions of the atoms of chosen structures, the participation number of each test structure, and figures
of both with the numbers drawn. Only the first rule needs torch.
"""


localrules:
    draw_explanation,


rule explain_atoms:
    """Compute what each atom contributes to a prediction, for several poolings."""
    input:
        unpack(lambda w: INPUTS.explanation(w.explanation)),
    output:
        atoms=f"{RESULTS}/explanations/{{explanation}}/atoms.parquet",
        summary=f"{RESULTS}/explanations/{{explanation}}/structures.parquet",
    log:
        f"{LOGS}/explanations/{{explanation}}/atoms.log",
    conda:
        "../envs/environment.yaml"
    params:
        # The title is that of the figures.
        spec=lambda w: PLAN.explanations[w.explanation] | {"title": ""},
        stage_version=stages.EXPLANATIONS,
    message:
        "Compute the contributions of atoms for {wildcards.explanation}"
    script:
        "../scripts/explain_atoms.py"


rule draw_explanation:
    """Draw crystals colored by the contributions of their atoms."""
    input:
        atoms=f"{RESULTS}/explanations/{{explanation}}/atoms.parquet",
        summary=f"{RESULTS}/explanations/{{explanation}}/structures.parquet",
    output:
        crystals=report(
            f"{RESULTS}/explanations/{{explanation}}/crystals.png",
            caption="../report/crystals.rst",
            category="Atoms",
            labels={"explanation": "{explanation}", "shows": "chosen crystals"},
        ),
        crystals_pdf=f"{RESULTS}/explanations/{{explanation}}/crystals.pdf",
        crystals_parquet=f"{RESULTS}/explanations/{{explanation}}/crystals.parquet",
        shares=report(
            f"{RESULTS}/explanations/{{explanation}}/shares.png",
            caption="../report/shares.rst",
            category="Atoms",
            labels={"explanation": "{explanation}", "shows": "participation ratio"},
        ),
        shares_pdf=f"{RESULTS}/explanations/{{explanation}}/shares.pdf",
        shares_parquet=f"{RESULTS}/explanations/{{explanation}}/shares.parquet",
    log:
        f"{LOGS}/explanations/{{explanation}}/pictures.log",
    conda:
        "../envs/environment.yaml"
    params:
        spec=lambda w: PLAN.explanations[w.explanation],
        physics=lambda w: PLAN.physics.get(PLAN.explanations[w.explanation]["dataset"]),
        labels=PLAN.study["labels"],
        stage_version=stages.EXPLANATIONS,
    message:
        "Draw the contributions of atoms for {wildcards.explanation}"
    script:
        "../scripts/draw_explanation.py"
