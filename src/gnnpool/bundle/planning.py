"""Where the record of a planned trial comes from: trained here, from a bundle, or still to be trained."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gnnpool.records import Trial

# Below the folder of results: trials that were unpacked, and what the comparison of their data found.
UNPACKED, EQUIVALENT = "bundled", "bundled/equivalent.json"


@dataclass(frozen=True)
class Bundled:
    """The planned trials that are taken from bundles.

    Args:
        results: Folder of results.
        folders: For each trial the bundle that holds it.
        lines: What was found in the bundles, for the terminal.
    """

    results: str
    folders: Mapping[Trial, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    def record(self, trial: Trial) -> str:
        """Path of the record of a trial, whether it is there or not."""
        place = UNPACKED if trial in self.folders else "trials"
        return f"{self.results}/{place}/{trial}/record.parquet"

    @property
    def names(self) -> dict[str, list[str]]:
        """Names of the trials by bundle."""
        found: dict[str, list[str]] = {}
        for trial, folder in self.folders.items():
            found.setdefault(folder, []).append(str(trial))
        return found

    @property
    def unpacked(self) -> list[str]:
        """Files to be unpacked, of all trials."""
        names = ("record", "history", "predictions")
        return [f"{self.results}/{UNPACKED}/{t}/{name}.parquet" for t in self.folders for name in names]

    @property
    def equivalent(self) -> str | list:
        """The file of what the comparison of data found; an empty list without bundles."""
        return f"{self.results}/{EQUIVALENT}" if self.folders else []

    @property
    def files(self) -> list[str]:
        """The files of the bundles that are read."""
        return [f"{folder}/bundle.json" for folder in self.names]

    @property
    def datasets(self) -> list[str]:
        """Datasets whose structures are compared."""
        return sorted({trial.dataset for trial in self.folders})

    @property
    def splits(self) -> list[tuple[str, int]]:
        """Datasets and seeds whose splits are compared."""
        return sorted({(trial.dataset, trial.seed) for trial in self.folders})


def plan_bundles(config: Mapping, planned: Collection[Trial], weights: Collection[Trial] = ()) -> Bundled:
    """Decide which planned trials are taken from bundles.

    A trial that was trained here is taken from here. The workflow reads no weights from a bundle, so trials
    whose weights are needed are trained.

    Args:
        config: A checked configuration.
        planned: Planned trials.
        weights: Those of them whose weights are needed.

    Raises:
        ArtifactError: If a bundle is missing, damaged or incomplete.
    """
    results = config["results"]
    if not config["bundles"]:
        return Bundled(results)
    from gnnpool.bundle.match import match_bundles  # pandas, which planning without bundles need not load

    matches = match_bundles(config, planned)
    needed = set() if config["allow_partial"] else set(weights)
    folders = {
        trial: folder
        for trial, folder in matches.folders.items()
        if trial not in needed and not Path(results, "trials", str(trial), "record.parquet").exists()
    }
    return Bundled(results, folders, tuple(matches.lines()))
