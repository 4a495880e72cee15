"""FetchXML as a marketing list stores it: one table, its attributes, filters, order and pages.

Source: Microsoft Learn, "Use FetchXML to retrieve data", "Page results using FetchXML".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from .calls import Answer, Call
from .errors import bad_query, no_property
from .filters import Test, comparable
from .schema import Table
from .shapes import Shape, Shower
from .store import Row

_TESTS: dict[str, Callable[[Any, str], bool]] = {
    "eq": lambda value, wanted: str(value).lower() == wanted,
    "ne": lambda value, wanted: str(value).lower() != wanted,
    "ge": lambda value, wanted: str(value).lower() >= wanted,
    "gt": lambda value, wanted: str(value).lower() > wanted,
    "le": lambda value, wanted: str(value).lower() <= wanted,
    "lt": lambda value, wanted: str(value).lower() < wanted,
    "like": lambda value, wanted: wanted.strip("%") in str(value).lower(),
}


def fetch(call: Call, table: Table) -> Answer:
    """Return what a FetchXML query finds, one page of it.

    Raises:
        Refused: It cannot be read, or asks for what this room does not know.
    """
    text = call.query["fetchXml"]
    try:
        query = ElementTree.fromstring(text if "<!" not in text else "")  # noqa: S314  no entities
    except ElementTree.ParseError:
        raise bad_query("Invalid FetchXML.") from None
    entity = query.find("entity")
    if entity is None or entity.get("name") != table.name:
        raise bad_query(f"The FetchXML is not about {table.name}.")
    if entity.find("link-entity") is not None:
        raise bad_query("link-entity is not imitated here.")
    tests = [_filter(table, one) for one in entity.findall("filter")]
    rows = [row for row in call.store.tables[table.name].values() if all(test(row) for test in tests)]
    for order in reversed(entity.findall("order")):
        name = str(order.get("attribute"))
        rows.sort(
            key=lambda row: str(comparable(row.get(name)) or ""), reverse=order.get("descending") == "true"
        )
    size, page = int(query.get("count") or 5000), int(query.get("page") or 1)
    names = tuple(_property(table, str(one.get("name"))) for one in entity.findall("attribute"))
    shower = Shower(call.store, table, Shape(names or None, (), call.annotations))
    first = (page - 1) * size
    body: dict[str, Any] = {"@odata.context": f"{call.api}/$metadata#{table.set_name}"}
    more = first + size < len(rows)
    if call.annotations:
        body["@Microsoft.Dynamics.CRM.morerecords"] = more
        if more:
            inner = quoteattr(quote(quote(f'<cookie page="{page}"></cookie>')))
            cookie = f'<cookie pagenumber="{page + 1}" pagingcookie={inner} istracking="False" />'
            body["@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"] = cookie
    body["value"] = [shower.show(row) for row in rows[first : first + size]]
    return Answer(200, body, rows=len(body["value"]))


def _property(table: Table, name: str) -> str:
    if name not in table.columns:
        raise no_property(table.name, name)
    return table.columns[name].value_name


def _filter(table: Table, element: ElementTree.Element) -> Test:
    tests = [_filter(table, one) for one in element.findall("filter")]
    tests += [_condition(table, one) for one in element.findall("condition")]
    if element.get("type") == "or":
        return lambda row: any(test(row) for test in tests)
    return lambda row: all(test(row) for test in tests)


def _condition(table: Table, element: ElementTree.Element) -> Test:
    name, operator = str(element.get("attribute")), str(element.get("operator"))
    _property(table, name)
    wanted = str(element.get("value") or "").lower()
    if operator in ("null", "not-null"):
        return lambda row: (row.get(name) is None) is (operator == "null")
    if operator == "in":
        several = {str(one.text).lower() for one in element.findall("value")}
        return lambda row: str(comparable(row.get(name))).lower() in several
    if operator not in _TESTS:
        raise bad_query(f"The operator '{operator}' is not imitated here.")
    test = _TESTS[operator]

    def fits(row: Row) -> bool:
        value = comparable(row.get(name))
        return value is not None and test(value, wanted)

    return fits
