"""One raw file, from a folder or from the network, that is exactly the expected one or nothing."""

import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests
import urllib3

from gnnpool.artifacts import write_atomically
from gnnpool.data.catalysis_hub_client import fetch_publication
from gnnpool.errors import FetchError

# s for all addresses together; the largest file, 200 MB, arrives in this time at 60 kB/s. A limit for
# each read would not do: a server that drips single bytes keeps within it for ever.
DEADLINE = 3600.0
TRIES = 3  # for each address, of failures that may pass
PAUSE = 2.0  # s before the second try, doubled before the third
_SILENCE = 30.0  # s without a byte, after which a connection counts as lost
_BUSY = {429, 500, 502, 503, 504}
_PASSING = (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError)
_logger = logging.getLogger(__name__)


class _Refused(Exception):
    """A reason not to use an address."""


def fetch_dataset(
    *,
    dataset: str,
    entry: Mapping,
    mirror: str | Path | None,
    output: str | Path,
    deadline: float = DEADLINE,
    pause: float = PAUSE,
) -> None:
    """Obtain the raw file of a dataset and verify it.

    A file of the right name in the mirror folder is copied, and nothing is asked of the network.
    Otherwise the service of the dataset is asked, or its address and then its further addresses are tried.

    Args:
        dataset: Slug, for messages.
        entry: Its entry in the configuration: file, sha256 or md5, url, mirrors, redirect_hosts where an
            address redirects to other hosts, service, and by_hand for a file that has no known hash.
        mirror: Folder, relative to the working directory; None to look nowhere.
        output: File to write, whole or not at all.
        deadline: s, after which all downloading ends.
        pause: s before an address is tried for the second time.

    Raises:
        FetchError: If no file was found, or a found one is not the expected one.
    """
    placed = None if mirror is None else Path(mirror) / entry["file"]
    if placed and placed.is_file():
        _verify(placed, dataset, entry)
        write_atomically(output, lambda temporary: shutil.copyfile(placed, temporary))
        _logger.info("%s: copied %s", dataset, placed)
        return
    if entry.get("service"):
        fetch_publication(dataset=dataset, **entry["service"], output=output)
        return
    addresses = [*filter(None, [entry.get("url")]), *(entry.get("mirrors") or [])]
    hosts = {urlsplit(address).hostname for address in addresses} | {*entry.get("redirect_hosts", [])}
    download = partial(_download, hosts=hosts, ends=time.monotonic() + deadline)

    def fetch(temporary: Path) -> None:
        failures = []
        for address in addresses:
            reason = _try(address, temporary, _known_hash(entry), download, pause)
            if reason is None:
                _logger.info("%s: fetched %s", dataset, address)
                return
            failures.append(f"{address}: {reason}")
        raise FetchError(_explanation(dataset, entry, mirror, failures))

    write_atomically(output, fetch)


def _known_hash(entry: Mapping) -> str | None:
    """The hash that the file shall have, as "sha256:..." or "md5:..."; None if nobody has told one."""
    return next((f"{kind}:{entry[kind]}" for kind in ("sha256", "md5") if entry.get(kind)), None)


def _verify(placed: Path, dataset: str, entry: Mapping) -> None:
    kind, _, expected = (_known_hash(entry) or "sha256:").partition(":")
    with open(placed, "rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    if not expected:
        _logger.info("%s: %s has no known hash; found sha256 %s", dataset, placed, found)
    elif found != expected:
        raise FetchError(f"{dataset}: {placed} is another file: expected {kind} {expected}, found {found}")


def _try(address: str, path: Path, known_hash: str, download: Callable, pause: float) -> str | None:
    """Download from one address; the reason if it failed, None if all is well."""
    for tries in range(1, TRIES + 1):
        try:
            pooch.retrieve(address, known_hash, fname=path.name, path=path.parent, downloader=download)
            return None
        except (_Refused, ValueError) as error:  # pooch: a wrong hash is a ValueError
            return str(error)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            if tries == TRIES or not _may_pass(error):
                return f"{error} (tried {tries} times)"
        time.sleep(pause * 2 ** (tries - 1))


def _may_pass(error: Exception) -> bool:
    if isinstance(error, requests.HTTPError):
        return error.response.status_code in _BUSY
    return isinstance(error, _PASSING)


def _download(address: str, output: str, _: object, *, hosts: set[str], ends: float) -> None:
    """Write the body of an address into a file, as it is sent; the form that pooch asks for."""
    left = ends - time.monotonic()
    if left <= 0:
        raise _Refused("the deadline had passed")
    check = partial(_check_redirect, hosts=hosts)
    # Sent as stored: a body that were packed or unpacked on the way would have another hash.
    with (
        requests.get(
            address,
            stream=True,
            timeout=min(_SILENCE, left),
            headers={"Accept-Encoding": "identity"},
            hooks={"response": check},
        ) as response,
        open(output, "wb") as file,
    ):
        response.raise_for_status()
        # read1 hands over what has arrived, so that a dripping server cannot delay the next check.
        while chunk := response.raw.read1(1 << 16, decode_content=False):
            file.write(chunk)
            if time.monotonic() > ends:
                raise _Refused(f"the deadline passed after {file.tell()} bytes")


def _check_redirect(response: requests.Response, *, hosts: set[str], **_: object) -> None:
    if not response.is_redirect:
        return
    here, there = response.url, requests.compat.urljoin(response.url, response.headers["location"])
    if urlsplit(here).scheme == "https" and urlsplit(there).scheme != "https":
        raise _Refused(f"redirects from https to {there}, refused")
    host = urlsplit(there).hostname
    if host not in hosts:
        raise _Refused(f"redirects to the host {host}, which the configuration does not name")


def _explanation(dataset: str, entry: Mapping, mirror: str | Path | None, failures: Sequence[str]) -> str:
    looked = f"the mirror folder {mirror} does not have it" if mirror else "no mirror folder is set"
    lines = [f"{dataset}: {entry['file']} could not be obtained; {looked}"]
    lines += failures or ["no address is known"]
    if known := _known_hash(entry):
        lines.append(f"expected {known.replace(':', ' ')}")
    if entry.get("by_hand"):
        lines.append(f"where to get it: {entry['by_hand']}")
    folder = f"the folder {mirror}" if mirror else "a folder"
    lines.append(f"by hand: put it as {entry['file']} into {folder}, named as `mirror` in the configuration")
    return "\n  ".join(lines)
