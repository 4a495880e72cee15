"""Lists of people in a partner's org: the members of a campaign, and the rows of a tabular report (P9)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient, quoted
from hooks.salesforce.rows import rows_in, short
from hooks.salesforce.window import value_at
from leadline.errors import NotAllowed, SchemaDrift, VendorUnavailable
from leadline.ports import ContactList, ListMember

CAMPAIGN, REPORT = "campaign", "report"

_OBJECTS = {"003": "Contact", "00Q": "Lead"}
_RECORD = re.compile(r"(?:003|00Q)[a-zA-Z0-9]{12}(?:[a-zA-Z0-9]{3})?")
_DETAILS = "T!T"  # where the rows of a report without groups are


class ListReader:
    """Campaigns and tabular reports of one org."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client

    def lists(self) -> Iterator[ContactList]:
        """Yield campaigns, then tabular reports; none of what this connection may not see."""
        for kind, soql in (
            (CAMPAIGN, "SELECT Id, Name FROM Campaign ORDER BY Name, Id"),
            (REPORT, "SELECT Id, Name FROM Report WHERE Format = 'Tabular' ORDER BY Name, Id"),
        ):
            try:
                yield from (
                    ContactList(str(row["Id"]), str(row["Name"]), kind) for row in self._client.records(soql)
                )
            except SchemaDrift:
                continue  # the object is hidden from us: the org has no such lists for us

    def members(self, list_: ContactList) -> Iterator[ListMember]:
        """Yield the people on a list, each once; a row of a report that names nobody is left out."""
        given: set[str] = set()
        found = self._report(list_) if list_.kind == REPORT else self._campaign(list_)
        for member in found:
            one = short(member.record_id) or (member.email or "").casefold()
            if one and one not in given:
                given.add(one)
                yield member

    def _campaign(self, list_: ContactList) -> Iterator[ListMember]:
        columns = "Id, LeadId, ContactId, Lead.Email, Lead.Name, Contact.Email, Contact.Name"
        head = f"SELECT {columns} FROM CampaignMember WHERE CampaignId IN"  # noqa: S608  names of ours
        for row in rows_in(self._client, head, [list_.list_id]):
            object_ = "Contact" if row.get("ContactId") else "Lead"
            if row.get(f"{object_}Id"):
                yield ListMember(
                    str(row[f"{object_}Id"]),
                    object_,
                    value_at(row, f"{object_}.Email"),
                    value_at(row, f"{object_}.Name"),
                )

    def _report(self, list_: ContactList) -> Iterator[ListMember]:
        """Yield a report's people. Source: Reports and Dashboards REST API Guide, "Execute Sync Reports".

        An answer holds 2,000 rows at most: the rest is asked for by a filter on the column of record ids.

        Raises:
            NotAllowed: The report is not tabular, or is longer and has no such column.
        """
        path = f"analytics/reports/{quoted(list_.list_id)}"
        body = self._client.read_object("GET", path, params={"includeDetails": "true"})
        metadata = body.get("reportMetadata") or {}
        if metadata.get("reportFormat") != "TABULAR":
            raise NotAllowed(f"report {list_.list_id} is no longer tabular: make it so, or leave the list")
        last, column = "", ""
        while True:
            rows = _rows(body)
            yield from (member for row in rows if (member := _member(body, row)))
            if body.get("allData", True):
                return
            place = _id_place(rows)
            after = max((_id(row[place]) for row in rows), default="") if place is not None else ""
            if place is None or (column and after <= last):
                raise NotAllowed(
                    f"report {list_.list_id} has more than {len(rows)} rows and no column of lead or contact "
                    "ids to read on by: add one, or filter the report"
                )
            # The first answer is in an order of the report's own: the second begins again, by id.
            last = after if column else ""
            column = str(metadata["detailColumns"][place])
            again = {"reportMetadata": _behind(metadata, column, last)}
            body = self._client.read_object(
                "POST", path, params={"includeDetails": "true"}, json_body=again, repeatable=True
            )


def _rows(body: Json) -> list[Sequence[Json]]:
    try:
        return [row["dataCells"] for row in body["factMap"][_DETAILS]["rows"]]
    except (KeyError, TypeError):
        raise VendorUnavailable("a report's answer holds no rows") from None


def _behind(metadata: Json, column: str, last: str) -> Json:
    """Return the report, in order of a column, from behind a value ("": from its beginning)."""
    ordered = metadata | {"sortBy": [{"sortColumn": column, "sortOrder": "Asc"}]}
    if not last:
        return ordered
    filters = list(metadata.get("reportFilters") or ())
    logic = metadata.get("reportBooleanFilter")
    if logic:
        logic = f"({logic}) AND {len(filters) + 1}"
    filters.append({"column": column, "operator": "greaterThan", "value": last})
    return ordered | {"reportFilters": filters, "reportBooleanFilter": logic}


def _id(cell: Json) -> str:
    value = cell.get("value")
    return value if isinstance(value, str) and _RECORD.fullmatch(value) else ""


def _id_place(rows: Sequence[Sequence[Json]]) -> int | None:
    """Return the column whose cells show the id of a lead or contact, in every row."""
    for place in range(len(rows[0]) if rows else 0):
        if all(_id(row[place]) and row[place].get("label") == row[place]["value"] for row in rows):
            return place
    return None


def _member(body: Json, cells: Sequence[Json]) -> ListMember | None:
    """Return who a row names: by an id behind a name or in a column of its own, or by an e-mail alone."""
    metadata = body.get("reportMetadata") or {}
    info = (body.get("reportExtendedMetadata") or {}).get("detailColumnInfo") or {}
    types = [
        str((info.get(name) or {}).get("dataType") or "") for name in metadata.get("detailColumns") or ()
    ]
    record_id = next((found for cell in cells if (found := _id(cell))), "")
    name = next(
        (_text(cell.get("label")) for cell in cells if _id(cell) and cell["label"] != cell["value"]), None
    )
    email = next(
        (_text(cell.get("value")) for cell, type_ in zip(cells, types, strict=False) if type_ == "email"),
        None,
    )
    if not record_id and not email:
        return None
    return ListMember(record_id, _OBJECTS.get(record_id[:3], ""), email, name)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() not in ("", "-") else None
