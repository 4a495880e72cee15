"""Which path is answered by what, and under which operation name it is journalled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from . import bulk_query, collections, composite, ingest, oauth, queries, reports, sobjects
from .calls import Answer, Call
from .errors import Refused, not_found

OLDEST, NEWEST = 51, 68
_SEASONS = ("Winter", "Spring", "Summer")


class Route(NamedTuple):
    """A pattern of path segments (`*` matches any), per method an operation and its handler."""

    pattern: tuple[str, ...]
    methods: dict[str, tuple[str, Callable[..., Answer]]]


def _limits(call: Call) -> Answer:
    return Answer(200, call.org.usage.report())


def _resources(call: Call) -> Answer:
    names = ("sobjects", "query", "queryAll", "composite", "limits", "jobs", "analytics")
    return Answer(200, {name: f"{call.base}/{name}" for name in names} | {"identity": _identity(call)})


def _identity(call: Call) -> str:
    return f"{call.base_url}/id/{call.org.store.org_id}/{call.user_id}"


def _composite(call: Call) -> Answer:
    return composite.composite(call, dispatch)


def _batch(call: Call) -> Answer:
    return composite.batch(call, dispatch)


def versions() -> list[dict[str, str]]:
    """Return the answer of `GET /services/data`: v51 is Spring '21, three versions a year."""
    found = []
    for number in range(OLDEST, NEWEST + 1):
        place = number - 50  # v50 is Winter '21
        label = f"{_SEASONS[place % 3]} '{21 + place // 3}"
        found.append({"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"})
    return found


# Patterns below /services/data/vNN.N; the more exact come first.
_DATA = (
    Route((), {"GET": ("resources", _resources)}),
    Route(("limits",), {"GET": ("limits", _limits)}),
    Route(("query",), {"GET": ("query", queries.query)}),
    Route(("queryall",), {"GET": ("query_all", queries.query_all)}),
    Route(("query", "*"), {"GET": ("query_more", queries.more)}),
    Route(("queryall", "*"), {"GET": ("query_more", queries.more)}),
    Route(("sobjects",), {"GET": ("describe_global", sobjects.all_objects)}),
    Route(
        ("sobjects", "*"),
        {"GET": ("describe_basic", sobjects.basic), "POST": ("record.create", sobjects.create)},
    ),
    Route(("sobjects", "*", "describe"), {"GET": ("describe", sobjects.full)}),
    Route(("sobjects", "*", "updated"), {"GET": ("updated", sobjects.updated)}),
    Route(("sobjects", "*", "deleted"), {"GET": ("deleted", sobjects.deleted)}),
    Route(
        ("sobjects", "*", "*"),
        {
            "GET": ("record.read", sobjects.read),
            "PATCH": ("record.update", sobjects.update),
            "DELETE": ("record.delete", sobjects.delete),
        },
    ),
    Route(
        ("sobjects", "*", "*", "*"),
        {
            "GET": ("record.read_by_key", sobjects.read_by_key),
            "PATCH": ("record.upsert", sobjects.upsert_by_key),
            "DELETE": ("record.delete_by_key", sobjects.delete_by_key),
        },
    ),
    Route(
        ("composite", "sobjects"),
        {
            "POST": ("collections.create", collections.create),
            "PATCH": ("collections.update", collections.update),
            "DELETE": ("collections.delete", collections.delete),
        },
    ),
    Route(
        ("composite", "sobjects", "*"),
        {
            "GET": ("collections.retrieve", collections.retrieve),
            "POST": ("collections.retrieve", collections.retrieve),
        },
    ),
    Route(("composite", "sobjects", "*", "*"), {"PATCH": ("collections.upsert", collections.upsert)}),
    Route(("composite",), {"POST": ("composite", _composite)}),
    Route(("composite", "batch"), {"POST": ("composite.batch", _batch)}),
    Route(("composite", "tree", "*"), {"POST": ("composite.tree", composite.tree)}),
    Route(("analytics", "reports"), {"GET": ("report.list", reports.every)}),
    Route(
        ("analytics", "reports", "*"),
        {"GET": ("report.run", reports.run), "POST": ("report.run", reports.run)},
    ),
    Route(("analytics", "reports", "*", "describe"), {"GET": ("report.describe", reports.describe)}),
    Route(
        ("jobs", "ingest"),
        {"GET": ("ingest.list", ingest.every), "POST": ("ingest.create", ingest.create)},
    ),
    Route(
        ("jobs", "ingest", "*"),
        {
            "GET": ("ingest.info", ingest.info),
            "PATCH": ("ingest.state", ingest.change_state),
            "DELETE": ("ingest.delete", ingest.remove),
        },
    ),
    Route(("jobs", "ingest", "*", "batches"), {"PUT": ("ingest.upload", ingest.upload)}),
    *(
        Route(
            ("jobs", "ingest", "*", name),
            {"GET": ("ingest.results", lambda call, job, name=name: ingest.results(call, job, name))},
        )
        for name in ("successfulresults", "failedresults", "unprocessedrecords")
    ),
    Route(
        ("jobs", "query"),
        {"GET": ("bulk_query.list", bulk_query.every), "POST": ("bulk_query.create", bulk_query.create)},
    ),
    Route(
        ("jobs", "query", "*"),
        {
            "GET": ("bulk_query.info", bulk_query.info),
            "PATCH": ("bulk_query.state", bulk_query.change_state),
            "DELETE": ("bulk_query.delete", bulk_query.remove),
        },
    ),
    Route(("jobs", "query", "*", "results"), {"GET": ("bulk_query.results", bulk_query.results)}),
)
_OPEN = (
    Route(("services", "oauth2", "token"), {"POST": ("token", oauth.token)}),
    Route(("services", "data"), {"GET": ("versions", lambda _: Answer(200, versions()))}),
)
_SIGNED_IN = (
    Route(
        ("services", "oauth2", "userinfo"),
        {"GET": ("userinfo", oauth.userinfo), "POST": ("userinfo", oauth.userinfo)},
    ),
    Route(("id", "*", "*"), {"GET": ("identity", oauth.identity)}),
)


class Found(NamedTuple):
    """What a request asks for: operation, handler, the parts of the path it takes, and its standing."""

    operation: str
    handler: Callable[..., Answer]
    arguments: tuple[str, ...]
    needs_session: bool
    counts: bool


def find(method: str, path: tuple[str, ...]) -> Found:
    """Return what answers a request.

    Raises:
        Refused: NOT_FOUND, METHOD_NOT_ALLOWED, or UNSUPPORTED_API_VERSION (410) for retired versions.
    """
    found = _match(_OPEN, method, path)
    if found is not None:
        return Found(*found, needs_session=False, counts=False)
    found = _match(_SIGNED_IN, method, path)
    if found is not None:
        return Found(*found, needs_session=True, counts=False)
    if path[:2] != ("services", "data") or len(path) < 3:
        raise not_found()
    _check_version(path[2])
    found = _match(_DATA, method, path[3:])
    if found is None:
        raise not_found()
    return Found(*found, needs_session=True, counts=True)


def dispatch(call: Call) -> Answer:
    """Answer a request inside another one; it has the session of the outer one."""
    found = find(call.method, call.path)
    return found.handler(call, *found.arguments)


def _check_version(text: str) -> None:
    number = text[1:].removesuffix(".0")
    if text[:1] != "v" or not number.isdigit() or not 1 <= int(number) <= NEWEST:
        raise not_found()
    if int(number) < 31:
        raise Refused("UNSUPPORTED_API_VERSION", f"The requested API version is retired: {text}", status=410)


def _match(
    routes: tuple[Route, ...], method: str, path: tuple[str, ...]
) -> tuple[str, Callable[..., Answer], tuple[str, ...]] | None:
    for route in routes:
        if len(route.pattern) != len(path):
            continue
        if all(want in {"*", got.lower()} for want, got in zip(route.pattern, path, strict=True)):
            chosen: Any = route.methods.get(method) or (
                route.methods.get("GET") if method == "HEAD" else None
            )
            if chosen is None:
                raise Refused(
                    "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are "
                    + ",".join(route.methods),
                )  # fmt: skip
            arguments = tuple(got for want, got in zip(route.pattern, path, strict=True) if want == "*")
            return chosen[0], chosen[1], arguments
    return None
