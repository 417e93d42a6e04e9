"""Questions to a GraphQL service, asked within its limits and with a key that nobody gets to see."""

import email.utils
import json
import logging
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from gnnpool.errors import FetchError

TRIES = 5  # of a question, of failures that may pass
PAUSE = 5.0  # s before the second try, doubled before each further one
_SILENCE = 60.0  # s without a byte, after which a connection counts as lost
_LONGEST = 600.0  # s for one answer; a server that drips single bytes keeps within the limit for silence
_PATIENCE = 3600.0  # s, the longest time to wait because the service asks for it
_DAY = 86400.0  # s
_SHOWN = 200  # characters of an answer that are told
_BUSY = {429, 500, 502, 503, 504}
_LOCAL = {"127.0.0.1", "localhost", "::1"}
_PASSING = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
_logger = logging.getLogger(__name__)


class _Passing(Exception):
    """A failure that may pass, and the seconds to wait if the service told them."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Service:
    """A GraphQL service that allows so many requests in a minute and in a day.

    Args:
        endpoint: Address that questions are posted to.
        key: Sent as the header X-API-Key, over https only; None to send none.
        journal: File to which the time of each request is appended, so that the limits hold across runs.
        requests_per_minute: Most requests in a minute.
        requests_per_day: Most requests in 24 hours.
        pause: s before a failed request is made for the second time.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        key: str | None,
        journal: str | Path,
        requests_per_minute: float,
        requests_per_day: int,
        pause: float = PAUSE,
    ) -> None:
        if key is not None and not re.fullmatch(r"[A-Za-z0-9._~+/=:-]+", key):
            raise FetchError(f"{endpoint}: the key holds characters that no key has; is it quoted?")
        address = urlsplit(endpoint)
        if key is not None and address.scheme != "https" and address.hostname not in _LOCAL:
            raise FetchError(f"{endpoint}: a key is sent over https only")
        self.endpoint = endpoint
        self._headers = {} if key is None else {"X-API-Key": key}
        self._journal = Path(journal)
        self._interval = 60.0 / requests_per_minute
        self._per_day = requests_per_day
        self._pause = pause

    def ask(self, question: str) -> dict:
        """Ask one question.

        Args:
            question: In the query language of GraphQL.

        Returns:
            The data of the answer.

        Raises:
            FetchError: If the service refuses, answers in another form, stays busy, or has been asked as
                often today as it allows.
        """
        for tries in range(1, TRIES + 1):
            self._wait_for_turn()
            try:
                return self._data(self._post(question))
            except _Passing as failure:
                wait = self._pause * 2 ** (tries - 1) if failure.wait is None else failure.wait
                if tries == TRIES or wait > _PATIENCE:
                    later = f"; it asks to wait {wait:.0f} s" if failure.wait is not None else ""
                    raise self.error(f"{failure} (tried {tries} times){later}") from None
                _logger.info("%s: %s; next try in %.0f s", self.endpoint, failure, wait)
            time.sleep(wait)
        raise AssertionError("unreachable")

    def _wait_for_turn(self) -> None:
        times = self._times()
        now = time.time()
        today = [then for then in times if now - _DAY < then <= now]
        if len(today) >= self._per_day:
            hours = (today[-self._per_day] + _DAY - now) / 3600
            told = f"{len(today)} requests in 24 hours, as many as are allowed"
            raise self.error(f"{told}; the next one is in {hours:.1f} hours")
        if today:
            time.sleep(max(0.0, today[-1] + self._interval - now))
        self._journal.parent.mkdir(parents=True, exist_ok=True)
        with open(self._journal, "a", encoding="ascii") as journal:
            journal.write(f"{time.time():.3f}\n")

    def _times(self) -> list[float]:
        lines = self._journal.read_text(encoding="ascii").splitlines() if self._journal.exists() else []
        return [float(line) for line in lines if line.replace(".", "", 1).isdigit()]

    def _post(self, question: str) -> bytes:
        ends = time.monotonic() + _LONGEST
        body = bytearray()
        try:
            with requests.post(
                self.endpoint,
                json={"query": question},
                headers={**self._headers, "Accept-Encoding": "identity"},
                timeout=_SILENCE,
                stream=True,
                allow_redirects=False,  # the key is for this host alone
            ) as response:
                while chunk := response.raw.read1(1 << 16, decode_content=False):
                    body += chunk
                    if time.monotonic() > ends:
                        raise _Passing(f"the answer was not complete after {_LONGEST:.0f} s")
        except (*_PASSING, urllib3.exceptions.HTTPError) as error:
            raise _Passing(f"connection lost: {type(error).__name__}") from None
        except requests.RequestException as error:
            raise self.error(str(error)) from None
        self._check_status(response, bytes(body))
        return bytes(body)

    def _check_status(self, response: requests.Response, body: bytes) -> None:
        status = response.status_code
        if status in _BUSY:
            raise _Passing(f"status {status}", _retry_after(response.headers.get("Retry-After")))
        if status in (401, 403):
            sent = "the key of CATHUB_API_KEY was refused" if self._headers else "CATHUB_API_KEY holds no key"
            raise self.error(f"status {status}: {sent}")
        if status != 200:
            raise self.error(f"status {status}, expected 200", body.decode("utf-8", "replace"))

    def _data(self, body: bytes) -> dict:
        try:
            answer = json.loads(body)
        except ValueError:
            raise self.error("expected JSON, found", body.decode("utf-8", "replace")) from None
        if not isinstance(answer, dict) or answer.get("errors") or not isinstance(answer.get("data"), dict):
            told = answer.get("errors") if isinstance(answer, dict) else None
            raise self.error("expected data, found", json.dumps(told or answer))
        return answer["data"]

    def error(self, reason: str, answer: str = "") -> FetchError:
        """An error that tells the address, the reason and the beginning of an answer, and never the key."""
        # A service may quote what it was sent. Cut first, part of a key would escape the replacement.
        text = " ".join(answer.split())
        for key in self._headers.values():
            text, reason = text.replace(key, "(key)"), reason.replace(key, "(key)")
        shown = f": {text[:_SHOWN]}{'...' if len(text) > _SHOWN else ''}" if text else ""
        return FetchError(f"{self.endpoint}: {reason}{shown}")


def _retry_after(value: str | None) -> float | None:
    """Seconds of the header Retry-After, which tells seconds or a date."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
