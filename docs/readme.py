"""Fill the generated parts of README.md: the answer and its picture, the times of trials, the rules.

python docs/readme.py           write them
python docs/readme.py --check   exit with 1 if they are not those of the evidence and the rules
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from gnnpool.analysis.collect import read_trials
from gnnpool.analysis.cost import training_seconds
from gnnpool.bundle.agreement import compare_texts
from gnnpool.bundle.files import Bundle, open_bundle
from gnnpool.bundle.findings import answer_of
from gnnpool.config import labels_of
from gnnpool.plan import Plan
from gnnpool.records import BASELINE
from gnnpool.specs import Labels
from gnnpool.wording import label_of, setting_label

ROOT = Path(__file__).parents[1]
README, EVIDENCE = ROOT / "README.md", ROOT / "evidence"
MAP = "evidence/figures/main.png"
DARK = "docs/answer_dark.png"


def answer(bundle: Bundle) -> str:
    """What differs, also on larger cells, the main figure, and what is not trained yet."""
    first, *others = answer_of(bundle.folder)
    chosen = ("that see the number of atoms", "Where a split holds something out")
    shown = [first, *(text for text in others if any(words in text for words in chosen))]
    said = "\n>\n".join(f"> {text}" for text in shown)
    plan, trials = Plan(bundle.config), read_trials(bundle.path("trials"))
    planned = {trial.pooling for trial in plan.trials} - {BASELINE}
    trained = len(planned & set(trials["pooling"]))
    note = f"So far, {trained} of {len(planned)} planned poolings are trained."
    note = note if trained < len(planned) else ""
    return f"{said}\n\n{_picture(bundle, len(planned))}\n\n{note}".rstrip()


def _picture(bundle: Bundle, planned: int) -> str:
    """The main figure and its caption."""
    shown = next(len(one["poolings"]) for one in bundle.config["figures"] if one["name"] == Path(MAP).stem)
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{DARK}">'
    text = f"Change of the test error of {shown} poolings on each dataset, with intervals"
    caption = f"{shown} of the {planned} poolings. Bold: its own interval excludes zero (uncorrected)."
    return f'<picture>{dark}<img src="{MAP}" alt="{text}" width="640"></picture>\n\n{caption}'


def dark_picture() -> np.ndarray:
    """The main figure with its lightness reversed, for dark pages, ``[height, width, 3]``."""
    light = np.asarray(Image.open(ROOT / MAP).convert("RGB"), dtype=int)
    dark = light + 255 - light.max(axis=2, keepdims=True) - light.min(axis=2, keepdims=True)
    return dark.astype(np.uint8)


def times(bundle: Bundle) -> str:
    """Seconds of finished trials on one core; the same structures in another split take about the same."""
    trials, labels = read_trials(bundle.path("trials")), Labels(**labels_of(bundle.config))
    trials = trials[(trials["device"] == "cpu") & ~trials["dataset"].isin(Plan(bundle.config).variants)]
    trials = trials.assign(seconds=training_seconds(trials))
    lines = ["| a trial on one CPU core | median | range | trials |", "| --- | ---: | ---: | ---: |"]
    for (dataset, model, edges), group in trials.groupby(["dataset", "model", "edges"]):
        name = f"{label_of(labels, 'datasets', dataset)}, {setting_label(labels, model, edges)}"
        seconds = group["seconds"]
        ends = f"{seconds.min():.0f} to {seconds.max():.0f} s"
        lines.append(f"| {name} | {seconds.median():.0f} s | {ends} | {len(group)} |")
    return "\n".join(lines)


def rules() -> str:
    """The rules as Snakemake lists them, without the target and without arrows that others imply."""
    command = [sys.executable, "-m", "snakemake", "--rulegraph", "mermaid-js"]
    graph = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", graph))
    arrows = {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", graph)}
    arrows = {arrow for arrow in arrows if arrow[1] != "all"}
    kept = sorted((a, b) for a, b in arrows if not _reaches(arrows - {(a, b)}, a, b))
    return "\n".join(["```mermaid", "flowchart LR", *(f"  {a} --> {b}" for a, b in kept), "```"])


def _reaches(arrows: set[tuple[str, str]], start: str, end: str) -> bool:
    return any(a == start and (b == end or _reaches(arrows, b, end)) for a, b in arrows)


def filled(text: str) -> str:
    """The text with its generated parts."""
    bundle = open_bundle(EVIDENCE)
    for name, part in {"answer": answer(bundle), "times": times(bundle), "rules": rules()}.items():
        begin, end = f"<!-- {name}: written by docs/readme.py -->", f"<!-- end of {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise SystemExit(f"{README}: expected {begin} and {end} once")
        before, after = text.split(begin)[0], text.split(end)[1]
        text = f"{before}{begin}\n{part}\n{end}{after}"
    return text


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    made, dark = filled(README.read_text(encoding="utf-8")), dark_picture()
    if not parser.parse_args().check:
        README.write_text(made, encoding="utf-8")
        Image.fromarray(dark).save(ROOT / DARK, optimize=True)
        return 0
    difference = compare_texts(README, made)
    if not difference and not np.array_equal(np.asarray(Image.open(ROOT / DARK)), dark):
        difference = f"{DARK}: not made from {MAP}"
    if difference:
        print(f"{difference}; run python docs/readme.py", file=sys.stderr)
    return bool(difference)


if __name__ == "__main__":
    sys.exit(main())
