"""The figures of the overlays with their own labels and numbers of poolings."""

from pathlib import Path

import numpy as np
import pytest

from gnnpool.config import labels_of, read_config

FOLDER = Path(__file__).parents[3] / "config"
CONFIGS = {
    name: read_config([FOLDER / "config.yaml", FOLDER / f"{name}.yaml"]) for name in ("principle", "width")
}
FIGURES = [(name, figure["name"]) for name, config in CONFIGS.items() for figure in config["figures"]]


@pytest.mark.parametrize(("overlay", "figure"), FIGURES)
def test_every_word_of_a_figure_can_be_read(overlay, figure, study, build, assert_legible, tmp_path):
    config = CONFIGS[overlay]
    (entry,) = [one for one in config["figures"] if one["name"] == figure]
    settings = [tuple(setting) for setting in entry["settings"]]
    drawn = entry["poolings"]
    errors = {"mean": 10.0} | dict(zip(drawn, 10 + np.sin(np.arange(1, len(drawn) + 1)), strict=True))
    cost = {
        name: {"cpu_seconds": 30.0 + 2 * i, "parameters": 262_301 + 9_000 * i} for i, name in enumerate(drawn)
    }
    records = study(errors, datasets=entry["datasets"], settings=settings, **cost)
    drawing = build(entry, records, labels=labels_of(config))
    drawing.figure.savefig(tmp_path / "figure.png", dpi=80)
    assert_legible(drawing.figure)
