"""The days of `stories`, where the partners keep Dynamics 365 and Saleslink."""

from __future__ import annotations

from typing import Any

from leadline.partners import CrmAccount
from tests.crashes import stories
from tests.crashes.rooms import Rooms

DYNAMICS, SALESLINK = ("dynamics", "d001"), ("saleslink", "k001")
TENANTS = (DYNAMICS, SALESLINK)
ACCOUNTS = (
    CrmAccount(id="dyn-d001", type="dynamics", connection="dynamics_d001"),
    CrmAccount(id="sl-k001", type="saleslink", connection="saleslink_k001"),
)
_OF_PARTNER = {
    "P001": {"crm": "dyn-d001", "crm_owner": "rep.one@d001.example"},
    "P002": {
        "crm": "sl-k001",
        "record_as": "lead",
        "crm_owner": "kim.larsen@k001.example",
        "custom_fields_into_notes": True,
    },
    "P003": {"crm": "dyn-d001"},
}
PARTNERS = tuple(type(one).model_validate(one.model_dump() | _OF_PARTNER[one.id]) for one in stories.PARTNERS)


def mapping() -> dict[str, Any]:
    """Return the mapping of `stories`, with fields for these CRMs."""
    crm = {"saleslink": {"lead": {"tier_need": "Tier", "title": "Title"}}}
    return stories.salesforce_mapping(bulk=False) | {"crm": crm}


def fill_first_day(rooms: Rooms) -> dict[str, str]:
    """Fill the supplier's org and what the partners know already; return ids by name."""
    ids = stories.fill_first_day(rooms)
    known = {"lastname": "Known", "emailaddress1": "knut@buyer.example", "jobtitle": "as known"}
    rooms.control.do(*DYNAMICS, "insert", object="lead", rows=[known])
    rooms.control.do(*SALESLINK, "configure", calls_per_minute=0)
    return ids
