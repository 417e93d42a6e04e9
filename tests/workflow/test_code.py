"""What becomes of finished trials when the code changes."""

import shutil
from pathlib import Path

import gnnpool

CHECKED = "results/checks/passed.json"


def overlay(*poolings):
    """One dataset, one setting and one seed; an entry for each pooling."""
    entries = "".join(f"  {name}: {{ label: {name} }}\n" for name in poolings)
    return (
        f"seeds: [1]\npoolings:\n{entries}blocks:\n"
        "  - { name: tiny, datasets: [salts], models: [cgcnn], edges: [mdl], "
        f"poolings: [{', '.join(poolings)}] }}\n"
        "training: { epochs: 1 }\ntables: []\nfigures: []\nexplanations: []\n"
    )


def test_additions_leave_finished_trials_and_a_change_of_training_is_named(workflow, tmp_path):
    package = tmp_path / "src/gnnpool"
    shutil.copytree(Path(gnnpool.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    changed = {"environment": {"PYTHONPATH": str(package.parent)}}
    workflow("--cores", "1", CHECKED, overlay=overlay("mean", "sum"), **changed)
    records = {p: p.stat().st_mtime_ns for p in tmp_path.glob("results/trials/**/record.parquet")}
    assert len(records) == 2

    shutil.copy(package / "pooling/mean.py", package / "pooling/mine.py")
    shutil.copy(package / "models/cgcnn.py", package / "models/mine.py")
    loop = package / "training/loop.py"
    loop.write_text(f'"""Another docstring."""\n# and a comment\n{loop.read_text().split(chr(10), 1)[1]}')
    metadata = package.parent / "theirs-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[gnnpool.poolings]\ntheirs = theirs:Theirs\n")
    planned = workflow.planned(CHECKED, overlay=overlay("mean", "sum", "mine"), **changed)
    assert planned["train_trial"] == 1
    workflow("--cores", "1", CHECKED, overlay=overlay("mean", "sum", "mine"), **changed)
    assert all(path.stat().st_mtime_ns == time for path, time in records.items())

    step = package / "training/step.py"
    step.write_text(step.read_text().replace("F.l1_loss", "F.mse_loss"))
    more = overlay("mean", "sum", "mine", "max")
    assert workflow.planned(CHECKED, overlay=more, **changed)["train_trial"] == 1
    printed = workflow("--cores", "1", CHECKED, overlay=more, status=1, **changed)
    messages = printed + (tmp_path / "logs/checks.log").read_text()
    assert "1 trained by other code (shared_code " in messages
    assert "of model 'cgcnn'): salts/cgcnn/mdl/max/seed-1" in messages
