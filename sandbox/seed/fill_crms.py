"""Puts into a partner's Dynamics or Saleslink what it knew before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.seed.tenant_records import ExpectedTenant

OBJECT = {("saleslink", "lead"): "Lead"}
"""(Vendor, table) -> how the room calls the table, where it is not the same."""

Act = Callable[[str, dict[str, Any]], Any]


def fill_crm(tenant: ExpectedTenant, act: Act) -> None:
    """Write the partner's own records; a demonstration does not wait for calls per minute."""
    if tenant.partner.vendor == "saleslink":
        act("configure", {"calls_per_minute": 0})
    for table, values in tenant.known:
        name = OBJECT.get((tenant.partner.vendor, table), table)
        act("insert", {"object": name, "rows": [values]})
