"""Construct an operator from the options of the configuration."""

import inspect
from collections.abc import Mapping
from typing import Any

from gnnpool.errors import ConfigError


def construct(kind: type, options: Mapping[str, Any], *, what: str) -> Any:
    """Construct an object from options of the configuration.

    Args:
        kind: Its class.
        options: All keyword arguments.
        what: Pooling and operator, for messages.

    Returns:
        The object.

    Raises:
        TypeError: If an option is unknown or missing; the message lists the known ones.
        ValueError: If the class refuses the value of an option.
        ConfigError: If the class needs a missing package, one of its assertions fails, or it fails otherwise.
    """
    signature = inspect.signature(kind)
    try:
        signature.bind(**options)
    except TypeError as error:
        known = ", ".join(name for name in signature.parameters if name not in ("in_channels", "kwargs"))
        raise TypeError(f"{what}: {error}; options: {known or 'none'}") from None
    try:
        return kind(**options)
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error
    except (ImportError, AssertionError) as error:
        raise ConfigError(f"{what}: {error}") from error
    except Exception as error:
        raise ConfigError(f"{what}: {type(error).__name__}: {error}") from error
