"""Obtain one raw file from a folder or from the network, and verify it."""

import hashlib
import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from gnnpool.artifacts import file_sha256, write_atomically
from gnnpool.data.catalysis_hub_client import fetch_publication
from gnnpool.data.download import Failed, Limits, answered, ask_again, check_status
from gnnpool.data.packed_folder import pack_folder
from gnnpool.data.raw_file import disagreement, known_hash
from gnnpool.errors import FetchError
from gnnpool.extras import extra

with extra("data"):
    import requests

_logger = logging.getLogger(__name__)


def fetch_dataset(
    *, dataset: str, entry: Mapping, mirror: str | Path | None, download: Mapping, output: str | Path
) -> None:
    """Obtain the raw file of a dataset and verify it.

    A file with the right name in the mirror folder is copied, a folder with that name is packed, and a file
    that is already in its place and has the right hash stays; none of these uses the network. Otherwise the
    service of the dataset is queried, or its address and then its further addresses are tried.

    Args:
        dataset: Slug, for messages.
        entry: Its entry in the configuration: file, sha256 or md5, url, mirrors, redirect_hosts where an
            address redirects to other hosts, service, and by_hand for a file that has no known hash.
        mirror: Folder, relative to the working directory; None for no folder.
        download: The configuration's section of this name; see :class:`gnnpool.data.download.Limits`.
        output: File to write, completely or not at all.

    Raises:
        FetchError: If no file was found, or a file does not match the configured hash.
    """
    limits, output = Limits(**download), Path(output)
    placed = None if mirror is None else Path(mirror) / entry["file"]
    if placed and placed.exists():
        _copy(placed, dataset, entry, output)
    elif output.is_file() and _is_good(output, dataset, entry):
        _logger.info("%s: %s exists already", dataset, output)
    elif entry.get("service"):
        fetch_publication(dataset=dataset, **entry["service"], limits=limits, output=output)
    else:
        write_atomically(output, partial(_fetch, dataset, entry, mirror, limits))


def _copy(placed: Path, dataset: str, entry: Mapping, output: Path) -> None:
    def copy(temporary: Path) -> None:
        if placed.is_dir():
            with open(temporary, "wb") as file:
                pack_folder(placed, file)
        else:
            shutil.copyfile(placed, temporary)
        if found := disagreement(temporary, entry):
            fault = f"{dataset}: {placed} does not match the configured hash: {found}"
            raise FetchError(f"{fault}\n  put the right file there, or remove it to download the file")

    write_atomically(output, copy)
    if known_hash(entry) is None:
        _logger.info("%s: %s has no known hash; found sha256 %s", dataset, placed, file_sha256(output))
    _logger.info("%s: %s %s", dataset, "packed" if placed.is_dir() else "copied", placed)


def _is_good(output: Path, dataset: str, entry: Mapping) -> bool:
    """Whether a file in its place matches the configured hash; another one stays until it is replaced."""
    wrong = disagreement(output, entry)
    if wrong:
        _logger.warning(
            "%s: %s does not match the configured hash: %s; fetching it again", dataset, output, wrong
        )
    return wrong is None


def _fetch(dataset: str, entry: Mapping, mirror: str | Path | None, limits: Limits, temporary: Path) -> None:
    download, failures = _Download(entry, limits), []
    for address in download.addresses:
        try:
            download.receive(address, temporary)
        except Failed as failure:
            failures.append(f"{address}: {failure}")
        else:
            _logger.info("%s: fetched %s", dataset, address)
            return
    raise FetchError(_explanation(dataset, entry, mirror, failures))


class _Download:
    """One file, sought at several addresses until a deadline."""

    def __init__(self, entry: Mapping, limits: Limits) -> None:
        self.addresses = [*filter(None, [entry.get("url")]), *(entry.get("mirrors") or [])]
        self._hosts = {urlsplit(address).hostname for address in self.addresses}
        self._hosts |= {*entry.get("redirect_hosts", [])}
        self._kind, self._expected = known_hash(entry) or ("sha256", None)
        self._limits = limits
        self._ends = time.monotonic() + limits.deadline

    def receive(self, address: str, temporary: Path) -> None:
        """Write the body of an address into a file, if it is the right one."""
        wrong: set[str] = set()
        ask_again(lambda: self._try(address, temporary, wrong), address, self._limits, ends=self._ends)

    def _try(self, address: str, temporary: Path, wrong: set[str]) -> None:
        digest = hashlib.new(self._kind)
        follow = {"response": partial(_check_redirect, hosts=self._hosts)}
        with answered("GET", address, self._limits, ends=self._ends, hooks=follow) as (response, pieces):
            check_status(response)
            if response.status_code != 200:
                raise Failed(f"status {response.status_code}, expected 200")
            with open(temporary, "wb") as file:
                for piece in pieces:
                    file.write(piece)
                    digest.update(piece)
        if (found := digest.hexdigest()) != self._expected:
            # A truncated or outdated file may be right the next time; the same wrong hash twice is permanent.
            again = found in wrong
            wrong.add(found)
            what = f"{temporary.stat().st_size} bytes of {response.headers.get('Content-Type', 'no type')}"
            fault = f"expected {self._kind} {self._expected}, found {found}, {what}"
            raise Failed(fault, passing=not again)


def _check_redirect(response: requests.Response, *, hosts: set[str], **_: object) -> None:
    if response.is_redirect and (reason := _refusal(response, hosts)):
        response.close()
        raise Failed(reason)


def _refusal(response: requests.Response, hosts: set[str]) -> str | None:
    """Why a redirect is not followed; None if it is."""
    here, location = response.url, response.headers["location"]
    try:
        there = urljoin(here, location)
        host = urlsplit(there).hostname
    except ValueError:
        return f"redirects to {location!r}, which is no address"
    if urlsplit(here).scheme == "https" and urlsplit(there).scheme != "https":
        return f"redirects from https to {there}, refused"
    if host not in hosts:
        return f"redirects to the host {host}, which the configuration does not name"
    return None


def _explanation(dataset: str, entry: Mapping, mirror: str | Path | None, failures: Sequence[str]) -> str:
    looked = f"the mirror folder {mirror} does not have it" if mirror else "no mirror folder is set"
    lines = [f"{dataset}: {entry['file']} could not be obtained; {looked}"]
    lines += failures or ["no address is known"]
    if known := known_hash(entry):
        lines.append(f"expected {' '.join(known)}")
    if entry.get("by_hand"):
        lines.append(f"where to get it: {entry['by_hand']}")
    folder = f"the folder {mirror}" if mirror else "a folder"
    lines.append(f"by hand: put it as {entry['file']} into {folder}, named as `mirror` in the configuration")
    return "\n  ".join(lines)
