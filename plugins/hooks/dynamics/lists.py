"""Marketing lists of leads and contacts, static and dynamic (P9).

Source: Microsoft Learn, "Marketing lists"; "Page results using FetchXML".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.messages import Json
from hooks.dynamics.tables import Tables
from leadline.errors import VendorUnavailable
from leadline.ports import ContactList, ListMember

_MEMBERS: Mapping[int, str] = {2: "contact", 4: "lead"}
KIND = "marketing_list"
PAGE_ROWS = 1000
_MORE = "@Microsoft.Dynamics.CRM.morerecords"
_COOKIE = "@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"


def pull_lists(client: DynamicsClient) -> Iterator[ContactList]:
    """Yield the active lists of contacts and of leads."""
    params = {
        "$select": "listid,listname",
        "$filter": "statecode eq 0 and (createdfromcode eq 2 or createdfromcode eq 4)",
        "$orderby": "listname asc",
    }
    for row in client.rows("lists", params):
        yield ContactList(str(row["listid"]), str(row.get("listname") or row["listid"]), KIND)


def pull_members(client: DynamicsClient, tables: Tables, list_: ContactList) -> Iterator[ListMember]:
    """Yield who is on a list, each once; a dynamic list is what its stored query finds now."""
    head = client.get(f"lists({list_.list_id})", {"$select": "createdfromcode,type,query"})
    name = _MEMBERS.get(int(head.get("createdfromcode") or 0))
    if name is None:
        return
    table = tables.get(name)
    select = [table.id_column, "fullname", "emailaddress1"]
    if head.get("type"):
        rows = _found(client, table.set_name, name, str(head.get("query") or ""), select)
    else:
        path = f"lists({list_.list_id})/list{name}_association"
        rows = client.rows(path, {"$select": ",".join(select)})
    given: set[str] = set()
    for row in rows:
        record_id = str(row[table.id_column])
        if record_id not in given:
            given.add(record_id)
            yield ListMember(record_id, name, row.get("emailaddress1") or None, row.get("fullname") or None)


def _found(client: DynamicsClient, set_name: str, name: str, query: str, select: list[str]) -> Iterator[Json]:
    fetch = _read(query)
    entity = fetch.find("entity")
    if entity is None or entity.get("name") != name:
        raise VendorUnavailable(f"Dynamics: the stored query of a list is not about {name}s")
    for attribute in [*entity.findall("attribute"), *entity.findall("all-attributes")]:
        entity.remove(attribute)
    for column in select:
        ElementTree.SubElement(entity, "attribute", {"name": column})
    page = 1
    while True:
        fetch.set("page", str(page))
        fetch.set("count", str(PAGE_ROWS))
        params = {"fetchXml": ElementTree.tostring(fetch, encoding="unicode")}
        body: dict[str, Any] = client.get(set_name, params, prefer='odata.include-annotations="*"')
        yield from body.get("value") or ()
        if not body.get(_MORE):
            return
        if cookie := _cookie(str(body.get(_COOKIE) or "")):
            fetch.set("paging-cookie", cookie)
        page += 1


def _read(text: str) -> ElementTree.Element:
    """Return a stored query; a document type, and with it entities, is refused unread."""
    if "<!" in text:
        raise VendorUnavailable("Dynamics: the stored query of a list holds a declaration")
    try:
        return ElementTree.fromstring(text)  # noqa: S314  no declarations, so no entities
    except ElementTree.ParseError:
        raise VendorUnavailable("Dynamics: the stored query of a list is no XML") from None


def _cookie(text: str) -> str | None:
    """Return the cookie inside the annotation, which comes encoded twice."""
    if not text or "<!" in text:
        return None
    try:
        inner = ElementTree.fromstring(text).get("pagingcookie")  # noqa: S314  no declarations
    except ElementTree.ParseError:
        return None
    return unquote(unquote(inner)) if inner else None
