"""From a file of structures to a file of graphs, against pymatgen's neighbor lists alone.

The peer calls Structure.get_neighbor_list for each structure, which gives arrays of all neighbors: no
choice of edges, no order, no file. With --raw, a downloaded dataset goes all the way from its file to
structures, the graphs of both edge schemes and five splits, in a process of its own.
"""

import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from crystals import OPTION, build, config, inputs, scheme
from protocol import OURS, Claim, Results, arguments
from pymatgen.core import Structure
from turns import Task, divided, start, take_turns

from gnnpool.artifacts import file_sha256
from gnnpool.data.build import build_structures
from gnnpool.data.splits import make_split
from gnnpool.data.structure import read_structures, write_structures
from gnnpool.graphs.file import read_graphs

PEER = "pymatgen get_neighbor_list"
REACH = {"ocp": (1.0, 2.0), "mdl": (0.8, 1.5)}


def main() -> None:
    """Measure every input under both edge schemes, and a raw file if there is one."""
    given = arguments(
        __doc__,
        **OPTION,
        raw={"help": "raw file of a dataset of the configuration, under its name there", "type": Path},
    )
    results = Results("graph_building", given)
    for case, structures in inputs(given.structures, 10 if given.quick else None).items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "structures.parquet"
            write_structures(file, structures)
            for edges, (reach, aim) in REACH.items():
                costs, difference = take_turns(
                    {OURS: partial(our_graphs, file, edges), PEER: partial(neighbor_lists, file, edges)},
                    rounds=2 if given.quick else 25,
                    verify=partial(verify, f"{case}, {edges}") if edges == "ocp" else None,
                    apart=not given.quick,
                )
                claim = Claim(
                    "building a graph, to file", f"{case}, {edges}", peer=PEER, reach=reach, aim=aim
                )
                results.add(claim, divided(costs, len(structures)), deviation=difference)
    if given.raw:
        measure_chain(given.raw, results)
    results.write()


def our_graphs(structures: Path, edges: str) -> Task:
    """From file to file; the outcome is the lengths of each graph in ascending order."""
    graphs = read_graphs(build(structures, edges, structures.parent))
    lengths = np.split(graphs.length, graphs.edge_ptr[1:-1])
    return Task(partial(build, structures, edges, structures.parent), _sorted(lengths))


def neighbor_lists(structures: Path, edges: str) -> Task:
    """Neighbor lists of pymatgen's structures, which are there already."""
    read, options = read_structures(structures), scheme(edges)
    cutoff, most = options["cutoff"], options["max_neighbors"]
    bounds = zip(read.lattices, read.node_ptr, read.node_ptr[1:], strict=False)
    crystals = [Structure(cell, read.numbers[a:b], read.fractional[a:b]) for cell, a, b in bounds]
    lengths = [_nearest(*crystal.get_neighbor_list(cutoff)[::3], most) for crystal in crystals]
    return Task(lambda: [crystal.get_neighbor_list(cutoff) for crystal in crystals], _sorted(lengths))


def verify(what: str, outcomes: Mapping[str, np.ndarray]) -> float:
    """Refuse graphs that have other edges than the neighbor lists; the largest relative difference."""
    ours, peer = outcomes[OURS], outcomes[PEER]
    difference = np.abs(ours - peer).max(initial=0) if ours.shape == peer.shape else np.inf
    if difference > 1e-5:
        raise RuntimeError(
            f"{what}: {len(ours)} edges, {len(peer)} of pymatgen, lengths differ by {difference:.1g}"
        )
    return float(difference / peer.max())


def measure_chain(raw: Path, results: Results) -> None:
    """Add CPU time and peak memory of the way from a raw file to graphs and splits."""
    with tempfile.TemporaryDirectory() as folder:
        code = "import sys, graph_building; graph_building.chain(*sys.argv[1:])"
        command = [sys.executable, "-c", code, str(raw.resolve()), folder]
        child = start(command, cwd=Path(__file__).parent)()
    dataset = dataset_of(raw)
    name = "raw file to structures, both graph sets and five splits"
    results.add(Claim(name, dataset, peer="", at_most=60), {OURS: [child.cpu]})
    memory = Claim(name, dataset, peer="", at_most=2048, quantity="peak memory")
    results.add(memory, {OURS: [child.peak]})


def chain(raw: str, folder: str) -> None:
    """What the workflow does with a dataset before any training."""
    dataset, files = dataset_of(Path(raw)), Path(folder)
    structures = files / "structures.parquet"
    build_structures(
        raw=raw,
        dataset=dataset,
        entry={**config()["datasets"][dataset], "sha256": file_sha256(raw)},  # whichever copy it is
        on_bad_row=config()["on_bad_row"],
        structures=structures,
        manifest=files / "manifest.json",
    )
    for edges in config()["edges"]:
        build(structures, edges, files)
    for seed in config()["seeds"]:
        make_split(
            structures=structures, seed=seed, fractions=config()["split"], output=files / f"{seed}.parquet"
        )


def dataset_of(raw: Path) -> str:
    """The dataset whose file has this name.

    Raises:
        SystemExit: If there is none.
    """
    for name, entry in config()["datasets"].items():
        if entry.get("file") == raw.name:
            return name
    raise SystemExit(
        f"--raw {raw}: expected the file of a dataset of config/config.yaml, under its name there"
    )


def _nearest(center: np.ndarray, length: np.ndarray, most: int) -> np.ndarray:
    """Lengths of so many edges of each atom, the shortest ones, as a graph keeps them."""
    order = np.lexsort((length, center))
    degree = np.bincount(center)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(degree) - degree, degree)
    return length[order][rank < most]


def _sorted(lengths: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.sort(one) for one in lengths])


if __name__ == "__main__":
    main()
