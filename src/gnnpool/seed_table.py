"""The plan of further seeds as a table for the terminal, and as JSON."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from gnnpool.seed_plan import DECIDED, FIRST, LATE, MORE, NEVER, WITHIN, Comparison, SeedPlan

_HEADS = ("pooling", "seeds", "look", "change %", "interval %", "detects %", "core-h", "verdict")


def as_json(plan: SeedPlan) -> dict:
    """The plan as plain dictionaries and lists; what is unknown is null."""
    return {
        "detect": plan.detect,
        "looks": list(plan.looks),
        "comparisons": [
            {
                **dict(zip(("dataset", "model", "edges", "pooling"), one.condition, strict=True)),
                **{"n_seeds": one.n, "look": one.look, "state": one.state, "seeds_needed": one.seeds},
                **{name: _known(getattr(one, name)) for name in ("change", "low", "high", "detectable")},
                "core_hours": _known(_hours(plan, [one.condition])),
                "trials": [str(trial) for trial in plan.trials.get(one.condition, ())],
            }
            for one in plan.comparisons
        ],
        "trials": len({trial for trials in plan.trials.values() for trial in trials}),
        "core_hours": _known(_hours(plan, plan.trials)),
        "trials_of_unknown_cost": plan.cost(plan.trials)[1],
        "not_decided_by_seeds": ["/".join(one.condition) for one in _in_state(plan, NEVER, LATE)],
    }


def as_text(plan: SeedPlan) -> str:
    """A table for each dataset and setting, then what to train and what more seeds will not decide."""
    places: dict[tuple, list[Comparison]] = defaultdict(list)
    for one in plan.comparisons:
        places[one.condition[:-1]].append(one)
    tables = [
        _table("/".join(place), [_HEADS, *(_row(one, plan) for one in comparisons)])
        for place, comparisons in places.items()
    ]
    return "\n\n".join([*tables, "\n".join(_summary(plan))])


def _row(one: Comparison, plan: SeedPlan) -> tuple[str, ...]:
    interval = "-" if math.isnan(one.low) else f"{one.low:+.1f} to {one.high:+.1f}"
    change, detects = _number(one.change, "{:+.1f}"), _number(one.detectable, "{:.1f}")
    seeds, look = str(one.n), str(one.look or "-")
    hours = _number(_hours(plan, [one.condition]), "{:.2f}")
    return one.condition[-1], seeds, look, change, interval, detects, hours, _verdict(one, plan)


def _verdict(one: Comparison, plan: SeedPlan) -> str:
    size, last = f"{plan.detect:g} %", plan.looks[-1]
    late = f"{size} takes {one.seeds} seeds, the last look has {last}"
    return {
        WITHIN: f"decided: change smaller than {size}",
        MORE: f"open: {one.seeds} seeds decide {size}",
        FIRST: f"open: first look at {one.seeds} seeds",
        LATE: f"open: {late}" if one.look < last else f"open after the last look at {last} seeds",
        NEVER: f"open: no number of seeds decides {size}, {last} detect {one.detectable:.1f} %",
    }.get(one.state, f"decided: {one.state}")


def _summary(plan: SeedPlan) -> list[str]:
    counts = Counter("decided" if one.state in DECIDED else one.state for one in plan.comparisons)
    lines = [f"Comparisons with mean pooling: {len(plan.comparisons)}"]
    lines += [f"  {number} {state}" for state, number in counts.items()]
    if hopeless := _in_state(plan, NEVER, LATE):
        lines.append(
            f"More seeds will not decide a change of {plan.detect:g} % (detects: what the last look can):"
        )
        lines += [f"  {'/'.join(one.condition)}" for one in hopeless]
    if plan.trials:
        hours, unknown = plan.cost(plan.trials)
        total = len(set().union(*plan.trials.values()))
        lines.append(f"To train: {total} trials")
        if total > unknown:
            lines.append(f"  {hours:.2f} core-hours for {total - unknown} of them")
        if unknown:
            lines.append(f"  unknown cost of {unknown}: no trial of their condition is finished")
    return lines


def _table(title: str, rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *numbers, verdict in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:-1], strict=True)]
        lines.append("  ".join([f"{name:<{widths[0]}}", *cells, verdict]))
    return "\n".join([title, *lines])


def _hours(plan: SeedPlan, conditions: Collection[tuple]) -> float:
    """Core-hours; NaN if nothing is to train, or if nothing is known of its time."""
    hours, unknown = plan.cost(conditions)
    return hours if hours or (any(map(plan.trials.get, conditions)) and not unknown) else math.nan


def _in_state(plan: SeedPlan, *states: str) -> list[Comparison]:
    return [one for one in plan.comparisons if one.state in states]


def _number(value: float, form: str, unknown: str = "-") -> str:
    return unknown if math.isnan(value) else form.format(value)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
