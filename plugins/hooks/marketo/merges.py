"""Who was merged into whom: what is meant for somebody merged away goes to the survivor."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hooks.marketo.client import MarketoClient
from hooks.marketo.feed import MERGE_LEADS, Feed

LEAD_GONE = "1004"
_NUMBER = re.compile(r"\d+")


def merged_ids(attributes: Mapping[str, Any]) -> list[str]:
    """Return the leads that a merge activity took in: `Merge IDs` is a list, as JSON or with commas."""
    text = attributes.get("Merge IDs") or ""
    try:
        read = json.loads(str(text))
    except ValueError:
        return _NUMBER.findall(str(text))
    return [str(one) for one in (read if isinstance(read, list) else [read])]


def survivor(lead_id: str, merges: Mapping[str, str]) -> str | None:
    """Return the lead at the end of a chain of merges; None: it was not merged."""
    passed = {lead_id}
    last = merges.get(lead_id)
    while last is not None and last in merges and last not in passed:
        passed.add(last)
        last = merges[last]
    return last


def find_heirs(client: MarketoClient, leads: Sequence[str]) -> dict[str, str]:
    """Return lead -> the lead that it was merged into, for those that were."""
    merges: dict[str, str] = {}
    for page in Feed(client).of_types([MERGE_LEADS], None, datetime.now(UTC)):
        for one in page:
            merges |= dict.fromkeys(merged_ids(one.attributes), one.lead_id)
    found = {lead: survivor(lead, merges) for lead in dict.fromkeys(leads)}
    return {lead: heir for lead, heir in found.items() if heir is not None and heir != lead}
