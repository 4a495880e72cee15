"""What happened at a partner, told in a supplier's Marketo: as custom activities or rows (W5, W8).

A custom activity stays as it was written and has no key of the vendor's. Ours is one of its attributes, and
the feed is asked for it before anything is added.
https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/custom-activities
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from hooks.marketo.answers import Fault, call_error, not_supported, row_fault, row_result
from hooks.marketo.client import MarketoClient
from hooks.marketo.deals import DealLinks
from hooks.marketo.envelope import Json, batches
from hooks.marketo.feed import LEADS_PER_CALL, Feed
from hooks.marketo.merges import LEAD_GONE, find_heirs
from hooks.marketo.people import parts
from hooks.marketo.rows import custom_path, write_rows
from hooks.marketo.values import write_time
from hooks.shapes import understood
from leadline.errors import ConfigurationError, RetryLater, SchemaDrift
from leadline.mapping.model import SupplierMapping
from leadline.ports import EventWrite, RowResult

logger = logging.getLogger(__name__)

TRIES = 3
SETTLE_SECONDS = 30.0
"""How long the feed is given to show what may have been added before an answer was lost."""
SLACK = timedelta(minutes=5)
UNDATED = timedelta(days=14)
"""How far back an event without a time of its own is looked for."""


class EventWriter:
    """Events of one supplier.

    Raises:
        ConfigurationError: The mapping names no field for our key.
    """

    def __init__(self, client: MarketoClient, mapping: SupplierMapping) -> None:
        chosen = mapping.write_back.events
        if chosen is None:
            raise ConfigurationError(f"{mapping.supplier}: write_back.events is not mapped")
        self._client = client
        self._object = chosen.object
        self._fields = dict(chosen.fields)
        self._types = chosen.types
        self._links = DealLinks(client, mapping)
        if "key" not in self._fields:
            raise ConfigurationError(
                f"write_back.events.fields names no field of {self._object} for 'key': a repeated event "
                "could not be recognised"
            )

    def write(self, events: Sequence[EventWrite]) -> Iterator[RowResult]:
        """Yield one result per event; one that is there already is done.

        An event of a lead that was merged into another since is the survivor's.
        """
        leads = {one.key: one.record_id for one in events if one.on == "lead"}
        deals = [one for one in events if one.on == "opportunity"]
        owners = self._links.leads([one.record_id for one in deals]) if deals else {}
        leads |= {one.key: owners[one.record_id] for one in deals if one.record_id in owners}
        lost = [one.key for one in deals if one.record_id not in owners]
        yield from not_supported(
            lost, "the opportunity's lead is not to be found, and Marketo's events need one"
        )
        known = {one.key: one for one in events if one.key in leads}
        gone: dict[str, RowResult] = {}
        for result in self._written(known, leads):
            if result.code == LEAD_GONE:
                gone[result.key] = result
            else:
                yield result
        heirs = find_heirs(self._client, [leads[key] for key in gone]) if gone else {}
        moved = {key: heirs[leads[key]] for key in gone if leads[key] in heirs}
        yield from (result for key, result in gone.items() if key not in moved)
        if moved:
            yield from self._written({key: known[key] for key in moved}, moved)

    def _written(self, events: Mapping[str, EventWrite], leads: Mapping[str, str]) -> Iterator[RowResult]:
        write = self._activities if self._object.isdigit() else self._rows
        return write(events, leads)

    def _rows(self, events: Mapping[str, EventWrite], leads: Mapping[str, str]) -> Iterator[RowResult]:
        link = self._fields.get("lead")
        if link is None:
            why = f"write_back.events.fields names no field of {self._object} for 'lead'"
            yield from not_supported(list(events), why)
            return
        rows = {key: {**self._values(one), link: leads[key]} for key, one in events.items()}
        path = custom_path(self._object)
        for key, fault, result in write_rows(self._client, path, rows, "createOrUpdate", "dedupeFields"):
            guid = result.get("marketoGUID")
            created = result.get("status") == "created"
            yield row_result(key, fault, record_id=str(guid) if guid else None, created=created)

    def _activities(self, events: Mapping[str, EventWrite], leads: Mapping[str, str]) -> Iterator[RowResult]:
        label = self._key_label()
        for chunk in parts(list(events), 300):
            yield from self._add({key: events[key] for key in chunk}, leads, label)

    def _add(
        self, waiting: dict[str, EventWrite], leads: Mapping[str, str], label: str
    ) -> Iterator[RowResult]:
        """Add what is not there; after a call whose outcome is not known, look again before the next."""
        trouble: RetryLater | None = None
        for attempt in range(TRIES):
            if attempt:
                self._client.sleep(SETTLE_SECONDS)
            for key, guid in self._present(waiting, leads, label).items():
                del waiting[key]
                yield row_result(key, record_id=guid)
            try:
                for result in self._send(waiting, leads):
                    del waiting[result.key]
                    yield result
            except RetryLater as error:
                if (error.retry_after_seconds or 0) > SETTLE_SECONDS:
                    raise  # the day's quota: no wait of ours outlasts it
                trouble = error
                logger.info("adding %s activities failed: %s", len(waiting), type(error).__name__)
            if not waiting:
                return
        if trouble is not None:
            raise trouble
        raise call_error(Fault("713", "rows without a result"), "POST activities/external.json")

    def _send(self, waiting: Mapping[str, EventWrite], leads: Mapping[str, str]) -> Iterator[RowResult]:
        rows = [self._activity(one, leads[key]) for key, one in waiting.items()]
        keys = {id(row): key for row, key in zip(rows, waiting, strict=True)}
        for batch in batches(rows):
            results = self._client.post(
                "/rest/v1/activities/external.json", {"input": batch}, repeat="never"
            ).rows
            if len(results) != len(batch):
                continue  # only its place tells which row a result is about; ask the feed instead
            for row, result in zip(batch, results, strict=True):
                guid = result.get("marketoGUID") or result.get("id")
                fault = row_fault(result)
                record_id = str(guid) if guid is not None else None
                yield row_result(keys[id(row)], fault, record_id=record_id, created=fault is None)

    def _present(
        self, events: Mapping[str, EventWrite], leads: Mapping[str, str], label: str
    ) -> dict[str, str]:
        """Return key -> GUID of those that the feed shows."""
        found: dict[str, str] = {}
        now = datetime.now(UTC)
        times = [one.occurred_at or now - UNDATED for one in events.values()]
        since = min(times) - SLACK
        people = list(dict.fromkeys(leads[key] for key in events))
        for chunk in parts(people, LEADS_PER_CALL):
            numbers = [lead for lead in chunk if lead.isdigit()]
            horizon = max(now, *times) + timedelta(days=1)
            for page in Feed(self._client).of_types([int(self._object)], since, horizon, numbers):
                for one in page:
                    key = one.attributes.get(label)
                    if key in events:
                        found[str(key)] = one.guid
        return found

    def _activity(self, one: EventWrite, lead: str) -> Json:
        values = self._values(one)
        primary = values.pop(PRIMARY, None) or self._type(one)
        return {
            "leadId": int(lead) if lead.isdigit() else lead,
            "activityDate": write_time(one.occurred_at or datetime.now(UTC)),
            "activityTypeId": int(self._object),
            "primaryAttributeValue": primary,
            "attributes": [
                {"apiName": name, "value": value} for name, value in values.items() if value is not None
            ],
        }

    def _values(self, one: EventWrite) -> Json:
        told = {
            "type": self._type(one),
            "subject": one.subject,
            "body": one.body,
            "occurred_at": write_time(one.occurred_at) if one.occurred_at else None,
            "key": one.key,
            "opportunity": one.record_id if one.on == "opportunity" else None,
        }
        return {self._fields[name]: value for name, value in told.items() if name in self._fields}

    def _type(self, one: EventWrite) -> str:
        return self._types.get(one.type, one.type)

    @understood("GET /rest/v1/activities/types.json")
    def _key_label(self) -> str:
        """Return how the feed calls the attribute that holds our key: by its label, not its API name."""
        for kind in self._client.get("/rest/v1/activities/types.json").rows:
            if str(kind.get("id")) == self._object:
                for attribute in kind.get("attributes") or ():
                    if attribute.get("apiName") == self._fields["key"]:
                        return str(attribute["name"])
        return self._label_of_type()

    def _label_of_type(self) -> str:
        for kind in self._client.get("/rest/v1/activities/external/types.json").rows:
            if str(kind.get("id")) == self._object:
                for attribute in kind.get("attributes") or ():
                    if attribute.get("apiName") == self._fields["key"]:
                        return str(attribute["name"])
        raise SchemaDrift(
            f"the custom activity type {self._object} with the attribute '{self._fields['key']}' "
            "(write_back.events) is not there, or hidden from us"
        )


PRIMARY = "primaryAttributeValue"
"""As a target in `write_back.events.fields`: the activity's primary attribute; else it holds the type."""
