"""What a configuration plans: trials, and what of them each table, figure and explanation needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gnnpool.config import labels_of, networks_of, physics_of, split_of, traits_of, without_label
from gnnpool.config.names import BUILT_IN
from gnnpool.data.matbench_folds import task_of
from gnnpool.plugins import needs
from gnnpool.records import Trial
from gnnpool.specs import DatasetSpec, ExhibitSpec, ExplanationSpec
from gnnpool.trials import (
    explained_trials,
    plan_trials,
    planned_conditions,
    seeds_of,
    trials_of,
    variants_of,
)

ALL = "trials"
EXHIBITS = ("tables", "figures")
# Files beside a record that a kind of table or figure may need.
BESIDE = ("predictions", "history")


@dataclass(frozen=True)
class Plan:
    """What is planned. It depends on the configuration alone and looks at no file.

    Args:
        config: The configuration, checked.
    """

    config: Mapping

    @cached_property
    def trials(self) -> list[Trial]:
        """All trials, in the order of the blocks."""
        return plan_trials(self.config["blocks"], self.config["seeds"], self.config["noise_floor"])

    @cached_property
    def datasets(self) -> list[str]:
        """Datasets in use, sorted."""
        return sorted({trial.dataset for trial in self.trials})

    @cached_property
    def raw_files(self) -> list[tuple[str, str]]:
        """Dataset and file name of every dataset in use that comes as a file."""
        catalog = self.config["datasets"]
        names = dict.fromkeys(map(self.owner, self.datasets))
        return [(name, catalog[name]["file"]) for name in names if "file" in catalog[name]]

    @cached_property
    def networks(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """The network of each model, edges and pooling; see :func:`gnnpool.config.networks_of`."""
        return networks_of(self.config, self.trials)

    @cached_property
    def tables(self) -> dict[str, Mapping]:
        """Entries of the tables by name; a table of which nothing is planned is not made."""
        return self._exhibits("tables")

    @cached_property
    def figures(self) -> dict[str, Mapping]:
        """Entries of the figures by name, as of the tables."""
        return self._exhibits("figures")

    @cached_property
    def explanations(self) -> dict[str, Mapping]:
        """Entries of the explanations by name; one of which nothing is planned is not made."""
        return {e["name"]: e for e in self.config["explanations"] if self.explained(e)}

    @cached_property
    def collections(self) -> dict[str, Sequence[Trial]]:
        """Trials by the name of the file that collects them: all, and those of each distinct slice."""
        return {name: self._needed[name] for name in self._collected_in.values()}

    @cached_property
    def study(self) -> dict[str, Any]:
        """What all tables and figures share; see :class:`gnnpool.specs.Study`."""
        shared = {key: self.config[key] for key in ("statistic", "statistics")}
        return {"labels": labels_of(self.config), "seeds": seeds_of(self.trials), **shared}

    @cached_property
    def physics(self) -> dict[str, Mapping]:
        """Which kind of quantity the target of each dataset is, where the configuration says so."""
        return physics_of(self.config)

    @cached_property
    def traits(self) -> dict[str, dict]:
        """Traits of the planned poolings; see :func:`gnnpool.config.traits_of`."""
        return traits_of(self.config, dict.fromkeys(trial.pooling for trial in self.trials))

    def study_of(self, kinds: str, name: str) -> dict[str, Any]:
        """What a table or figure shares with all others, and its own seeds and traits of poolings.

        Args:
            kinds: "tables" or "figures".
            name: Its name.
        """
        trials = self.needed(kinds, name)
        traits = {pooling: self.traits[pooling] for pooling in dict.fromkeys(t.pooling for t in trials)}
        return {**self.study, "seeds": seeds_of(trials), "traits": traits}

    def networks_to_read(self, trials: Sequence[Trial]) -> list[str]:
        """Names of networks whose check holds what the configuration leaves open of some trials' poolings.

        It holds whether a pooling sees the number of atoms, where its operators do not declare that, and the
        width of a vector that other poolings map to other widths.
        """
        poolings = {trial.pooling for trial in trials}
        bases = {self.traits[name]["base"] for name in poolings if self.traits[name]["width"] is not None}
        open_ = bases | {name for name in poolings if self.traits[name]["sees_size"] is None}
        keys = dict.fromkeys((t.model, t.edges, t.pooling) for t in trials if t.pooling in open_)
        return list(dict.fromkeys(self.networks[key]["name"] for key in keys))

    def owner(self, dataset: str) -> str:
        """The dataset whose raw file a dataset is read from: its reference if it has a split of its own."""
        return self.variants.get(dataset, {}).get("reference", dataset)

    def needed(self, kinds: str, name: str) -> Sequence[Trial]:
        """Trials of a table or figure.

        Args:
            kinds: "tables" or "figures".
            name: Its name.
        """
        return self._needed[f"{ALL}/{kinds}/{name}"]

    def collection(self, kinds: str, name: str) -> str:
        """Name of the file that collects the trials of a table or figure."""
        return self._collected_in[f"{ALL}/{kinds}/{name}"]

    @cached_property
    def planned_conditions(self) -> list[tuple]:
        """All planned conditions; see :func:`gnnpool.trials.planned_conditions`."""
        return self._conditions(self.trials)

    def conditions(self, kinds: str, name: str) -> list[tuple]:
        """Planned conditions that a table or figure draws on."""
        return self._conditions(self.needed(kinds, name))

    def needs(self, kinds: str, name: str) -> Sequence[str]:
        """Files that a table or figure needs beside records; see :func:`gnnpool.plugins.needs`."""
        entry = {"tables": self.tables, "figures": self.figures}[kinds][name]
        return needs(f"gnnpool.{kinds}", entry["kind"])

    def explained(self, entry: Mapping) -> list[Trial]:
        """The trials that an explanation looks at."""
        return explained_trials(ExplanationSpec.of(entry), self.trials)

    @cached_property
    def explained_trials(self) -> list[Trial]:
        """The trials that any explanation looks at."""
        return [trial for entry in self.config["explanations"] for trial in self.explained(entry)]

    @cached_property
    def perturbed_trials(self) -> list[Trial]:
        """The trials that predict for changed structures: those of some blocks, without repeats."""
        wanted = self.config.get("perturbations", {"blocks": []})["blocks"]  # older bundles lack the key
        blocks = [block for block in self.config["blocks"] if block["name"] in wanted]
        return plan_trials(blocks, self.config["seeds"])

    @property
    def perturbations(self) -> dict[str, Any]:
        """Levels by axis; see :func:`gnnpool.perturb.run.predict_perturbed`."""
        return {axis: levels for axis, levels in self.config["perturbations"].items() if axis != "blocks"}

    def dataset_meaning(self, dataset: str) -> dict[str, Any]:
        """What decides the structures of a dataset; see :class:`gnnpool.specs.DatasetSpec`."""
        return DatasetSpec.keys_of(self.config["datasets"][dataset])

    def split_method(self, dataset: str) -> dict[str, Any] | None:
        """How a dataset is split; see the method of :func:`gnnpool.data.splits.make_split`."""
        entry, split = self.config["datasets"][dataset], split_of(self.config, dataset)
        if split["scheme"] not in BUILT_IN:
            return {"scheme": split["scheme"], "options": split.get("options", {})}
        if split["scheme"] == "matbench" and entry["source"] == "matbench":
            return {"name": task_of(entry["file"]), "rows": entry["structures"]}
        return None

    @cached_property
    def variants(self) -> dict[str, dict[str, str]]:
        """Scheme and reference of each dataset with a split of its own, by slug."""
        return variants_of(self.config["datasets"])

    def model_entry(self, model: str) -> Mapping:
        """What decides the networks of a model."""
        return without_label(self.config["models"][model])

    def edges_entry(self, edges: str) -> Mapping:
        """What decides the graphs under some edges."""
        return without_label(self.config["edges"][edges])

    def pooling_entry(self, pooling: str) -> Mapping:
        """What decides a pooling; empty for an operator alone."""
        return without_label(self.config["poolings"].get(pooling))

    def _conditions(self, trials: Sequence[Trial]) -> list[tuple]:
        return planned_conditions(trials, common=len(seeds_of(trials)))

    @cached_property
    def _needed(self) -> dict[str, Sequence[Trial]]:
        return {ALL: self.trials} | {
            f"{ALL}/{kinds}/{entry['name']}": trials_of(ExhibitSpec.of(entry), self.trials)
            for kinds in EXHIBITS
            for entry in self.config[kinds]
        }

    @cached_property
    def _collected_in(self) -> dict[str, str]:
        """For each name of needed trials the first one with the same trials."""
        first: dict[tuple[Trial, ...], str] = {}
        return {name: first.setdefault(tuple(trials), name) for name, trials in self._needed.items()}

    def _exhibits(self, kinds: str) -> dict[str, Mapping]:
        return {e["name"]: e for e in self.config[kinds] if self.needed(kinds, e["name"])}
