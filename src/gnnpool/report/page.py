"""The page: one file that needs no other one, and lets nothing of it reach out."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import yaml
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from gnnpool import __version__
from gnnpool.report import forest_plot
from gnnpool.report.changes import Line
from gnnpool.report.exhibits import Gallery, TableExhibit
from gnnpool.report.forest_plot import Scale
from gnnpool.report.runs import Run
from gnnpool.tables.html import COLORS, TABLE_CSS, html_notes, html_table
from gnnpool.tables.printed import Printed
from gnnpool.trials import plan_trials, seeds_of

TITLE = "Which pooling should a graph neural network use to predict a property of a crystal?"
_AXES = ("pooling", "dataset", "setting")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the template shows.

    Args:
        note: What a reader must know before the answer; may be empty.
        sentences: The answer.
        limits: What limits it.
        scale: Of all forest plots.
        first: Changes that the answer rests on.
        over_datasets: Whether averages over datasets are among them.
        by_kind: Whether they are of one kind of target each.
        lines: All changes.
        runs: Finished trials.
        data: Tables on the datasets.
        laws: Classes of poolings by classes of targets, for each reading.
        larger: Sentences on poolings with a lower error and more weights than mean pooling.
        effort: Weights, seconds and memory beside each change, for each reading.
        cost: Seconds and parameters by pooling.
        hours: CPU hours of all trials, and GPU hours.
        provenance: Tables on where the numbers come from.
        progress: Trials by block.
        tables: Tables of the configuration.
        beyond: Those on splits that hold something out, and on changed structures.
        galleries: Pictures.
    """

    note: str
    sentences: Sequence[str]
    limits: Sequence[str]
    scale: Scale
    first: Sequence[Line]
    over_datasets: bool
    by_kind: bool
    lines: Sequence[Line]
    runs: Sequence[Run]
    data: Sequence[Printed]
    laws: Sequence[Printed]
    larger: Sequence[str]
    effort: Sequence[Printed]
    cost: Printed
    hours: tuple[float, float]
    provenance: Sequence[Printed]
    progress: Printed
    tables: Sequence[TableExhibit]
    beyond: Sequence[TableExhibit]
    galleries: Sequence[Gallery]


def render(page: Page, *, config: Mapping) -> str:
    """Put the parts into the page. All words are escaped; only forest plots and tables come as HTML.

    Args:
        page: The parts.
        config: What decides the results; its statistics are named, and all of it is shown.

    Returns:
        The page.
    """
    style, script = f"{COLORS}{TABLE_CSS}{_read('page.css')}", _read("page.js")
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"choices": _choices, "table": _table, "notes": _notes}
    return environment.from_string(_read("page.html.jinja")).render(
        title=TITLE,
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
        drawing=forest_plot,
        axes=_AXES,
        config=config,
        shown_config=_yaml(config),
        percent=f"{100 * config['statistics']['confidence']:g} %",
        margin=f"{config['statistics']['margin']:g} %",
        seeds=", ".join(map(str, seeds_of(plan_trials(config["blocks"], config["seeds"])))),
        version=__version__,
        **vars(page),
    )


def _read(name: str) -> str:
    return (files("gnnpool.report") / name).read_text(encoding="utf-8")


def _yaml(config: Mapping) -> str:
    # What the configuration says twice by an anchor is written twice.
    return yaml.safe_dump(
        json.loads(json.dumps(config)),
        sort_keys=False,
        allow_unicode=True,
        width=100,
        default_flow_style=None,
    )


def _policy(style: str, script: str) -> str:
    """What a browser may load and run: style, script and pictures of the page, and nothing else."""
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in (style, script)
    ]
    return f"default-src 'none'; img-src data:; style-src {hashes[0]}; script-src {hashes[1]}"


def _choices(lines: Sequence[object], axis: str) -> list[str]:
    """What the lines may be chosen by, in their order."""
    return list(dict.fromkeys(getattr(line, axis) for line in lines))


def _table(printed: Printed, labelled_by: str) -> Markup:
    return Markup(html_table(printed, labelled_by=labelled_by))


def _notes(printed: Printed) -> Markup:
    return Markup(html_notes(printed))
