"""Which handler answers which request; paths are compared without regard to case, empty parts left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.eloqua import definitions, lists, rest, rest_contacts, rest_rows, sign_in, syncs
from sandbox.eloqua.calls import Answer, Call
from sandbox.eloqua.tenant import State

Handler = Callable[[State, Call], Answer]
_ELEMENT = r"(contacts|accounts|activities|campaigns|customobjects/\d+)"
_BULK, _REST = r"api/bulk/2\.0", r"api/rest/[12]\.0"


@dataclass(frozen=True)
class Found:
    """What a request is: its operation, the object it is about, and who answers."""

    operation: str
    object: str
    handler: Handler
    signed: bool = True


def _element(text: str) -> str:
    return text.replace("customobjects", "customObjects")


def find(call: Call) -> Found | None:
    """Return what this request is; None: nothing here answers it."""
    path, method = "/".join(call.folded), call.method
    if path == "id" and method == "GET":
        return Found("id", "", sign_in.identity, signed=False)
    if path == "auth/oauth2/token" and method == "POST":
        return Found("token", "", sign_in.token, signed=False)
    for pattern, methods, make in _ROUTES:
        found = pattern.fullmatch(path)
        if found and method in methods:
            return make(method, *found.groups())
    return None


def _route(
    path: str, methods: str, make: Callable[..., Found]
) -> tuple[re.Pattern[str], frozenset[str], Callable[..., Found]]:
    return re.compile(path), frozenset(methods.split()), make


def _handler(handler: Callable[..., Answer], *own: str) -> Handler:
    return lambda state, call: handler(state, call, *own)


_ASSET = r"(campaign|form|contact/segment|contact/list|customobject)"
_NAMES = {"GET": "read", "PUT": "update", "DELETE": "delete", "POST": "create"}

_ROUTES = [
    _route(
        rf"{_BULK}/customobjects",
        "GET",
        lambda _: Found("bulk.customObjects", "customObjects", lists.custom_objects),
    ),
    _route(
        rf"{_BULK}/contacts/(segment|list)s",
        "GET",
        lambda _, kind: Found(f"bulk.{kind}s", "contacts", _handler(lists.places, kind)),
    ),
    _route(
        rf"{_BULK}/{_ELEMENT}/fields",
        "GET",
        lambda _, element: Found("bulk.fields", _element(element), _handler(lists.fields, _element(element))),
    ),
    _route(
        rf"{_BULK}/{_ELEMENT}/fields/(\d+)",
        "GET",
        lambda _, element, id_: Found(
            "bulk.fields", _element(element), _handler(lists.one_field, _element(element), id_)
        ),
    ),
    _route(
        rf"{_BULK}/{_ELEMENT}/(exports|imports)",
        "GET POST",
        lambda method, element, kind: Found(
            f"bulk.{kind}.{'create' if method == 'POST' else 'list'}",
            _element(element),
            _handler(
                definitions.define if method == "POST" else definitions.definitions, _element(element), kind
            ),
        ),
    ),
    _route(
        rf"{_BULK}/{_ELEMENT}/(exports|imports)/(\d+)",
        "GET PUT DELETE",
        lambda method, element, kind, id_: Found(
            f"bulk.{kind}.{_NAMES[method]}",
            _element(element),
            _handler(definitions.definition, _element(element), kind, id_),
        ),
    ),
    _route(
        rf"{_BULK}/{_ELEMENT}/imports/(\d+)/data",
        "POST",
        lambda _, element, id_: Found(
            "bulk.imports.data", _element(element), _handler(definitions.stage, _element(element), id_)
        ),
    ),
    _route(
        rf"{_BULK}/{_ELEMENT}/(exports|imports)/(\d+)/data",
        "GET DELETE",
        lambda method, element, kind, id_: Found(
            f"bulk.{kind}.{'staged' if method == 'GET' else 'unstage'}",
            _element(element),
            _handler(definitions.unstage, _element(element), kind, id_),
        ),
    ),
    _route(
        rf"{_BULK}/syncs",
        "GET POST",
        lambda method: (
            Found("bulk.syncs.create", "", definitions.create_sync)
            if method == "POST"
            else Found("bulk.syncs.list", "", syncs.syncs)
        ),
    ),
    _route(
        rf"{_BULK}/syncs/(\d+)",
        "GET",
        lambda _, id_: Found("bulk.syncs.read", "", _handler(syncs.sync, id_)),
    ),
    _route(
        rf"{_BULK}/syncs/(\d+)/(logs|rejects|data)",
        "GET",
        lambda _, id_, part: Found(
            f"bulk.syncs.{part}",
            "",
            _handler({"logs": syncs.logs, "rejects": syncs.rejects, "data": syncs.data}[part], id_),
        ),
    ),
    _route(
        rf"{_REST}/data/contacts",
        "GET",
        lambda _: Found("rest.contacts.list", "contacts", rest_contacts.contacts),
    ),
    _route(
        rf"{_REST}/data/contact",
        "POST",
        lambda _: Found("rest.contacts.create", "contacts", rest_contacts.create_contact),
    ),
    _route(
        rf"{_REST}/data/contact/(\d+)",
        "GET PUT DELETE",
        lambda method, id_: Found(
            f"rest.contacts.{_NAMES[method]}", "contacts", _handler(rest_contacts.contact, id_)
        ),
    ),
    _route(
        rf"{_REST}/data/activities/contact/(\d+)",
        "GET",
        lambda _, id_: Found(
            "rest.activities.list", "activities", _handler(rest_contacts.contact_activities, id_)
        ),
    ),
    _route(
        rf"{_REST}/assets/contact/fields",
        "GET",
        lambda _: Found("rest.fields.list", "contacts", rest_contacts.contact_fields),
    ),
    _route(
        rf"{_REST}/assets/{_ASSET}s",
        "GET",
        lambda _, kind: Found(f"rest.{kind}s.list", kind, _handler(rest.assets, kind)),
    ),
    _route(
        rf"{_REST}/assets/{_ASSET}",
        "POST",
        lambda _, kind: Found(f"rest.{kind}s.create", kind, _handler(rest.create_asset, kind)),
    ),
    _route(
        rf"{_REST}/assets/{_ASSET}/(\d+)",
        "GET PUT DELETE",
        lambda method, kind, id_: Found(
            f"rest.{kind}s.{_NAMES[method]}", kind, _handler(rest.asset, kind, id_)
        ),
    ),
    _route(
        rf"{_REST}/assets/campaign/(active|draft)/(\d+)",
        "POST",
        lambda _, status, id_: Found(
            "rest.campaigns.update", "campaign", _handler(rest.activate, id_, status.capitalize())
        ),
    ),
    _route(
        rf"{_REST}/data/customobject/(\d+)(?:/instances)?",
        "GET",
        lambda _, id_: Found("rest.rows.list", f"customObjects/{id_}", _handler(rest_rows.instances, id_)),
    ),
    _route(
        rf"{_REST}/data/customobject/(\d+)(?:/instance)?",
        "POST",
        lambda _, id_: Found(
            "rest.rows.create", f"customObjects/{id_}", _handler(rest_rows.create_instance, id_)
        ),
    ),
    _route(
        rf"{_REST}/data/customobject/(\d+)/instance/(\d+)",
        "GET PUT DELETE",
        lambda method, id_, row: Found(
            f"rest.rows.{_NAMES[method]}", f"customObjects/{id_}", _handler(rest_rows.instance, id_, row)
        ),
    ),
    _route(
        rf"{_REST}/data/form/(\d+)",
        "GET POST",
        lambda method, id_: Found(
            "rest.submissions.list" if method == "GET" else "rest.submissions.create",
            f"form/{id_}",
            _handler(rest_rows.submissions if method == "GET" else rest_rows.submit, id_),
        ),
    ),
]
