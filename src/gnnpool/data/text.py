"""Text, numbers and JSON in files of other programs."""

import codecs
import json
from numbers import Real

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(content: bytes | str) -> str:
    """Text of bytes in UTF-8, in UTF-16 with a byte-order mark, or else in Windows-1252, without the mark.

    Args:
        content: The bytes, or text that may begin with a byte-order mark.

    Raises:
        ValueError: If bytes that begin with the mark of UTF-16 are not UTF-16.
    """
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    if content.startswith(_UTF_16):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # The superset of Latin-1 that has no control characters at which Python would break a line.
        return content.decode("cp1252", errors="replace")


def number(text: str) -> float | None:
    """Number that a text contains; None for other text, also for "1_000", which Python would accept."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def load_json(content: bytes | str, *, unique: bool = False) -> object:
    """Content of a JSON text.

    Args:
        content: The text, or its bytes.
        unique: Refuse a mapping with a repeated key, of which Python would take the last.

    Raises:
        ValueError: If it is no JSON, is nested too deeply, or has a key twice.
    """
    try:
        return json.loads(decoded(content), object_pairs_hook=_once if unique else None)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"expected each key once, found {twice!r} twice")
    return found


def is_number(value: object) -> bool:
    """Whether a value is a real number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        float(value)
    except OverflowError:
        return False
    return True


def printable(value: object) -> str:
    """A value as text that UTF-8 can encode: half of a surrogate pair, which JSON can hold, is escaped."""
    return str(value).encode("utf-8", "backslashreplace").decode()


def quoted(value: object) -> str:
    """A value as Python writes it, in quotes if it is text."""
    try:
        return repr(getattr(value, "tolist", lambda: value)())
    except (RecursionError, ValueError) as error:  # nested too deeply; an integer of too many digits
        return f"{type(value).__name__} ({error})"


def shown(value: object) -> str:
    """A value in a line of a message; the middle of a long one is omitted.

    Args:
        value: The value; a text is an error message, whose cause is often at its end.
    """
    text, most = (printable(value), 400) if isinstance(value, str) else (quoted(value), 80)
    return text if len(text) <= most else f"{text[: most // 2]} ... {text[-most // 2 :]}"
