"""Leads and what happens to them: each change is an activity."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .config import LEAD_FIELDS, LeadField
from .errors import Refused
from .store import Record, Store, stamp
from .values import stored

NOT_A_MEMBER = "Not in Program"


class People:
    """The lead database of one tenant; used inside a transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def fields(self) -> dict[str, LeadField]:
        """Return the lead fields by REST name, as they are now."""
        dropped = set(self._store.setting("dropped_fields", []))
        extra = [LeadField(**entry) for entry in self._store.setting("added_fields", [])]
        return {field.name: field for field in (*LEAD_FIELDS, *extra) if field.name not in dropped}

    @property
    def leads(self) -> dict[str, Record]:
        """Return the leads by id."""
        return self._store.table("lead")

    def lead(self, lead_id: Any) -> Record:
        """Return a lead.

        Raises:
            Refused: 1004.
        """
        found = self.leads.get(str(lead_id))
        if found is None:
            raise Refused("1004", f"Lead '{lead_id}' not found")
        return found

    def find(self, name: str, value: Any) -> list[Record]:
        """Return the leads whose field has a value, texts without regard to case; the oldest first."""
        if name == "id":
            found = self.leads.get(str(value))
            return [found] if found else []
        wanted = str(value).casefold()
        return [lead for lead in self.leads.values() if str(lead.get(name) or "").casefold() == wanted]

    def clean(self, values: Mapping[str, Any]) -> Record:
        """Return values as they are kept.

        Raises:
            Refused: A field that is not there, is read-only, or does not take its value.
        """
        fields, found = self.fields, {}
        for name, value in values.items():
            field = fields.get(name)
            if field is None:
                raise Refused("1006", f"Field '{name}' not found")
            if field.read_only:
                raise Refused("1003", f"Field '{name}' is read only")
            found[name] = stored(name, field.type, field.length, value)
        return found

    def create(self, values: Mapping[str, Any], source: str = "Web service API") -> Record:
        """Add a lead."""
        clean = self.clean(values)
        number, now = self._store.next("lead", 1_000), stamp(self._store.now())
        lead: Record = {"id": number, **clean, "createdAt": now, "updatedAt": now, "_changed": now}
        self._store.put("lead", str(number), lead)
        self.log(12, number, attributes={"Source Type": source, "Created Date": now[:10]})
        return lead

    def update(self, lead: Record, values: Mapping[str, Any], source: str = "Web service API") -> None:
        """Change a lead; each field that changed is an activity, one that did not is none."""
        fields, now = self.fields, stamp(self._store.now())
        changed = {name: value for name, value in self.clean(values).items() if lead.get(name) != value}
        if not changed:
            return
        moved = {"_changed": now}
        if any(fields[name].standard for name in changed):
            moved["updatedAt"] = now  # the visible stamp follows standard fields only
        before = {name: lead.get(name) for name in changed}
        self._store.put("lead", str(lead["id"]), {**lead, **changed, **moved})
        for name, value in changed.items():
            self.log(
                13,
                lead["id"],
                primary=(fields[name].id, fields[name].label),
                attributes={
                    "New Value": value,
                    "Old Value": before[name],
                    "Reason": source,
                    "Source": source,
                },
                _field=name,
            )

    def delete(self, lead_id: Any) -> None:
        """Remove a lead with its memberships."""
        lead = self.lead(lead_id)
        self._store.drop("lead", str(lead["id"]))
        self._leave(int(lead["id"]))
        self.log(37, lead["id"], attributes={"Remove From CRM": False, "Campaign": "Data management"})

    def merge(self, winner_id: Any, loser_ids: Sequence[Any]) -> None:
        """Let one lead take over others, with their activities and memberships."""
        losers = [self.lead(loser) for loser in loser_ids]
        for loser in losers:
            winner = self.lead(winner_id)
            missing = {
                name: value
                for name, value in loser.items()
                if name in self.fields and not self.fields[name].read_only and winner.get(name) is None
            }
            self.update(winner, missing, "Merge")
            if self._store.setting("merge_moves_activities", True):
                for key, activity in list(self._store.table("activity").items()):
                    if activity["leadId"] == loser["id"]:
                        self._store.put("activity", key, {**activity, "leadId": int(winner_id)})
            for table in ("list_member", "member"):
                for key, row in list(self._store.table(table).items()):
                    if row["leadId"] != loser["id"]:
                        continue
                    self._store.drop(table, key)
                    owner = row.get("listId") or row.get("programId")
                    self._store.table(table).get(f"{owner}:{winner_id}") or self._store.put(
                        table, f"{owner}:{winner_id}", {**row, "leadId": int(winner_id)}
                    )
            self._store.drop("lead", str(loser["id"]))
        self.log(
            32,
            int(winner_id),
            primary=(int(winner_id), str(winner_id)),
            attributes={"Master Updated": True, "Merge IDs": json.dumps([lead["id"] for lead in losers])},
        )

    def log(
        self,
        type_id: int,
        lead_id: Any,
        *,
        primary: tuple[int | None, str | None] = (None, None),
        attributes: Mapping[str, Any] | None = None,
        campaign_id: int | None = None,
        at: str | None = None,
        **own: Any,
    ) -> Record:
        """Note an activity."""
        number = self._store.next("activity", 50_000)
        entry = {
            "id": number,
            "marketoGUID": str(number),
            "leadId": int(lead_id),
            "activityDate": at or stamp(self._store.now()),
            "activityTypeId": type_id,
            "campaignId": campaign_id,
            "primaryAttributeValueId": primary[0],
            "primaryAttributeValue": primary[1],
            "attributes": [{"name": name, "value": value} for name, value in (attributes or {}).items()],
            "_seen": stamp(self._store.now()),
            **own,
        }
        return self._store.put("activity", str(number), entry)

    def join_list(self, list_id: Any, lead_id: Any, at: str | None = None) -> bool:
        """Put a lead on a static list; False if it is there already."""
        key = f"{list_id}:{lead_id}"
        if key in self._store.table("list_member"):
            return False
        known = self._store.table("list")[str(list_id)]
        self._store.put("list_member", key, {"listId": int(list_id), "leadId": int(lead_id)})
        self.log(
            24,
            lead_id,
            primary=(int(list_id), known["name"]),
            attributes={"Source": "Web service API"},
            at=at,
        )
        return True

    def leave_list(self, list_id: Any, lead_id: Any) -> bool:
        """Take a lead from a static list; False if it is not there."""
        if self._store.drop("list_member", f"{list_id}:{lead_id}") is None:
            return False
        known = self._store.table("list")[str(list_id)]
        self.log(25, lead_id, primary=(int(list_id), known["name"]), attributes={"Source": "Web service API"})
        return True

    def set_status(
        self, program: Record, lead_id: Any, status: str, at: str | None = None, *, forward: bool = True
    ) -> Record:
        """Give a lead a status in a program, as a member from then on.

        Raises:
            Refused: 1025, 1004 or 1037: a status never moves back, nor onto itself.
        """
        from .config import CHANNELS

        steps = {name: (step, success) for name, step, success in CHANNELS[program["channel"]]}
        if status not in steps:
            raise Refused("1025", f"Program status '{status}' not found")
        lead = self.lead(lead_id)
        key = f"{program['id']}:{lead['id']}"
        known = self._store.table("member").get(key)
        before = known["statusName"] if known else NOT_A_MEMBER
        if known and forward and steps[status][0] <= steps[before][0]:
            raise Refused("1037")
        now = at or stamp(self._store.now())
        if status == NOT_A_MEMBER:
            self._store.drop("member", key)
        else:
            member = {
                **(known or {"membershipDate": now, "acquiredBy": False}),
                "leadId": lead["id"],
                "programId": program["id"],
                "statusName": status,
                "reachedSuccess": steps[status][1],
                "updatedAt": now,
            }
            self._store.put("member", key, member)
        self.log(
            104,
            lead["id"],
            primary=(program["id"], program["name"]),
            attributes={
                "New Status": status,
                "Old Status": before,
                "Success": steps[status][1],
                "Reason": "Web service API",
            },
            at=at,
        )
        return self._store.table("member").get(key, {})

    def _leave(self, lead_id: int) -> None:
        for table in ("list_member", "member"):
            for key, row in list(self._store.table(table).items()):
                if row["leadId"] == lead_id:
                    self._store.drop(table, key)
