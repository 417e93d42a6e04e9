"""Requests to servers with time limits; temporary failures are retried."""

import email.utils
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from gnnpool.extras import extra

with extra("data"):
    import requests
    import urllib3

_LOST = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.HTTPError,
)
_SILENT = (requests.Timeout, urllib3.exceptions.TimeoutError)
_logger = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """The section `download` of the configuration.

    Args:
        deadline: s for one file, over all of its addresses, or for one answer of a service.
        stall: s without a byte, after which a connection counts as lost.
        tries: Attempts at each address or query after temporary failures.
        pause: s before the second attempt, doubled before each further one.
        patience: s, the longest wait that a server may request.
    """

    deadline: float
    stall: float
    tries: int
    pause: float
    patience: float


class Failed(Exception):
    """A failed request.

    Args:
        reason: The reason, in words.
        passing: Whether the failure may be temporary.
        wait: s that the server requests to wait.
    """

    def __init__(self, reason: str, *, passing: bool = False, wait: float | None = None) -> None:
        super().__init__(reason)
        self.passing = passing
        self.wait = wait


def ask_again(ask: Callable[[], T], address: str, limits: Limits, *, ends: float) -> T:
    """Repeat a request until it succeeds, fails permanently, or no attempt is left.

    Args:
        ask: Raises :class:`Failed` if there is no answer.
        address: Address of the request, for the log.
        limits: Number of attempts and pauses.
        ends: Time on the monotonic clock after which there are no more pauses.

    Returns:
        What ``ask`` returns.

    Raises:
        Failed: With the last reason and the number of tries.
    """
    for number in range(1, limits.tries + 1):
        try:
            return ask()
        except Failed as failure:
            wait = limits.pause * 2 ** (number - 1) if failure.wait is None else failure.wait
            late = wait > limits.patience or time.monotonic() + wait > ends
            if not failure.passing or late or number == limits.tries:
                tries = "1 try" if number == 1 else f"{number} tries"
                asked = "" if failure.wait is None else f"; it asks to wait {wait:.0f} s"
                raise Failed(f"{failure} ({tries}){asked}") from None
            _logger.info("%s: %s; next try in %.1f s", address, failure, wait)
        time.sleep(wait)
    raise AssertionError("unreachable")


@contextmanager
def answered(
    method: str,
    address: str,
    limits: Limits,
    *,
    ends: float,
    headers: dict[str, str] | None = None,
    **options,
) -> Iterator[tuple[requests.Response, Iterator[bytes]]]:
    """The answer to a request, and its body as stored, in pieces as they arrive.

    Args:
        method: GET or POST.
        address: Address of the request.
        limits: Longest time without a byte.
        ends: Time on the monotonic clock by which the body must be complete.
        headers: Headers of the request.
        options: Further options of `requests.request`.

    Yields:
        The answer, and the pieces of its body.

    Raises:
        Failed: If the connection is lost, is silent for too long, or the time is over.
    """
    left = ends - time.monotonic()
    if left <= 0:
        raise Failed("the deadline had passed")

    def ask() -> requests.Response:
        # As stored: a body that was packed on the way would have another hash.
        plain = {"Accept-Encoding": "identity", **(headers or {})}
        return requests.request(
            method, address, stream=True, timeout=min(limits.stall, left), headers=plain, **options
        )

    try:
        with _within(left, ask) as response:
            yield response, _pieces(response, ends)
    except _SILENT as error:
        raise Failed(f"no byte for {limits.stall:g} s", passing=True) from error
    except requests.exceptions.SSLError as error:
        raise Failed(f"no safe connection: {_root(error)}") from error
    except _LOST as error:
        raise Failed(f"connection lost: {_root(error)}", passing=True) from error
    except requests.RequestException as error:
        raise Failed(str(error)) from error


def check_status(response: requests.Response) -> None:
    """Refuse an answer of a server that is busy or broken.

    Raises:
        Failed: For status 429 and 5xx, as a temporary failure.
    """
    status = response.status_code
    if status == 429 or status >= 500:
        raise Failed(f"status {status}", passing=True, wait=_retry_after(response.headers.get("Retry-After")))


def _root(error: BaseException) -> BaseException:
    """The first error of a chain, which has the shortest message."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def _within(seconds: float, call: Callable[[], T]) -> T:
    """Result of a call, if it returns in time."""
    # Socket timeouts cover neither the look-up of a host name nor headers that arrive byte by byte.
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return future.result(timeout=seconds)
    except TimeoutError:
        raise Failed("the deadline passed before an answer came") from None


def _pieces(response: requests.Response, ends: float) -> Iterator[bytes]:
    received = 0
    # read1 returns what has arrived, so that a slow server cannot delay the next check.
    while piece := response.raw.read1(1 << 16, decode_content=False):
        received += len(piece)
        yield piece
        if time.monotonic() > ends:
            raise Failed(f"the deadline passed after {received} bytes")


def _retry_after(value: str | None) -> float | None:
    """Seconds of the header Retry-After, which holds seconds or a date."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
