"""What each outside system can do for each requirement, as its adapter is built: `docs/systems.md` in short.

A row is a requirement of the design; `None` says that the adapter does it, a text why it has no part in it.
Tests marked `capability(row, system, calls…)` prove the former with the vendor calls that they made.
"""

from __future__ import annotations

from collections.abc import Mapping

ROWS: Mapping[str, str] = {
    "S1": "Leads and campaigns from files",
    "S2": "Leads, campaign members, campaigns and activities of Salesforce",
    "S3": "Leads, programs and activities of Marketo",
    "S4": "Contacts, campaigns and activities of Eloqua",
    "S5": "A source filter keeps leads out",
    "S6": "Chosen campaigns are pulled and, where shared, reach the CRM record",
    "S7": "Activities are pulled where mapped",
    "S8": "A lead arrives already assigned",
    "S9": "Test and production target apart",
    "S10": "What makes a lead one lead; nothing read twice is doubled",
    "W1": "Distribution status",
    "W2": "Rejection fields",
    "W3": "Sales status",
    "W4": "Sales rep's name and e-mail",
    "W5": "The partner's events",
    "W6": "Opportunity record created and updated",
    "W7": "Opportunity status",
    "W8": "Events on the opportunity",
    "W9": "Not-routed status",
    "W11": "Fields that the partner changed",
    "P1": "Leads kept as leads or contacts",
    "P2": "Distribution profile: create, update policy, notes, events, opportunities",
    "P4": "The CRM itself: connect, check, describe",
    "P9": "Contact lists",
    "W10": "Status, changed fields, activities and opportunities pulled back",
}

SUPPLIER_ROWS = tuple(row for row in ROWS if row[0] in "SW" and row != "W10")
CRM_ROWS = ("P1", "P2", "P4", "P9", "W10")

OTHER = "another system's row"

SUPPLIERS: Mapping[str, Mapping[str, str | None]] = {
    "sftp": {
        **dict.fromkeys(SUPPLIER_ROWS),
        **dict.fromkeys(("S2", "S3", "S4"), OTHER),
        "S7": "files hold leads and campaigns; activities have no file",
    },
    "salesforce": {**dict.fromkeys(SUPPLIER_ROWS), **dict.fromkeys(("S1", "S3", "S4"), OTHER)},
    "marketo": {**dict.fromkeys(SUPPLIER_ROWS), **dict.fromkeys(("S1", "S2", "S4"), OTHER)},
    "eloqua": {**dict.fromkeys(SUPPLIER_ROWS), **dict.fromkeys(("S1", "S2", "S3"), OTHER)},
}
"""Supplier system -> row -> why not, or None."""

CRMS: Mapping[str, Mapping[str, str | None]] = {
    "salesforce": dict.fromkeys(CRM_ROWS),
    "dynamics": dict.fromkeys(CRM_ROWS),
    "saleslink": {
        **dict.fromkeys(CRM_ROWS),
        "P1": "Saleslink has leads only; a contact is refused in the partner's settings",
        "P9": "the service has no lists",
    },
}
"""CRM -> row -> why not, or None."""
