"""Routing without the hub: what a rule set does with a file of leads, or would have done with past ones (R8).

It is the routing of the runs (`routing.module`), started from an empty rotation, over leads in file order.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from leadline.checks import Rejected, check_batch
from leadline.hub import Hub, now_us
from leadline.hub.keys import email_key, merge_key
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import SftpSource, Uniqueness
from leadline.partners import Partner, load_partners
from leadline.reading import open_supplier_file, tables
from leadline.routing.columns import Waiting
from leadline.routing.explaining import Entry, Parts, explain
from leadline.routing.module import Routed, Router
from leadline.routing.reasons import Reason
from leadline.routing.rotation import Rotation
from leadline.routing.store import fields, load_campaigns
from leadline.routing.trace import Traces
from leadline.runs import rules_hash


@dataclass(frozen=True)
class Simulated:
    """What became of one lead.

    Attributes:
        lead: Number of its record in the file, from 1; of a past lead its id.
        partner: Who would have it; None: nobody.
        status: pending, accepted (its partner accepts at once) or unassigned; of a row that is no lead to
            route: quarantined, filtered, or updated (it merges with an earlier lead).
        reason: A `routing` reason, or why it is not routed.
        trace: Entries as in `routing.explaining`.
        before: What happened in fact: partner, status and reason; None for a file.
    """

    lead: int | str
    partner: str | None
    status: str
    reason: str
    trace: Sequence[Entry] = ()
    before: Mapping[str, str | None] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as `leadline simulate --json` prints it."""
        shown = {
            "lead": self.lead,
            "partner": self.partner,
            "status": self.status,
            "reason": self.reason,
            "trace": list(self.trace),
        }
        return shown if self.before is None else shown | {"before": dict(self.before)}


class _Bench:
    """A router with everything that turns its decisions into results."""

    def __init__(self, mapping: SupplierMapping, partners: Sequence[Partner], now: int) -> None:
        self.mapping = mapping
        self.router = Router.of(mapping, partners)
        self.rotation: Rotation = self.router.rotation({}, now)
        self._traces = Traces(self.router, mapping_hash="", rules_hash=rules_hash(mapping))
        self._parts: Parts | None = None

    def route(
        self, leads: Sequence[Waiting], campaigns: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Iterator[tuple[Routed, Simulated]]:
        for number, one in enumerate(self.router.route(leads, self.rotation, campaigns)):
            partner = None if one.place is None else self.router.partners[one.place]
            status = "unassigned"
            if partner is not None:
                status = "accepted" if partner.auto_accept else "pending"
            name = partner.id if partner else None
            trace = self._trace(one, name, campaigns)
            yield one, Simulated(number, name, status, one.reason.value, trace)

    def _trace(
        self, one: Routed, partner: str | None, campaigns: Mapping[str, Mapping[str, Any]] | None
    ) -> list[Entry]:
        body = json.loads(self._traces.taken()[self._traces.trace_id(one)])
        details = json.loads(self._traces.details(one, self.rotation, campaigns))
        if self._parts is None:
            bodies = self._traces.taken()
            self._parts = Parts.of(json.loads(bodies[body["rules"]]), json.loads(bodies[body["partners"]]))
        return explain(body, details, self._parts, partner)


def simulate_file(
    mapping: SupplierMapping,
    path: Path,
    partners: Sequence[Partner],
    *,
    expectations_dir: Path | None = None,
    now: int | None = None,
) -> Iterator[Simulated]:
    """Yield what becomes of each record of a file of leads, in file order.

    Bad rows come out as quarantined, with every reason; only valid leads are routed.

    Args:
        path: A file as the supplier drops it: CSV by the mapping's headers.
        now: UTC microseconds, for absences and caps; the present unless given.

    Raises:
        UnreadableFile: Nothing of the file can be taken.
        OSError: The file is not there, or not ours to read.
    """
    bench = _Bench(mapping, partners, now_us() if now is None else now)
    source = mapping.source if isinstance(mapping.source, SftpSource) else SftpSource(system="sftp")
    merged: dict[str, int] = {}
    with path.open("rb") as stream, tempfile.TemporaryDirectory(prefix="leadline-") as folder:
        file = open_supplier_file(stream, path.name, source, Path(folder))
        for raw in tables(file, mapping, "leads"):
            yield from _table(bench, raw, expectations_dir, merged)


def _table(
    bench: _Bench, raw: pa.Table, expectations_dir: Path | None, merged: dict[str, int]
) -> Iterator[Simulated]:
    numbers: list[int] = raw["number"].to_pylist()
    checked = check_batch(raw, bench.mapping, "leads", expectations_dir)
    found = {
        numbers[one.row]: Simulated(numbers[one.row], None, "quarantined", _reasons(one))
        for one in checked.rejected
    }
    for kept_out in checked.filtered:
        number = numbers[kept_out.row]
        found[number] = Simulated(number, None, "filtered", "the source filter keeps it out")
    leads, places = [], []
    for values in checked.accepted.to_pylist():
        number = values["number"]
        first = merged.setdefault(_identity(bench.mapping, values, number), number)
        if first != number:
            found[number] = Simulated(number, None, "updated", f"it merges with lead {first}")
            continue
        leads.append(_lead(bench.mapping, values))
        places.append(number)
    for number, (_, result) in zip(places, bench.route(leads), strict=True):
        found[number] = Simulated(number, result.partner, result.status, result.reason, result.trace)
    for number in sorted(found):
        yield found[number]


def _identity(mapping: SupplierMapping, values: Mapping[str, Any], number: int) -> str:
    """Return what a lead is one lead by (S10): its record, or its e-mail and campaign."""
    if mapping.source.uniqueness is Uniqueness.EVERY_RECEIPT:
        return str(number)
    name = mapping.campaigns.lead_field
    by_campaign = mapping.source.uniqueness is Uniqueness.EMAIL_AND_CAMPAIGN
    return merge_key(email_key(values["email"]), values.get(name) if name else None, by_campaign=by_campaign)


def _lead(mapping: SupplierMapping, values: Mapping[str, Any]) -> Waiting:
    preassigned = values.get(mapping.preassignment.field) if mapping.preassignment else None
    campaign = values.get(mapping.campaigns.lead_field) if mapping.campaigns.lead_field else None
    return Waiting(
        str(values["number"]),
        values,
        None if preassigned is None else str(preassigned),
        None if campaign is None else str(campaign),
    )


def _reasons(rejected: Rejected) -> str:
    return "; ".join(f"{one.field or 'row'}: {one.message}" for one in rejected.reasons)


def simulate_past(
    hub: Hub, mapping: SupplierMapping, since: int, supplier: str | None = None
) -> tuple[int, list[Simulated]]:
    """Return how many past leads were looked at, and those that this rule set would have routed differently.

    Partners are those of today, without caps and absences, which belong to a day of their own. Where the
    rotation would choose among several, the partner that has the lead counts as chosen again if it is among
    them: what differs is what the rules do, not whose turn it was.

    Args:
        since: Leads received at or after this time, UTC microseconds.
        supplier: The supplier key; that of the mapping's target unless given.
    """
    key = supplier or mapping.key()
    uncapped = mapping.model_copy(update={"routing": mapping.routing.model_copy(update={"cap": None})})
    with hub.reading() as connection:
        partners = [
            one.model_copy(update={"cap": None, "absences": ()})
            for one in load_partners(hub, connection, key)
        ]
        campaigns = load_campaigns(hub, connection, key)
        rows = hub.run(connection, "decision_past", supplier=key, since=since).all()
    bench = _Bench(uncapped, partners, now_us())
    leads = [
        Waiting(
            row.lead_id,
            fields(row.attributes, row.email),
            row.preassigned,
            row.campaign_key,
        )
        for row in rows
    ]
    accepting = {one.id: one.auto_accept for one in partners}
    different = []
    for row, (routed, result) in zip(rows, bench.route(leads, campaigns), strict=True):
        if result.partner == row.partner_id or _among(bench.router, routed, row.partner_id):
            continue
        status = "unassigned"
        if row.partner_id is not None:
            status = "accepted" if accepting.get(row.partner_id) else "pending"
        before = {"partner": row.partner_id, "status": status, "reason": row.reason}
        different.append(
            Simulated(row.lead_id, result.partner, result.status, result.reason, result.trace, before)
        )
    return len(rows), different


def _among(router: Router, routed: Routed, partner: str | None) -> bool:
    """Say whether the rotation could have chosen this partner."""
    if routed.reason is not Reason.ROUND_ROBIN or routed.path is None:
        return False
    return any(
        one.id == partner and routed.path.candidates >> place & 1 for place, one in enumerate(router.partners)
    )
