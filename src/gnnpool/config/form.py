"""The form of a configuration: keys, types and bounds, by the schema."""

import difflib
import math
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from gnnpool.errors import ConfigError
from gnnpool.extras import extra

with extra("workflow"):
    import yaml
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError, best_match
    from jsonschema.validators import extend

_SHOWN = 5  # faults
_LONGEST = 300  # characters of a message


def check_form(config: Mapping, schema: str | Path, *, keys: Collection[str] | None = None) -> None:
    """Refuse a configuration that the schema does not allow.

    Stricter than JSON Schema in three points: numbers are finite and fit 64 bits, 3.0 is not an integer,
    and $ matches at the very end alone, as in JavaScript.

    Args:
        config: The merged configuration.
        schema: JSON Schema, as YAML.
        keys: Those at the top that are needed and checked; None for all.

    Raises:
        ConfigError: With the first faults.
    """
    rules = yaml.safe_load(Path(schema).read_text(encoding="utf-8"))
    if keys is not None:
        config = {key: value for key, value in config.items() if key in keys}
        rules = {**rules, "required": list(keys)}
    odd = list(_odd_numbers(config, ""))
    validator = _Validator(rules)
    found = sorted(validator.iter_errors(config), key=lambda e: list(map(str, e.absolute_path)))
    # The schema has one error for each missing key, and a message names all of them.
    errors = odd or list(dict.fromkeys(map(_explain, found)))
    if errors:
        more = [f"... and {len(errors) - _SHOWN} more"] if len(errors) > _SHOWN else []
        raise ConfigError("\n".join(f"config: {_shortened(error)}" for error in [*errors[:_SHOWN], *more]))


def _odd_numbers(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _odd_numbers(inner, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _odd_numbers(inner, f"{where}.{number}")
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{where}: expected a finite number, found {value}"
    elif isinstance(value, int) and abs(value) >= 2**63:
        yield f"{where}: expected a number below 2^63, found one of {len(str(abs(value)))} digits"


def _pattern(validator: Any, pattern: str, instance: Any, schema: Mapping) -> Iterator[ValidationError]:
    # Python's $ would also match before a newline at the end.
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator = extend(
    Draft202012Validator,
    {"pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda checker, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


def _explain(error: ValidationError) -> str:
    where = ".".join(str(step) for step in error.absolute_path) or "top level"
    if error.validator == "additionalProperties" and error.validator_value is False:
        return f"{where}: {'; '.join(_unknown_keys(error))}"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"{where}: missing {', '.join(map(repr, missing))}"
    if error.validator == "oneOf" and error.context:
        return f"{where}: {error.instance!r}: {best_match(error.context).message}"
    if error.validator == "oneOf":
        return f"{where}: expected one form, found that of several: {error.instance!r}"
    if error.validator == "uniqueItems":
        given = error.instance
        repeated = next(one for number, one in enumerate(given) if one in given[:number])
        return f"{where}: {repeated!r} is given twice"
    if "propertyNames" in error.absolute_schema_path:
        return f"{where}: the key {error.instance!r}: {error.message}"
    expected = error.schema.get("description", "")
    return f"{where}: {error.message}" + _number_in_quotes(error) + (f" ({expected})" if expected else "")


def _unknown_keys(error: ValidationError) -> Iterator[str]:
    known = list(error.schema["properties"])
    for key in error.instance:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
            yield f"unknown key {key!r}" + (f", did you mean {near[0]!r}?" if near else f"; known: {known}")


def _number_in_quotes(error: ValidationError) -> str:
    """YAML reads 1e-3 as text; a number needs a point before the exponent."""
    if error.validator != "type" or not isinstance(error.instance, str):
        return ""
    try:
        return (
            f", write {float(error.instance)!r} without quotes" if "number" in error.validator_value else ""
        )
    except ValueError:
        return ""


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
