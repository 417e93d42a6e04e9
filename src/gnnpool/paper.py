"""The paper's settings, for Python: those of config/config.yaml, which gives the reason of every number."""

from typing import Any

MODELS: dict[str, Any] = {
    "cgcnn": {
        "encoder": "cgcnn",
        "options": {"channels": 100, "pre_layers": 3, "layers": 4, "gaussians": 50, "gaussian_width": 0.2},
        "head": {"layers": 3, "channels": 100, "activation": "relu"},
    },
    "torchmd": {
        "encoder": "torchmd",
        "options": {"channels": 256, "pre_layers": 3, "layers": 4, "heads": 8, "radial": 50},
        "head": {"layers": 3, "channels": 64, "activation": "silu"},
    },
    "torchmd_h128": {
        "encoder": "torchmd",
        "options": {"channels": 128, "pre_layers": 3, "layers": 4, "heads": 8, "radial": 50},
        "head": {"layers": 3, "channels": 64, "activation": "silu"},
    },
}

EDGES: dict[str, Any] = {
    "mdl": {"scheme": "mdl", "cutoff": 8.0, "max_neighbors": 250, "max_offsets": None},
    "ocp": {"scheme": "ocp", "cutoff": 8.0, "max_neighbors": 250, "max_offsets": None},
}

POOLINGS: dict[str, Any] = {
    "mamm": {"operators": ["mean", "sum", "max", "min"]},
    "mamm_std": {"operators": ["mean", "sum", "max", "min", "std"]},
    "mean_sum": {"operators": ["mean", "sum"]},
    "mamm_gradual": {"operators": ["mean", "sum", "max", "min"], "head": "gradual"},
    "mamm_encdec": {
        "operators": ["mean", "sum", "max", "min"],
        "encoder_decoder": {"weight": 1.0, "detach": False},
    },
    "mamm_encdec_gradual": {
        "operators": ["mean", "sum", "max", "min"],
        "head": "gradual",
        "encoder_decoder": {"weight": 1.0, "detach": False},
    },
    "gmt_mean": {"operators": ["gmt", "mean"]},
}

TRAINING: dict[str, Any] = {
    "epochs": 200,
    "batch_size": 100,
    "learning_rate": 0.001,
    "weight_decay": 0.01,
    "gradient_clip": 10.0,
    "scheduler": {
        "kind": "plateau",
        "metric": "val",
        "factor": 0.8,
        "patience": 10,
        "threshold": 0.0002,
        "min_learning_rate": 1e-05,
    },
    "averaging": {"time_constant": 5.0, "select": "best", "smoothing": 0},
    "standardize_target": False,
    "engine": "auto",
    "deterministic": True,
    "tf32": False,
    "threads": 1,
}

SPLIT: dict[str, Any] = {"train": 0.8, "val": 0.05, "test": 0.15}

CHECKPOINT: dict[str, Any] = {"epochs": 50, "seconds": 60}
