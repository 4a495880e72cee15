"""What routing reads from the hub: leads that wait, partners, the rotation, campaigns."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection

from leadline.hub import Hub
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, Partner, load_accounts, load_partners
from leadline.routing.availability import cap_starts
from leadline.routing.columns import Waiting
from leadline.routing.module import Router
from leadline.routing.rotation import Rotation, Turn
from leadline.routing.trace import Traces
from leadline.runs import RunContext

Campaigns = Mapping[str, Mapping[str, Any]]

_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Module:
    """One module as the hub has it now: what routes, what turns, and the campaigns rules may ask for.

    Attributes:
        accounts: The CRM accounts that partners may name.
        assigned: By partner with a cap, the leads that it had got of its running period.
    """

    router: Router
    rotation: Rotation
    traces: Traces
    campaigns: Campaigns
    accounts: Sequence[CrmAccount]
    assigned: Mapping[str, int]

    def after(self, places: Iterable[int | None], now: int) -> Module:
        """Return the module as the hub has it once these assignments, which its rotation counts, are kept.

        Args:
            places: Positions of partners, one per lead; None: it got nobody.
            now: UTC microseconds, for absences.
        """
        partners = self.router.partners
        given = Counter(partners[place].id for place in places if place is not None)
        assigned = {name: leads + given[name] for name, leads in self.assigned.items()}
        rotation = self.router.rotation(self.rotation.turns(), now, assigned)
        return replace(self, rotation=rotation, assigned=assigned)

    def decides_as(self, other: Module) -> bool:
        """Say whether leads are routed by one as they were by the other, when both had just been opened."""
        return (
            self.router is other.router
            and self.rotation.begun == other.rotation.begun
            and self.campaigns == other.campaigns
            and self.accounts == other.accounts
        )


def open_module(
    hub: Hub,
    connection: Connection,
    ctx: RunContext,
    mapping: SupplierMapping,
    now: int,
    known: Module | None = None,
) -> Module:
    """Return the module with its rotation as the hub has it; `known` is reused while its partners stay.

    Args:
        now: UTC microseconds, for absences and caps.
    """
    supplier = ctx.supplier
    partners = load_partners(hub, connection, supplier)
    router = Router.of(mapping, partners)
    if known is not None and known.router == router:
        router, traces = known.router, known.traces
    else:
        traces = Traces(router, mapping_hash=ctx.mapping_hash, rules_hash=ctx.rules_hash)
    assigned = _assigned(hub, connection, supplier, mapping, partners, now)
    rotation = router.rotation(_turns(hub, connection, supplier, mapping.routing.module), now, assigned)
    asks = any(side == "campaign" for side, _ in router.narrowing.compared)
    campaigns = load_campaigns(hub, connection, supplier) if asks else {}
    accounts = load_accounts(hub, connection, supplier)
    return Module(router, rotation, traces, campaigns, accounts, assigned)


def _turns(hub: Hub, connection: Connection, supplier: str, module: str) -> dict[str, Turn]:
    return {
        row.partner_id: Turn(
            Fraction(int(row.numerator), int(row.denominator)), row.last_sequence, bool(row.present)
        )
        for row in hub.run(connection, "rotation_state", supplier=supplier, module=module)
    }


def _assigned(
    hub: Hub,
    connection: Connection,
    supplier: str,
    mapping: SupplierMapping,
    partners: Sequence[Partner],
    now: int,
) -> dict[str, int]:
    starts = cap_starts(partners, mapping.routing.cap, now)
    counts = {
        since: dict(map(tuple, hub.run(connection, "rotation_period", supplier=supplier, since=since)))
        for since in set(starts.values())
    }
    return {name: counts[since].get(name, 0) for name, since in starts.items()}


def load_campaigns(hub: Hub, connection: Connection, supplier: str) -> dict[str, dict[str, Any]]:
    """Return the fields of every campaign by its key; `name` is among them."""
    return {
        row.campaign_key: {"name": row.name, **decoded(row.attributes)}
        for row in hub.run(connection, "decision_campaigns", supplier=supplier)
    }


def waiting_leads(
    hub: Hub, connection: Connection, supplier: str, router: Router, batch_id: str, *, met_again: bool = False
) -> list[Waiting]:
    """Return one batch's leads that wait for routing, in stable order, with the fields that rules look at.

    Args:
        met_again: Only those whose record came once more in a pull that passed.
    """
    names = [name for side, name in router.narrowing.compared if side == "lead"]
    found = hub.run(
        connection,
        "decision_leads",
        supplier=supplier,
        batch_id=batch_id,
        table_fields=names,
        table_met_again=met_again,
    )
    rows: Sequence[Any] = found.all()
    # Leads with equal fields share them: rules look at few, and routing asks once for all who share.
    texts = dict.fromkeys([row[1] for row in rows])
    # One parse of all of them costs half of as many single ones.
    values = dict(zip(texts, json.loads(f"[{','.join(texts)}]"), strict=True))
    email = "email" in names
    return [
        Waiting(
            lead,
            _with_email(values[text], address) if email else values[text],
            preassigned,
            campaign,
            attempt,
            _NOBODY,
            deleted != 0,
        )
        for lead, text, address, preassigned, campaign, attempt, deleted in rows
    ]


def fields(attributes: str, email: str) -> dict[str, Any]:
    """Return a lead's mapped fields by name from its hub row."""
    return _with_email(decoded(attributes), email)


def _with_email(values: dict[str, Any], email: str) -> dict[str, Any]:
    return {**values, "email": email} if values.get("email") is None else values


def decoded(attributes: Any) -> dict[str, Any]:
    """Return a JSON column as a dict, from whichever form the driver gives."""
    found: dict[str, Any] = json.loads(attributes) if isinstance(attributes, str | bytes) else attributes
    return found
