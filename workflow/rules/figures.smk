"""From trials to figures.

Inputs: the collected trials that the figure shows; if its kind needs them, predictions and histories of these trials
and the structures of the datasets.
Outputs: the figure as PNG and PDF, and the numbers drawn.
"""


localrules:
    draw_figure,


rule draw_figure:
    """Draw one figure as PNG and PDF, with the numbers drawn as Parquet."""
    input:
        unpack(lambda w: INPUTS.exhibit("figures", w.figure)),
    output:
        png=report(
            f"{RESULTS}/figures/{{figure}}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        pdf=f"{RESULTS}/figures/{{figure}}.pdf",
        parquet=f"{RESULTS}/figures/{{figure}}.parquet",
    log:
        f"{LOGS}/figures/{{figure}}.log",
    conda:
        "../envs/environment.yaml"
    params:
        spec=lambda w: PLAN.figures[w.figure],
        planned=lambda w: PLAN.conditions("figures", w.figure),
        study=lambda w: PLAN.study_of("figures", w.figure),
        stage_version=stages.ANALYSIS,
    message:
        "Draw {wildcards.figure}"
    script:
        "../scripts/draw_figure.py"
