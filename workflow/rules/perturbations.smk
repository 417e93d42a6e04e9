"""From trained networks to their predictions for changed structures.

Inputs: structures, split, and record and weights of a trial.
Outputs: predictions of both readings for test structures with displaced atoms, strained cells, supercells and cells
written differently. Needs torch.
"""


rule predict_perturbed:
    """Predict with a finished trial for changed copies of its test structures."""
    input:
        structures=f"{DATA}/structures.parquet",
        split=f"{DATA}/splits/seed-{{seed}}.parquet",
        record=f"{TRIAL}/record.parquet",
        weights=f"{TRIAL}/model.safetensors",
    output:
        perturbed=LAYOUT.perturbed(TRIAL_NAME),
    log:
        f"{LOGS}/perturbations/{TRIAL_NAME}.log",
    conda:
        "../envs/environment.yaml"
    params:
        levels=PLAN.perturbations,
        grows_with_cell=lambda w: PLAN.physics.get(w.dataset, {}).get("grows_with_cell"),
        stage_version=stages.PERTURBATIONS,
    message:
        f"Predict for changed structures: {TRIAL_NAME}".replace("{", "{wildcards.")
    script:
        "../scripts/predict_perturbed.py"
