"""Small real trainings: every pooling, both models, both edge schemes, on 40 generated salts."""

import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from jobs import run

from gnnpool import paper, plugins
from gnnpool.artifacts import read_table
from gnnpool.data.build import build_structures
from gnnpool.data.splits import make_split
from gnnpool.graphs.build import build_graphs
from gnnpool.records import TIMINGS, Trial, outputs_in
from gnnpool.training.prepare import PreparedTrial, prepare_trial
from gnnpool.training.run import run_trial

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config/config.yaml").read_text(encoding="utf-8"))
POOLINGS = dict.fromkeys(plugins.names("gnnpool.pooling")) | CONFIG["poolings"]
EPOCHS = 5
_SMALL = {"channels": 16, "layers": 2, "pre_layers": 1, "heads": 4, "radial": 8, "gaussians": 16}
_SALTS = {"source": "demo", "target": "energy", "unit": "eV", "structures": 40}
_SALTS["options"] = {"target": "per_atom", "count": 40}


@dataclass(frozen=True)
class Undisturbed:
    """A training that nothing disturbs.

    Args:
        result: See :func:`result_of`.
        seconds: Wall time of its process.
    """

    result: object
    seconds: float


@dataclass
class Trials:
    """Trainings in a folder.

    Args:
        folder: The folder; data are built in it.
        random: Order of the combinations and all moments.
    """

    folder: Path
    random: random.Random
    _undisturbed: dict[Trial, Undisturbed] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        structures = self.folder / "structures.parquet"
        build_structures(
            raw=None,
            dataset="salts",
            entry=_SALTS,
            on_bad_row="error",
            structures=structures,
            manifest=self.folder / "manifest.json",
        )
        make_split(structures=structures, seed=1, fractions=paper.SPLIT, output=self.folder / "split.parquet")
        for name, scheme in CONFIG["edges"].items():
            output, manifest = self.folder / f"{name}.safetensors", self.folder / f"{name}.json"
            cut = {**scheme, "cutoff": 4.0}
            build_graphs(structures=structures, scheme=cut, output=output, manifest=manifest)
        # Imports what torch imports in a first training; forked processes have it then.
        first = self.combinations(1)[0]
        self.train(first, self.place(first))

    def combinations(self, count: int) -> list[Trial]:
        """Trials, each combination of pooling, model and edges once before any is repeated."""
        every = [
            Trial("salts", model, edges, pooling, 1)
            for pooling in POOLINGS
            for model in CONFIG["models"]
            for edges in CONFIG["edges"]
        ]
        chosen: list[Trial] = []
        while len(chosen) < count:
            chosen += self.random.sample(every, len(every))
        return chosen[:count]

    def place(self, trial: Trial) -> Path:
        """A new folder for the files of a trial."""
        self._count += 1
        return self.folder / "trials" / f"{self._count}-{str(trial).replace('/', '-')}"

    def train(self, trial: Trial, folder: Path) -> None:
        """Train, and save after each epoch."""
        run_trial(
            **self._given(trial),
            trial=str(trial),
            outputs=outputs_in(folder),
            checkpoint=folder / "checkpoint",
            checkpoint_every={"epochs": 1, "seconds": 60},
            journal=folder / "trial.jsonl",
        )

    def prepare(self, trial: Trial, **training: object) -> PreparedTrial:
        """What a training begins with, some of its settings replaced."""
        given = self._given(trial)
        return prepare_trial(**{**given, "training": {**given["training"], **training}}, trial=trial)

    def _given(self, trial: Trial) -> dict:
        model = CONFIG["models"][trial.model]
        options = {name: _SMALL.get(name, value) for name, value in model["options"].items()}
        return {
            "graphs": self.folder / f"{trial.edges}.safetensors",
            "split": self.folder / "split.parquet",
            "model": {**model, "options": options, "head": {**model["head"], "channels": 16}},
            "pooling": POOLINGS[trial.pooling],
            "training": {**CONFIG["training"], "epochs": EPOCHS, "batch_size": 8, "engine": "eager"},
            "stage_version": 1,
            "device": "cpu",
        }

    def undisturbed(self, trial: Trial) -> Undisturbed:
        """The same trial in a process that nothing disturbs; trained once."""
        if trial not in self._undisturbed:
            folder, begin = self.place(trial), time.monotonic()
            status = run(lambda: self.train(trial, folder), folder / "log")
            if status:
                raise RuntimeError(f"{trial}: status {status}\n{(folder / 'log').read_text()}")
            self._undisturbed[trial] = Undisturbed(result_of(folder), time.monotonic() - begin)
        return self._undisturbed[trial]


def result_of(folder: Path) -> object:
    """What must be the same to the last bit: record and history without times, weights, predictions.

    Args:
        folder: Of a finished trial.

    Returns:
        An object that is compared with ``==``.
    """
    row = read_table(folder / "record.parquet").to_pylist()[0]
    history = read_table(folder / "history.parquet").drop_columns(["seconds"]).to_pylist()
    files = [(folder / name).read_bytes() for name in ("model.safetensors", "predictions.parquet")]
    return {key: value for key, value in row.items() if key not in TIMINGS}, history, files
