"""Tabular reports: listed, described and run at once, with at most 2,000 rows of details.

Source: Salesforce Reports and Dashboards REST API Developer Guide, "Report List", "Describe", "Execute Sync
Reports", "Decode the Fact Map".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from . import identifiers
from .calls import Answer, Call
from .disk import Record
from .errors import Refused, not_found
from .org import Org
from .soql.columns import Column
from .soql.selection import Selection, select

MOST_LISTED = 200
_FACT = "T!T"


def add(
    org: Org,
    name: str,
    object: str,
    columns: Sequence[str],
    where: str = "",
    format: str = "Tabular",
) -> str:
    """Keep a report over the records of one object and return its id; `columns` are SOQL paths."""
    store = org.store
    sobject = store.schema.objects["Report"]
    with store.transaction():
        stamp, user = store.stamp(), next(iter(org.user_ids.values()))
        record: Record = {
            "Id": store.new_id(sobject), "IsDeleted": False, "CreatedDate": stamp, "CreatedById": user,
            "LastModifiedDate": stamp, "LastModifiedById": user, "SystemModstamp": stamp, "Name": name,
            "DeveloperName": re.sub(r"\W+", "_", name), "FolderName": "Public Reports", "Format": format,
            "Definition": {"object": object, "columns": list(columns), "where": where},
        }  # fmt: skip
        store.put("Report", record)
    return str(record["Id"])


def every(call: Call) -> Answer:
    """Answer `GET analytics/reports`: those that were viewed of late, 200 at most."""
    table = call.org.store.tables["Report"].values()
    live = [record for record in table if not record["IsDeleted"]][-MOST_LISTED:]
    return Answer(200, [_link(call, record) for record in live], records=len(live))


def describe(call: Call, report_id: str) -> Answer:
    """Answer `GET analytics/reports/<id>/describe`."""
    record = _report(call, report_id)
    selection = _selected(call, record)
    return Answer(
        200,
        {
            "attributes": _attributes(call, record),
            "reportMetadata": _metadata(record, selection, {}),
            "reportExtendedMetadata": _extended(selection),
        },
    )


def run(call: Call, report_id: str) -> Answer:
    """Answer `GET` or `POST analytics/reports/<id>`; a body's metadata may add filters and an order."""
    record = _report(call, report_id)
    selection = _selected(call, record)
    wish: Mapping[str, Any] = {}
    if call.method == "POST":
        wish = call.json_object().get("reportMetadata") or {}
    metadata = _metadata(record, selection, wish)
    names = metadata["detailColumns"]
    rows = [[_cell(row, column) for column in selection.columns] for row in selection.rows]
    rows = [row for row in rows if all(_passes(row, names, one) for one in metadata["reportFilters"])]
    for order in reversed(metadata["sortBy"]):
        place = _place(names, order["sortColumn"])
        rows.sort(
            key=lambda row: str(row[place]["value"] or ""),
            reverse=str(order.get("sortOrder", "Asc")).lower() == "desc",
        )
    details = call.query.get("includeDetails", "false").lower() == "true"
    shown = rows[: call.org.report_rows]
    tabular = record["Format"] == "Tabular"
    fact: dict[str, Any] = {"aggregates": [{"label": str(len(rows)), "value": len(rows)}]}
    if details and tabular:
        fact["rows"] = [{"dataCells": row} for row in shown]
    return Answer(
        200,
        {
            "attributes": _attributes(call, record),
            "allData": len(shown) == len(rows),
            "factMap": {_FACT: fact},
            "groupingsAcross": {"groupings": []},
            "groupingsDown": {"groupings": []},
            "hasDetailRows": details,
            "reportExtendedMetadata": _extended(selection),
            "reportMetadata": metadata,
        },
        records=len(shown),
    )


def _report(call: Call, report_id: str) -> Record:
    found = call.org.store.get("Report", identifiers.normal(report_id))
    if found is None or found["IsDeleted"]:
        raise not_found("The data you're trying to access is unavailable.")
    return found


def _selected(call: Call, record: Record) -> Selection:
    definition = record["Definition"]
    where = f" WHERE {definition['where']}" if definition["where"] else ""
    wanted = ["Id", *(path for path in definition["columns"] if path != "Id")]
    soql = f"SELECT {', '.join(wanted)} FROM {definition['object']}{where} ORDER BY CreatedDate DESC, Id"  # noqa: S608
    selection = select(call.org.store, soql)
    by_path = {".".join(column.parts).lower(): column for column in selection.columns}
    columns = tuple(by_path[path.lower()] for path in definition["columns"])
    return Selection(selection.query, selection.sobject, selection.rows, columns, selection.write)


def _column_name(selection: Selection, column: Column) -> str:
    """Return a name as reports have them: `LEAD_ID`, `EMAIL`, and custom fields as they are."""
    if column.field.custom:
        return ".".join((selection.sobject.name, *column.parts))
    name = column.parts[-1]
    if column.field.type == "id":
        owner = column.parts[-2] if len(column.parts) > 1 else selection.sobject.name
        return f"{owner}_ID".upper()
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def _metadata(record: Record, selection: Selection, wish: Mapping[str, Any]) -> dict[str, Any]:
    names = [_column_name(selection, column) for column in selection.columns]
    return {
        "aggregates": ["RowCount"],
        "detailColumns": names,
        "developerName": record["DeveloperName"],
        "id": record["Id"],
        "name": record["Name"],
        "reportFormat": record["Format"].upper(),
        "reportType": {"type": f"{selection.sobject.name}List", "label": selection.sobject.plural},
        "reportFilters": list(wish.get("reportFilters") or []),
        "reportBooleanFilter": wish.get("reportBooleanFilter"),
        "sortBy": list(wish.get("sortBy") or []),
    }


def _extended(selection: Selection) -> dict[str, Any]:
    return {
        "aggregateColumnInfo": {"RowCount": {"dataType": "int", "label": "Record Count"}},
        "detailColumnInfo": {
            _column_name(selection, column): {"dataType": column.field.type, "label": column.field.label}
            for column in selection.columns
        },
        "groupingColumnInfo": {},
    }


def _cell(row: Record, column: Column) -> dict[str, Any]:
    value = column.read(row)
    if value is None:
        return {"label": "-", "value": None}
    if column.parts == ("Name",):  # a name is a link: its value is what it leads to
        return {"label": value, "value": row["Id"]}
    return {"label": str(value), "value": value}


def _place(names: Sequence[str], column: str) -> int:
    if column not in names:
        raise Refused("BAD_REQUEST", f"The column {column} is not part of the report.", status=400)
    return names.index(column)


def _passes(row: Sequence[Mapping[str, Any]], names: Sequence[str], wish: Mapping[str, Any]) -> bool:
    value, wanted = str(row[_place(names, wish["column"])]["value"] or ""), str(wish.get("value", ""))
    tests = {
        "equals": value == wanted,
        "notEqual": value != wanted,
        "greaterThan": value > wanted,
        "greaterOrEqual": value >= wanted,
        "lessThan": value < wanted,
        "contains": wanted in value,
    }
    if wish["operator"] not in tests:
        raise Refused("BAD_REQUEST", f"The filter operator {wish['operator']} is invalid.", status=400)
    return tests[wish["operator"]]


def _link(call: Call, record: Record) -> dict[str, str]:
    url = f"{call.base}/analytics/reports/{record['Id']}"
    return {
        "id": record["Id"], "name": record["Name"], "url": url, "describeUrl": f"{url}/describe",
        "instancesUrl": f"{url}/instances",
    }  # fmt: skip


def _attributes(call: Call, record: Record) -> dict[str, str]:
    link = _link(call, record)
    return {
        "type": "Report", "reportId": record["Id"], "reportName": record["Name"],
        "describeUrl": link["describeUrl"], "instancesUrl": link["instancesUrl"],
    }  # fmt: skip
