"""The files of a bundle, and how they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from gnnpool.artifacts import file_sha256, read_json, read_table
from gnnpool.config import read_config
from gnnpool.errors import ArtifactError

KIND = "gnnpool bundle 1"
FACTS, CONFIG = "bundle.json", "config.yaml"
TABLES = ("trials", "predictions", "histories", "structures")
# Records and weights of the trials that can predict, in folders as those of a folder of results.
WEIGHTS = "weights"
# Made from the counts of the datasets, where the workflow has them.
COUNTS = "datasets"
# Folders that a user adds: records of `gnnpool export-matbench`, and predictions for changed structures.
MATBENCH, PERTURBED = "matbench", "perturbed"
# What the workflow may have made, copied as it is.
EXHIBITS = (("", "report.html"), ("tables", "*.csv"), ("tables", "*.parquet"), ("figures", "*.png"))


@dataclass(frozen=True)
class Bundle:
    """A bundle that was opened: its files are there and are those that it was written with.

    Args:
        folder: Where it lies.
        facts: What identifies its data and the machine; see :mod:`gnnpool.bundle.write`.
        config: The configuration of its trials, without the folders of the place where it was made.
    """

    folder: Path
    facts: Mapping
    config: dict

    def hashes(self, kind: str, dataset: str) -> dict[str, list[str]]:
        """SHA-256 of the files of the same data that its trials were trained from.

        Args:
            kind: "graphs" or "splits".
            dataset: Which one.

        Returns:
            By edges or seed; the first is that of the file where the bundle was written.
        """
        return {
            name: [one["sha256"], *one.get("equivalent", [])]
            for name, one in self.facts["datasets"][dataset][kind].items()
        }

    def path(self, table: str) -> Path:
        """One of the tables."""
        return self.folder / f"{table}.parquet"

    def read(self, table: str) -> pa.Table:
        """Read one of :data:`TABLES`.

        Raises:
            ArtifactError: If it is damaged.
        """
        return read_table(self.path(table))


def open_bundle(folder: str | Path) -> Bundle:
    """Open a bundle.

    Args:
        folder: Where it lies.

    Raises:
        ArtifactError: If the folder is no bundle, is of another version, or holds files of another bundle.
    """
    folder = Path(folder)
    facts = read_json(folder / FACTS)
    if (kind := facts.get("kind")) != KIND:
        raise ArtifactError(f"{folder / FACTS}: kind: found {kind!r}, expected {KIND!r}")
    for name, expected in facts["files"].items():
        path = folder / name
        if not path.is_file():
            raise ArtifactError(f"{path}: no such file; the bundle is incomplete")
        if (found := file_sha256(path)) != expected:
            raise ArtifactError(
                f"{path}: SHA-256: found {found[:12]}..., expected {expected[:12]}... as in {FACTS}; "
                "it is damaged or of another bundle"
            )
    return Bundle(folder, facts, read_config([folder / CONFIG]))
