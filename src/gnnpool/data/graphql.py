"""Queries of a GraphQL service within its limits; the key never appears in messages."""

import json
import math
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

from gnnpool.data.download import Failed, Limits, answered, ask_again, check_status
from gnnpool.errors import FetchError, unwritable
from gnnpool.extras import extra

with extra("data"):
    import requests

_DAY = 86400.0  # s
_SHOWN = 200  # characters of an answer that are shown
_LOCAL = {"127.0.0.1", "localhost", "::1"}


class Service:
    """A GraphQL service with limits of requests per minute and per day.

    Args:
        endpoint: Address that queries are posted to.
        key: Sent as the header X-API-Key, over https only; None to send none.
        journal: File to which the time of each request is appended, so that the limits hold across runs.
        requests_per_minute: Maximum number of requests per minute.
        requests_per_day: Maximum number of requests in 24 hours.
        limits: Time limits of each answer, and the number of retries.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        key: str | None,
        journal: str | Path,
        requests_per_minute: float,
        requests_per_day: int,
        limits: Limits,
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
        self._limits = limits

    def ask(self, question: str) -> dict:
        """Send one query.

        Args:
            question: The query, in the query language of GraphQL.

        Returns:
            The data of the answer.

        Raises:
            FetchError: If the service refuses, answers in another form, stays busy, or the limit of
                requests in 24 hours is reached.
        """
        try:
            return ask_again(lambda: self._ask_once(question), self.endpoint, self._limits, ends=math.inf)
        except Failed as failure:
            raise self.error(str(failure)) from None

    def _ask_once(self, question: str) -> dict:
        self._wait_for_turn()
        # The key is for this host alone: no redirect is followed.
        with answered(
            "POST",
            self.endpoint,
            self._limits,
            ends=time.monotonic() + self._limits.deadline,
            headers=self._headers,
            json={"query": question},
            allow_redirects=False,
        ) as (response, pieces):
            body = b"".join(pieces)
        check_status(response)
        self._check_refusal(response, body)
        return self._data(body)

    def _wait_for_turn(self) -> None:
        times = self._times()
        now = time.time()
        today = [then for then in times if now - _DAY < then <= now]
        if len(today) >= self._per_day:
            hours = (today[-self._per_day] + _DAY - now) / 3600
            limit = f"{len(today)} requests in 24 hours, which is the limit"
            raise self.error(f"{limit}; the next one is possible in {hours:.1f} hours")
        if today:
            time.sleep(max(0.0, today[-1] + self._interval - now))
        try:
            self._journal.parent.mkdir(parents=True, exist_ok=True)
            with open(self._journal, "a", encoding="ascii") as journal:
                journal.write(f"{time.time():.3f}\n")
        except OSError as error:
            raise unwritable(self._journal, error) from error

    def _times(self) -> list[float]:
        lines = self._journal.read_text(encoding="ascii").splitlines() if self._journal.exists() else []
        return [float(line) for line in lines if line.replace(".", "", 1).isdigit()]

    def _check_refusal(self, response: requests.Response, body: bytes) -> None:
        status = response.status_code
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
            errors = answer.get("errors") if isinstance(answer, dict) else None
            raise self.error("expected data, found", json.dumps(errors or answer))
        return answer["data"]

    def error(self, reason: str, answer: str = "") -> FetchError:
        """An error with the address, the reason and the beginning of an answer, and never with the key."""
        # A service may quote the request. Replace before cutting, or part of a key could remain.
        text = " ".join(answer.split())
        for key in self._headers.values():
            text, reason = text.replace(key, "(key)"), reason.replace(key, "(key)")
        shown = f": {text[:_SHOWN]}{'...' if len(text) > _SHOWN else ''}" if text else ""
        return FetchError(f"{self.endpoint}: {reason}{shown}")
