"""Preflight of a supplier's Marketo: sign-in, permissions, lists, programs, what is written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hooks.findings import sign_in_code
from hooks.marketo.answers import NATIVE_CRM
from hooks.marketo.client import MarketoClient
from hooks.marketo.deals import OPPORTUNITY, READ_ONLY
from hooks.marketo.programs import read_program
from hooks.marketo.status import MEMBER
from hooks.shapes import understood
from leadline.errors import (
    BudgetExhausted,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    RetryLater,
    SchemaDrift,
)
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import MarketoSource
from leadline.ports import CheckFinding

_CODES: tuple[tuple[type[LeadlineError], str], ...] = (
    (BudgetExhausted, "budget"),
    (CredentialsRefused, "permission"),
    (RetryLater, "connection"),
    (SchemaDrift, "object_missing"),
    (NotAllowed, "permission"),
)


class Preflight:
    """Looks at everything that a run of this mapping will touch, and changes nothing."""

    def __init__(self, client: MarketoClient, mapping: SupplierMapping, source: MarketoSource) -> None:
        self._client = client
        self._mapping = mapping
        self._source = source

    def findings(self) -> Iterator[CheckFinding]:
        """Yield what is wrong; nothing more is asked once sign-in or budget are."""
        try:
            if not self._client.user:
                yield CheckFinding(
                    "api_user",
                    "connection",
                    "the token names no API-only user: look at the service",
                    "warning",
                )
            self._client.get("/rest/v1/leads/describe.json")
        except LeadlineError as error:
            yield CheckFinding(sign_in_code(error), "connection", str(error))
            return
        yield from self._trying("activities", self._activity_types)
        yield from self._trying("handover_ids", self._handovers)
        object_ = self._mapping.write_back.object
        if object_ not in (None, MEMBER, "lead", "Lead"):
            yield from self._trying("write_back.object", self._written_object, f"custom object {object_}")
        if object_ == MEMBER:
            yield from self._trying("write_back.object", self._members)
        if self._mapping.write_back.events:
            yield from self._trying("write_back.events", self._events)
        if self._mapping.write_back.opportunities:
            yield from self._trying("write_back.opportunities", self._opportunities)

    def _trying(
        self, what: str, look: Callable[[], Iterator[CheckFinding]], object_: str | None = None
    ) -> Iterator[CheckFinding]:
        """Yield what a look finds, or why it failed; `object_` is what is missing where it is not there."""
        try:
            with understood(what):
                found = list(look())
            yield from found
        except LeadlineError as error:
            code = next((code for kind, code in _CODES if isinstance(error, kind)), "connection")
            detail = object_ if object_ and code == "object_missing" else what
            yield CheckFinding(code, detail, f"{what}: {error}")

    def _activity_types(self) -> Iterator[CheckFinding]:
        rows = self._client.get("/rest/v1/activities/types.json").rows
        known = {str(row["id"]) for row in rows} | {str(row.get("name")).casefold() for row in rows}
        for name in self._source.activities:
            if name.casefold() not in known:
                text = f"source.activities: there is no activity type '{name}'"
                yield CheckFinding("object_missing", f"activities.{name}", text)

    def _handovers(self) -> Iterator[CheckFinding]:
        if self._source.handover == "program":
            missing = [one for one in self._source.handover_ids if not read_program(self._client, str(one))]
        else:
            ids = [("id", str(number)) for number in self._source.handover_ids]
            pages = self._client.pages("/rest/v1/lists.json", ids)
            there = {int(row["id"]) for page in pages for row in page.rows}
            missing = [one for one in self._source.handover_ids if one not in there]
        for number in missing:
            what = f"{self._source.handover} {number}"
            text = f"source.handover_ids: {what} is not there, or hidden from the API user's workspace"
            yield CheckFinding("object_missing", what, text)

    def _written_object(self) -> Iterator[CheckFinding]:
        chosen = self._mapping.write_back
        row = self._client.get(f"/rest/v1/customobjects/{chosen.object}/describe.json").rows[0]
        if row.get("dedupeFields") != [chosen.key]:
            text = (
                f"write_back.key '{chosen.key}' is not the dedupe field of {chosen.object}: "
                f"that is {', '.join(row.get('dedupeFields') or ())}"
            )
            yield CheckFinding("external_id_missing", f"{chosen.object}.{chosen.key}", text)

    def _members(self) -> Iterator[CheckFinding]:
        self._client.get("/rest/v1/programs/members/describe.json")
        if self._source.handover != "program":
            text = "write_back.object 'program_member' needs leads that programs hand over"
            yield CheckFinding("configuration", "write_back.object", text)

    def _events(self) -> Iterator[CheckFinding]:
        chosen = self._mapping.write_back.events
        if chosen is None:
            return
        if not chosen.object.isdigit():
            row = self._client.get(f"/rest/v1/customobjects/{chosen.object}/describe.json").rows[0]
            known = {str(field["name"]) for field in row.get("fields") or ()}
        else:
            rows = self._client.get("/rest/v1/activities/external/types.json").rows
            kind = next((row for row in rows if str(row.get("id")) == chosen.object), None)
            if kind is None or str(kind.get("status") or "approved").casefold().startswith("draft"):
                text = f"write_back.events: the custom activity type {chosen.object} is not there or a draft"
                yield CheckFinding("object_missing", chosen.object, text)
                return
            known = {str(one.get("apiName")) for one in kind.get("attributes") or ()}
            known |= {"primaryAttributeValue"}
        for name, field in chosen.fields.items():
            if field not in known:
                text = f"write_back.events: {chosen.object} has no '{field}', which '{name}' is written to"
                yield CheckFinding("field_missing", f"{chosen.object}.{field}", text)

    def _opportunities(self) -> Iterator[CheckFinding]:
        chosen = self._mapping.write_back.opportunities
        if chosen is None:
            return
        built_in = chosen.object.casefold() == OPPORTUNITY
        name = "opportunities" if built_in else f"customobjects/{chosen.object}"
        try:
            row = self._client.get(f"/rest/v1/{name}/describe.json").rows[0]
        except NotAllowed as error:
            if error.vendor_code != READ_ONLY:
                raise
            yield CheckFinding("read_only", chosen.object, NATIVE_CRM)
            return
        known = {str(field["name"]) for field in row.get("fields") or ()}
        wanted = [chosen.external_id, *chosen.fields.values()]
        wanted += [] if built_in else [chosen.lead_field]
        for field in dict.fromkeys(wanted):
            if field not in known:
                text = f"write_back.opportunities: {chosen.object} has no field '{field}'"
                yield CheckFinding("field_missing", f"{chosen.object}.{field}", text)
