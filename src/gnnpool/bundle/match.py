"""Which planned trials a bundle holds as this checkout would train them, and why others are not used."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from gnnpool import provenance, stages
from gnnpool.analysis.as_planned import deciding_differences
from gnnpool.bundle.files import Bundle, open_bundle
from gnnpool.config import split_of, trial_settings
from gnnpool.errors import ConfigError
from gnnpool.records import Trial

_FIELDS = [*vars(Trial("", "", "", "", 0))]


@dataclass
class Matches:
    """What was found in the bundles of a configuration.

    Args:
        folders: For each planned trial that a bundle holds, the folder of the first such bundle.
        unused: For each bundle, how many of its trials are not used for which reason.
    """

    folders: dict[Trial, str] = field(default_factory=dict)
    unused: dict[str, Counter] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """One line for each bundle with the trials used, and one for each reason against others."""
        lines = []
        for folder, reasons in self.unused.items():
            count = sum(1 for found in self.folders.values() if found == folder)
            lines.append(f"bundle {folder}: planned trials found: {count}")
            lines += [f"bundle {folder}: trials not used: {n}: {why}" for why, n in sorted(reasons.items())]
        return lines


def match_bundles(config: Mapping, planned: Collection[Trial]) -> Matches:
    """Find the planned trials that bundles hold.

    A trial counts if its settings, the versions of all stages before its record and the fingerprints of its
    code are those of this checkout. Data and splits are compared when the bundle is unpacked.

    Args:
        config: A checked configuration.
        planned: Planned trials.

    Raises:
        ArtifactError: If a bundle is missing, damaged or incomplete.
    """
    matches, wanted = Matches(), set(planned)
    settings = trial_settings(config)
    for folder in config["bundles"]:
        bundle = open_bundle(folder)
        reasons = matches.unused.setdefault(folder, Counter())
        for row in bundle.read("trials").to_pylist():
            trial = Trial(*(row[name] for name in _FIELDS))
            if trial not in wanted:
                reasons["not planned"] += 1
            elif trial in matches.folders:
                reasons[f"also in {matches.folders[trial]}"] += 1
            elif why := _difference(row, trial, bundle, config, settings):
                reasons[why] += 1
            else:
                matches.folders[trial] = folder
    return matches


def _difference(row: Mapping, trial: Trial, bundle: Bundle, config: Mapping, settings: Mapping) -> str:
    """Why a trial of a bundle is not the planned one; empty if it is."""
    known = bundle.facts["datasets"][trial.dataset]
    versions = (
        ("structures", known["manifest"]["stage_version"], stages.STRUCTURES),
        ("splits", known["splits"][str(trial.seed)]["stage_version"], stages.SPLITS),
        ("graphs", known["graphs"][trial.edges]["stage_version"], stages.GRAPHS),
        ("training", row["stage_version"], stages.TRAINING),
    )
    for stage, found, expected in versions:
        if found != expected:
            return f"stage {stage}: found version {found}, expected {expected}"
    found, expected = (split_of(one, trial.dataset) for one in (bundle.config, config))
    if found != expected:
        return f"split: found {found}, expected {expected} as in the configuration"
    if differences := deciding_differences(row, trial, settings):
        return differences[0]
    try:
        code = provenance.code_of(
            encoder=config["models"][trial.model]["encoder"],
            pooling=trial.pooling,
            entry=settings["poolings"].get(trial.pooling),
        )
    except ConfigError as error:
        return f"code: {error}"
    for name, expected in code.items():
        if row[name] != expected:
            return f"{name}: found {row[name][:8]}, expected {expected[:8]} as in this checkout"
    return ""
