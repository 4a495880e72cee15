"""Digests of what the rooms hold, by which a repeated day is seen to change nothing."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sandbox.eloqua.config import CUSTOM_OBJECTS as ELOQUA_OBJECTS
from sandbox.marketo.config import CUSTOM_OBJECTS as MARKETO_OBJECTS

if TYPE_CHECKING:
    from sandbox.core import Sandbox

OBJECTS: dict[str, tuple[str, ...]] = {
    "marketo": ("lead", "activity", "list", "program", "opportunity", "role", *MARKETO_OBJECTS),
    "eloqua": ("contact", "activity", "campaign", *(f"customObject/{one}" for one in ELOQUA_OBJECTS)),
    "dynamics": ("lead", "contact", "opportunity", "task", "annotation", "phonecall", "appointment"),
    "saleslink": ("Lead", "Opportunity", "Event"),
}
"""What of each vendor's tenants is looked at: records, not sessions, jobs and exports."""


def digests(sandbox: Sandbox) -> dict[str, str]:
    """Return the digest of each room's records, or files; equal digests: nothing was changed or touched."""
    found: dict[str, str] = {}
    for name, room in sandbox.orgs.items():
        with room.org.store.lock:
            tables = {table: list(rows.values()) for table, rows in room.org.store.tables.items()}
        found[f"salesforce:{name}"] = _digest(tables)
    for (vendor, name), tenant in sandbox.tenants.items():
        rows = {one: tenant.tenant.act("rows", {"object": one}) for one in OBJECTS[vendor]}
        found[f"{vendor}:{name}"] = _digest(rows)
    for name, account in sandbox.accounts.items():
        files = sorted(path for path in account.home.rglob("*") if path.is_file())
        content = [
            (str(path.relative_to(account.home)), hashlib.sha256(path.read_bytes()).hexdigest())
            for path in files
        ]
        found[f"sftp:{name}"] = _digest(content)
    return found


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
