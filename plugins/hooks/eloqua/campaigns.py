"""Campaigns of an Eloqua tenant, over the Application API.

Source: Oracle, "Campaigns REST endpoints".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hooks.eloqua.client import EloquaClient
from hooks.eloqua.window import from_epoch
from hooks.shapes import understood
from leadline.errors import VendorUnavailable
from leadline.mapping.model import SupplierMapping
from leadline.ports import RecordPage, SourceRecord

FIELDS = (
    "id", "name", "description", "currentStatus", "campaignType", "campaignCategory", "product", "region",
    "startAt", "endAt", "budgetedCost", "actualCost", "crmId", "createdAt", "updatedAt",
)  # fmt: skip
CUSTOM = "Field."  # source of a campaign's own field: "Field.<id>"
_TIMES = frozenset({"startAt", "endAt", "createdAt", "updatedAt"})


def campaign_pages(
    client: EloquaClient, mapping: SupplierMapping, search: str | None
) -> Iterator[RecordPage]:
    """Yield the raw pages, then all chosen campaigns by (stamp, id), each once."""
    params = {"depth": "complete", "orderBy": "createdAt"}
    if search:
        params["search"] = search
    sources = list(dict.fromkeys(field.source for field in mapping.campaigns.fields))
    if mapping.campaigns.key:
        sources.append(mapping.campaigns.key)
    found: dict[str, SourceRecord] = {}
    came = 0
    for raw, elements in client.elements("assets/campaigns", params):
        yield RecordPage(raw, ())
        came += len(elements)
        for element in elements:
            with understood("assets/campaigns"):
                record = SourceRecord(
                    str(element["id"]),
                    {source: _value(element, source) for source in sources},
                    stamp=from_epoch(str(element.get("updatedAt") or element.get("createdAt") or "")),
                )
            found[record.record_id] = record
    if len(found) != came:
        # Where one came twice, its page pushed another one out.
        raise VendorUnavailable(f"assets/campaigns: {came} campaigns came, of which only {len(found)} differ")
    if found:
        yield RecordPage(b"", sorted(found.values(), key=lambda one: (one.stamp or "", one.record_id)))


def _value(element: Mapping[str, Any], source: str) -> str | None:
    if source.startswith(CUSTOM):
        wanted = source.removeprefix(CUSTOM)
        values = [
            one.get("value") for one in element.get("fieldValues") or () if str(one.get("id")) == wanted
        ]
        return str(values[0]) if values and values[0] not in (None, "") else None
    value = element.get(source)
    if value in (None, ""):
        return None
    return from_epoch(str(value)) if source in _TIMES else str(value)
