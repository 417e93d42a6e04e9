"""Which files each job reads: those of the plan and, with allow_partial, only those that are there."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gnnpool.bundle.planning import Bundled
from gnnpool.data.packed_folder import raw_hash
from gnnpool.layout import Layout
from gnnpool.plan import BESIDE, Plan
from gnnpool.records import Trial
from gnnpool.seal import check_seal


@dataclass(frozen=True)
class Inputs:
    """Files that jobs read.

    Args:
        plan: What is planned.
        layout: Where files lie.
        bundled: Trials of bundles, which need no training.
        report_damaged: Whether the reason is printed for which a damaged record is left out.
    """

    plan: Plan
    layout: Layout
    bundled: Bundled
    report_damaged: bool = False

    @cached_property
    def explanations(self) -> dict[str, Mapping]:
        """Entries of the explanations; with allow_partial, of those with a finished trial."""
        entries = self.plan.explanations
        return {name: e for name, e in entries.items() if self.records(self._trained(e))}

    @cached_property
    def datasets(self) -> list[str]:
        """Datasets in use; with allow_partial, those of which there are structures."""
        return [d for d in self.plan.datasets if self._wanted(f"{self.layout.data(d)}/manifest.json")]

    @property
    def splits(self) -> list[str]:
        """Splits of the planned trials of these datasets."""
        here = set(self.datasets)
        used = sorted({(t.dataset, t.seed) for t in self.plan.trials if t.dataset in here})
        return [f"{self.layout.data(dataset)}/splits/seed-{seed}.parquet" for dataset, seed in used]

    def records(self, trials: Iterable[Trial]) -> list[str]:
        """Records of some trials; with allow_partial, of those that are finished and whole."""
        if self.plan.config["allow_partial"]:
            trials = [t for t in trials if t in self.bundled.folders or self._usable(self._record(t))]
        return list(map(self._record, trials))

    def lost_records(self) -> list[str]:
        """Records that are gone after they were collected: they are made anew, though nothing waits."""
        if self.plan.config["allow_partial"] or not Path(self.layout.results, "analysis").exists():
            return []
        return [path for path in map(self._record, self.plan.trials) if not Path(path).exists()]

    def raw(self, dataset: str) -> str | list[str]:
        """The raw file of a dataset; none if its source makes it."""
        file = self.plan.config["datasets"][dataset].get("file")
        return self.layout.raw(self.plan.owner(dataset), file) if file else []

    def raw_hash(self, dataset: str, file: str) -> str | None:
        """The hash that a raw file must have; of one placed by the user, the hash that it has.

        So an edited file is noticed, while a missing mirror folder that is no longer needed is not.

        Args:
            dataset: Slug.
            file: Name of the file.
        """
        config = self.plan.config
        entry = config["datasets"][dataset]
        if "by_hand" in entry and not (entry.get("sha256") or entry.get("md5")):
            folders = filter(None, [config["mirror"], Path(self.layout.raw(dataset, file)).parent])
            for placed in (Path(folder) / file for folder in folders):
                if placed.exists():
                    return raw_hash(placed)
        return entry.get("sha256") or entry.get("md5")

    def exhibit(self, kinds: str, name: str) -> dict[str, str | list[str]]:
        """Files of a table or figure: its trials, collected, and what else its kind needs.

        Args:
            kinds: "tables" or "figures".
            name: Its name.
        """
        trials, needs = self.plan.needed(kinds, name), self.plan.needs(kinds, name)
        datasets = sorted({trial.dataset for trial in trials})
        structures = [f"{self.layout.data(dataset)}/structures.parquet" for dataset in datasets]
        return {
            "trials": self.layout.collection(self.plan.collection(kinds, name)),
            **{file: self._beside(trials, f"{file}.parquet") if file in needs else [] for file in BESIDE},
            "perturbed": self.perturbed(trials) if "perturbed" in needs else [],
            "structures": list(filter(self._wanted, structures)) if "structures" in needs else [],
            "networks": self.networks(trials) if "networks" in needs else [],
        }

    def networks(self, trials: Iterable[Trial]) -> list[str]:
        """Checks of networks to read; see :meth:`gnnpool.plan.Plan.networks_to_read`."""
        names = self.plan.networks_to_read(list(trials))
        return list(filter(self._wanted, map(self.layout.network, names)))

    def explanation(self, name: str) -> dict[str, str | list[str]]:
        """Files of an explanation: those of its dataset, and of one trial of each pooling."""
        entry = self.explanations[name]
        trials = self._trained(entry)
        return {
            "structures": f"{self.layout.data(entry['dataset'])}/structures.parquet",
            "graphs": f"{self.layout.graphs(entry['dataset'], entry['setting'][1])}.safetensors",
            "records": self.records(trials),
            "predictions": self._beside(trials, "predictions.parquet"),
            "weights": self._beside(trials, "model.safetensors"),
        }

    def perturbed(self, trials: Iterable[Trial]) -> list[str]:
        """Planned predictions of some trials for changed structures; a trial of a bundle has no weights."""
        wanted = set(self.plan.perturbed_trials) - self.bundled.folders.keys()
        return [self.layout.perturbed(str(t)) for t in trials if t in wanted and self.records([t])]

    def _trained(self, explanation: Mapping) -> list[Trial]:
        """Trials of an explanation without those from bundles, which hold no weights."""
        return [t for t in self.plan.explained(explanation) if t not in self.bundled.folders]

    def _record(self, trial: Trial) -> str:
        return self.bundled.record(trial)

    def _usable(self, record: str) -> bool:
        """Whether a record is there and whole; the trial of a damaged one is a gap."""
        if record not in self._checked:
            self._checked[record] = self._check(record)
        return self._checked[record]

    @cached_property
    def _checked(self) -> dict[str, bool]:
        return {}

    def _check(self, record: str) -> bool:
        try:
            check_seal(record)
        except FileNotFoundError:
            return False
        except (OSError, ValueError) as error:
            if self.report_damaged:
                print(f"{record}: left out: {error}", file=sys.stderr)
            return False
        return True

    def _beside(self, trials: Iterable[Trial], file: str) -> list[str]:
        return [str(Path(record).with_name(file)) for record in self.records(trials)]

    def _wanted(self, path: str) -> bool:
        return not self.plan.config["allow_partial"] or Path(path).exists()
