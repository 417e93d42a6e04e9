"""From trials to pictures.

Inputs: the trials that the figure shows, collected; where its kind needs them, what lies beside their records and the
structures of the datasets.
Outputs: the picture as PNG and PDF, and the numbers drawn.
"""


localrules:
    draw_figure,


rule draw_figure:
    input:
        trials=lambda w: collected(FIGURES[w.figure], "figures"),
        predictions=lambda w: beside_records(
            FIGURES[w.figure], "figures", "predictions"
        ),
        history=lambda w: beside_records(FIGURES[w.figure], "figures", "history"),
        structures=lambda w: structures_of(FIGURES[w.figure], "figures"),
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
        entry=lambda w: FIGURES[w.figure],
        planned=lambda w: conditions_of(FIGURES[w.figure], "figures"),
        labels=labels_of(config),
        statistic=config["statistic"],
        statistics=config["statistics"],
        seeds=SEEDS,
        stage_version=stages.ANALYSIS,
    message:
        "Draw {wildcards.figure}"
    script:
        "../scripts/draw_figure.py"
