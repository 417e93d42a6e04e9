"""From trials to figures.

Inputs: the collected trials that the figure shows; if its kind needs them, predictions and histories of these trials
and the structures of the datasets.
Outputs: the figure as PNG and PDF, and the numbers drawn.
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
        seeds=config["seeds"],
        stage_version=stages.ANALYSIS,
    message:
        "Draw {wildcards.figure}"
    script:
        "../scripts/draw_figure.py"
