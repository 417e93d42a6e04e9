"""All reactions of one publication of Catalysis-Hub, and the structures of the wanted ones.

The service returns pages. Each page is written to its own file as soon as it has arrived. So the next run
resumes a run that was interrupted or reached the daily limit of the service.
"""

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from gnnpool.artifacts import read_json, write_json, write_table
from gnnpool.data.download import Limits
from gnnpool.data.graphql import Service
from gnnpool.data.sources.catalysis_hub import COLUMNS, adsorbate_of, is_wanted
from gnnpool.errors import ArtifactError, FetchError

KEY = "CATHUB_API_KEY"
# Ordered by id: otherwise the service orders each page anew, and some reactions come twice and others never.
_REACTIONS = """{{ reactions(pubId: {publication}, first: {first}, after: {after}, order: "id") {{
  totalCount pageInfo {{ hasNextPage endCursor }}
  edges {{ node {{ id Equation reactionEnergy sites reactionSystems {{ name aseId }} }} }} }} }}"""
_STRUCTURE = """{alias}: systems(uniqueId: {id}) {{ edges {{ node {{ InputFile(format: "json") }} }} }}"""
_logger = logging.getLogger(__name__)


def fetch_publication(
    *,
    dataset: str,
    endpoint: str,
    publication: str,
    page_size: int,
    requests_per_minute: float,
    requests_per_day: int,
    limits: Limits,
    output: str | Path,
) -> None:
    """Query a publication page by page, and write one table.

    The key is taken from the environment variable CATHUB_API_KEY, if it is set.

    Args:
        dataset: Slug, for messages.
        endpoint: Address of the GraphQL interface.
        publication: The service's name of the publication.
        page_size: Reactions or structures per request.
        requests_per_minute: Maximum number of requests per minute.
        requests_per_day: Maximum number of requests in 24 hours.
        limits: Time limits of each answer, and the number of retries.
        output: Parquet file with the columns id, equation, sites, structure and energy, one row for each
            reaction; structures of reactions that are not wanted are missing. Pages are kept beside it
            until it is written.

    Raises:
        FetchError: If the service cannot be queried, or its answers contradict each other. Received pages
            are kept for the next run.
    """
    pages = Path(output).with_name(f"{Path(output).name}.pages")
    service = Service(
        endpoint,
        key=os.environ.get(KEY, "").strip() or None,
        journal=pages / "requests.txt",
        requests_per_minute=requests_per_minute,
        requests_per_day=requests_per_day,
        limits=limits,
    )
    try:
        reactions = _all_reactions(service, pages, publication, page_size)
        structures = _all_structures(service, pages, reactions, page_size)
    except FetchError as error:
        kept = f"what has arrived is kept in {pages}; run again to resume"
        raise FetchError(f"{dataset}: {error}\n  {kept}") from error
    write_table(output, _table(reactions, structures))
    shutil.rmtree(pages)
    _logger.info("%s: fetched %d reactions from %s", dataset, len(reactions), endpoint)


def _all_reactions(service: Service, pages: Path, publication: str, size: int) -> dict[str, dict]:
    """Every reaction by its id."""
    found, cursors, more, total = {}, [""], True, None
    stored = _stored(pages, "reactions")
    while more and (total is None or len(found) < total):
        page = next(stored, None)
        if page is None:
            page = _ask_reactions(service, publication, size, cursors[-1])
            if page["after"] in cursors:
                break  # the service may repeat its last page forever
            _store(pages, "reactions", page)
        found |= {row["id"]: row for row in page["rows"]}
        more, total = page["more"], page["total"]
        cursors.append(page["after"])
        _logger.info("%d of %d reactions", len(found), total)
    if len(found) != total:
        message = f"expected {total} reactions of {publication}, found {len(found)} different ones"
        raise service.error(f"{message}; delete {pages} to start over")
    return found


def _ask_reactions(service: Service, publication: str, size: int, after: str) -> dict:
    question = _REACTIONS.format(publication=json.dumps(publication), first=size, after=json.dumps(after))
    return _take(service, _reactions_page, service.ask(question))


def _reactions_page(data: Mapping) -> dict:
    reactions = data["reactions"]
    return {
        "after": str(reactions["pageInfo"]["endCursor"]),
        "more": bool(reactions["pageInfo"]["hasNextPage"]),
        "total": int(reactions["totalCount"]),
        "rows": [_reaction(edge["node"]) for edge in reactions["edges"]],
    }


def _reaction(node: Mapping) -> dict:
    sites, equation = node["sites"], str(node["Equation"])
    name = f"{adsorbate_of(equation)}star"
    systems = [system["aseId"] for system in node["reactionSystems"] if system["name"] == name]
    return {
        "id": str(node["id"]),
        "equation": equation,
        "energy": node["reactionEnergy"],
        "sites": sites if sites is None or isinstance(sites, str) else json.dumps(sites),
        "system": systems[0] if len(systems) == 1 else None,
    }


def _all_structures(
    service: Service, pages: Path, reactions: Mapping[str, dict], size: int
) -> dict[str, str | None]:
    """The structure of every wanted system, as text; None if the service has none."""
    rows = [row for row in reactions.values() if is_wanted(row["equation"], row["sites"])]
    wanted = {row["system"] for row in rows} - {None}
    found = {}
    for page in _stored(pages, "structures"):
        found |= page["structures"]
    # First many at once, then each missing one alone: only an empty answer to a single query means that the
    # service has no structure.
    for at_once in (size, 1):
        remaining = sorted(wanted - found.keys())
        for first in range(0, len(remaining), at_once):
            texts = _ask_structures(service, remaining[first : first + at_once])
            arrived = {system: text for system, text in texts.items() if text is not None or at_once == 1}
            if arrived:
                _store(pages, "structures", {"structures": arrived})
            found |= arrived
            _logger.info("%d of %d structures", len(found), len(wanted))
    return found


def _ask_structures(service: Service, systems: Sequence[str]) -> dict[str, str | None]:
    aliases = {f"s{number}": system for number, system in enumerate(systems)}
    parts = [_STRUCTURE.format(alias=alias, id=json.dumps(system)) for alias, system in aliases.items()]
    return _take(service, _structures_page, service.ask(f"{{ {' '.join(parts)} }}"), aliases)


def _structures_page(data: Mapping, aliases: Mapping[str, str]) -> dict[str, str | None]:
    edges = {system: (data.get(alias) or {"edges": []})["edges"] for alias, system in aliases.items()}
    return {system: some[0]["node"]["InputFile"] if some else None for system, some in edges.items()}


def _take(service: Service, take: Callable, data: Mapping, *more: object) -> dict:
    try:
        return take(data, *more)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise service.error(f"an answer lacks requested data ({error!r})", json.dumps(data)) from error


def _stored(pages: Path, kind: str) -> Iterator[dict]:
    for path in sorted(pages.glob(f"{kind}-*.json")):
        try:
            yield read_json(path)
        except ArtifactError as error:
            raise FetchError(f"{error}, or delete {pages} to start over") from error


def _store(pages: Path, kind: str, page: Mapping) -> None:
    number = len(list(pages.glob(f"{kind}-*.json")))
    write_json(pages / f"{kind}-{number:06d}.json", page)


def _table(reactions: Mapping[str, dict], structures: Mapping[str, str | None]) -> pa.Table:
    rows = [reactions[id_] for id_ in sorted(reactions)]
    rows = [{**row, "structure": structures.get(row["system"])} for row in rows]
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    return pa.table({name: pa.array(columns[name], kind) for name, kind in COLUMNS.items()})
