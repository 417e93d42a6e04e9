"""Generated crystals that represent two datasets of the paper, and the graphs of any structures.

Their atoms and edges for each crystal are those of the datasets, in mean and spread, with a cutoff of
8 Å; elements and targets are random. What is measured depends on nothing else.

    python benchmarks/crystals.py FOLDER    their graphs, for machines without pymatgen
"""

import argparse
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import yaml

from gnnpool.data.structure import StructureSet, read_structures, write_structures
from gnnpool.graphs.file import GraphSet, read_graphs

ROOT = Path(__file__).resolve().parents[1]
# Real structures or generated ones, as given on the command line.
OPTION = {"structures": {"help": "structures.parquet of a dataset, instead of generated crystals"}}
# Crystals of each stand-in: enough batches of 100 for an epoch, and the whole of the smaller dataset.
COUNTS = {"perovskites": 1000, "exfoliation": 636}
_PEROVSKITE = np.array([[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])
# Atoms in a layer; 7.2 on average.
_LAYER_SIZES = (2, 3, 3, 3, 4, 4, 5, 6, 6, 6, 8, 8, 8, 9, 12, 12, 12, 20)


@cache
def config() -> dict:
    """The paper's configuration."""
    return yaml.safe_load((ROOT / "config/config.yaml").read_text())


def scheme(edges: str) -> dict:
    """An edge scheme of the configuration, without its label."""
    return {key: value for key, value in config()["edges"][edges].items() if key != "label"}


def generate(name: str, count: int | None = None) -> StructureSet:
    """Crystals that represent a dataset.

    Args:
        name: "perovskites" (5 atoms, 20 mdl and 768 ocp edges each) or "exfoliation" (layers of 7
            atoms in mean, 62 and 401 edges).
        count: How many; fewer are the first of more.
    """
    rng = np.random.default_rng(2024)
    make = {"perovskites": _perovskite, "exfoliation": _layer}[name]
    crystals = [make(rng) for _ in range(count or COUNTS[name])]
    lattices, fractional = (np.stack([c[0] for c in crystals]), [c[1] for c in crystals])
    sizes = [len(f) for f in fractional]
    atoms = sum(sizes)
    return StructureSet(
        ids=[f"{name}-{n}" for n in range(len(crystals))],
        lattices=lattices,
        numbers=rng.integers(1, 95, atoms).astype(np.uint8),
        fractional=np.concatenate(fractional),
        positions=np.concatenate([f @ lattice for lattice, f in crystals]),
        node_ptr=np.cumsum([0, *sizes], dtype=np.int64),
        targets=rng.normal(size=len(crystals)),
        metadata={
            "dataset": f"like {name}",
            "target": "random",
            "unit": "1",
            "raw_sha256": "",
            "stage_version": "1",
        },
    )


def inputs(structures: str | None, count: int | None = None) -> dict[str, StructureSet]:
    """The structures of a file by the name of their dataset, or else both stand-ins."""
    if structures:
        read = read_structures(structures)
        return {read.metadata["dataset"]: read}
    return {f"like {name}": generate(name, count) for name in COUNTS}


def graphs_of(structures: StructureSet, edges: str) -> GraphSet:
    """Graphs of structures under an edge scheme of the configuration, through the files of the workflow."""
    with tempfile.TemporaryDirectory() as folder:
        write_structures(f"{folder}/structures.parquet", structures)
        return read_graphs(build(f"{folder}/structures.parquet", edges, Path(folder)))


def build(structures: str | Path, edges: str, folder: Path) -> Path:
    """Build the graphs of a file of structures as the workflow does; gives the path of their file."""
    from gnnpool.graphs.build import build_graphs  # needs pymatgen

    graphs = folder / f"{edges}.safetensors"
    manifest = graphs.with_suffix(".json")
    build_graphs(structures=structures, scheme=scheme(edges), output=graphs, manifest=manifest)
    return graphs


def _perovskite(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A strained and rattled cubic cell of five atoms: lattice and fractional coordinates."""
    edge = rng.choice([3.9, 4.0, 4.1, 4.1, 4.2, 4.4]) + rng.uniform(-0.1, 0.1)
    lattice = edge * (np.eye(3) + rng.uniform(-0.02, 0.02, (3, 3)))
    return lattice, _PEROVSKITE + rng.uniform(-0.02, 0.02, (5, 3))


def _layer(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Atoms in a layer between vacuum, none nearer than 1.6 Å to another."""
    atoms = int(rng.choice(_LAYER_SIZES))
    area = 3.2 * max(atoms, 3) * rng.uniform(0.8, 1.3)  # Å^2
    angle = np.deg2rad(rng.choice([60, 90, 120]))
    a = np.sqrt(area / np.sin(angle)) * rng.uniform(0.85, 1.15)
    b = area / (a * np.sin(angle))
    lattice = np.array([[a, 0, 0], [b * np.cos(angle), b * np.sin(angle), 0], [0, 0, 20.0]])
    thickness = 1.2 + 1.1 * np.sqrt(atoms)  # Å
    placed = np.zeros((0, 3))
    while len(placed) < atoms:
        new = rng.random(3) * [1, 1, thickness / 20.0]
        steps = placed - new
        steps[:, :2] -= np.rint(steps[:, :2])
        if not len(placed) or np.linalg.norm(steps @ lattice, axis=1).min() > 1.6:
            placed = np.concatenate([placed, new[None]])
    return lattice, placed


def write_graphs(folder: Path, names: Iterable[str] = tuple(COUNTS), count: int | None = None) -> None:
    """Write the graphs of stand-ins as ``{folder}/{dataset}/{edges}.safetensors``."""
    for name in names:
        place = folder / name
        write_structures(place / "structures.parquet", generate(name, count))
        for edges in config()["edges"]:
            build(place / "structures.parquet", edges, place)


def main() -> None:
    """Write the graphs of both stand-ins."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    write_graphs(parser.parse_args().folder)


if __name__ == "__main__":
    main()
