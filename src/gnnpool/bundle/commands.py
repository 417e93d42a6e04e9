"""The commands on bundles: write one, verify it, and make tables, figures, report and findings from it."""

import argparse
import sys
from pathlib import Path


def add(commands: argparse._SubParsersAction) -> None:
    """Add the commands to those of `gnnpool`.

    Args:
        commands: Of the parser.
    """
    bundle = commands.add_parser(
        "bundle", help="write the finished trials of a folder of results as a bundle"
    )
    bundle.add_argument("results", help="folder of results")
    bundle.add_argument("folder", help="folder of the bundle")
    bundle.add_argument(
        "--configfile", nargs="+", default=["config/config.yaml"], help="as given to snakemake, overlays last"
    )
    verify = commands.add_parser("verify", help="train trials of a bundle again and compare")
    verify.add_argument("bundle", help="folder of the bundle")
    verify.add_argument("--trials", type=int, default=2, help="how many, chosen at random; 2 if not given")
    verify.add_argument("--seed", type=int, default=0, help="for the choice; 0 if not given")
    verify.add_argument("--cores", type=int, default=1, help="for the workflow; 1 if not given")
    verify.add_argument("--configfile", nargs="+", default=[], help="overlays that say where the data lie")
    remake = commands.add_parser("remake", help="make tables, figures and the report from a bundle alone")
    remake.add_argument("bundle", help="folder of the bundle")
    remake.add_argument("results", help="folder to write them into")
    remake.add_argument(
        "--check",
        metavar="FINDINGS",
        help="compare the tables of the bundle, and this file, with what comes out",
    )
    findings = commands.add_parser("findings", help="print the findings of a bundle as Markdown")
    findings.add_argument("bundle", help="folder of the bundle")


def _bundle(arguments: argparse.Namespace) -> int:
    from gnnpool.bundle.write import write_bundle
    from gnnpool.config import read_config

    sizes = write_bundle(arguments.results, arguments.folder, config=read_config(arguments.configfile))
    for name, size in sizes.items():
        print(f"{size / 1e6:9.3f} MB  {Path(arguments.folder) / name}")
    print(f"{sum(sizes.values()) / 1e6:9.3f} MB  together")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from gnnpool.bundle.verify import as_text, verify

    found = verify(
        arguments.bundle,
        count=arguments.trials,
        seed=arguments.seed,
        overlays=arguments.configfile,
        cores=arguments.cores,
    )
    print(as_text(found))
    return 0 if all(one.agrees for one in found) else 1


def _remake(arguments: argparse.Namespace) -> int:
    from gnnpool.bundle.agreement import compare_tables, compare_texts
    from gnnpool.bundle.remake import remake

    made = remake(arguments.bundle, arguments.results)
    for name, why in made.gaps.items():
        print(f"not made: {name}: {why}")
    print(Path(arguments.results) / "report.html")
    if not arguments.check:
        return 0
    from gnnpool.bundle.findings import findings_of

    wrong = compare_tables(Path(arguments.bundle) / "tables", Path(arguments.results) / "tables")
    if difference := compare_texts(Path(arguments.check), findings_of(arguments.bundle)):
        wrong.append(difference)
    for line in wrong:
        print(f"gnnpool: {line}", file=sys.stderr)
    return 1 if wrong else 0


def _findings(arguments: argparse.Namespace) -> int:
    from gnnpool.bundle.findings import findings_of

    print(findings_of(arguments.bundle), end="")
    return 0


RUN = {"bundle": _bundle, "verify": _verify, "remake": _remake, "findings": _findings}
