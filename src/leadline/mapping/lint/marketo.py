"""A supplier with Marketo: what hands a lead over, and where its status goes."""

from __future__ import annotations

from collections.abc import Iterator

from leadline.mapping.document import Place
from leadline.mapping.model import SupplierMapping, WriteBack
from leadline.mapping.source import MarketoSource

MEMBER = "program_member"
MOST_HANDOVERS = 300  # one call reads so many lists
OPPORTUNITY_KEY = "externalOpportunityId"


def marketo_source(mapping: SupplierMapping, source: MarketoSource) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with `source`."""
    place: Place = ("source", "handover_ids")
    ids = source.handover_ids
    if not ids:
        yield place, f"source.handover_ids names no {source.handover}: no lead would ever be handed over"
    if len(ids) > MOST_HANDOVERS:
        yield place, f"source.handover_ids: {len(ids)} are too many; at most {MOST_HANDOVERS} are read"
    for index, number in enumerate(ids):
        if number < 1:
            yield (*place, index), f"source.handover_ids: {number} is no number of a {source.handover}"
        elif number in ids[:index]:
            yield (*place, index), f"source.handover_ids: {number} is named twice"
    if source.handover == "list" and source.handover_statuses:
        message = "source.handover_statuses is for 'handover: program': who is added to a list has no status"
        yield ("source", "handover_statuses"), message
    outside = {word.casefold() for word in source.outside_statuses}
    for index, word in enumerate(source.handover_statuses):
        if word.casefold() in outside:
            message = f"source.handover_statuses: '{word}' is among outside_statuses and hands nobody over"
            yield ("source", "handover_statuses", index), message
    events = mapping.write_back.events
    for index, kind in enumerate(source.activities):
        if events is not None and kind == events.object:
            message = (
                f"source.activities: {kind} is what write_back.events writes: it would come back as news"
            )
            yield ("source", "activities", index), message


def marketo_write_back(write_back: WriteBack, source: MarketoSource) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with where status, events and opportunities go."""
    object_ = write_back.object
    own = object_ not in (None, "lead", "Lead", MEMBER)
    for name in ("key", "lead_field"):
        value = getattr(write_back, name)
        if own and value is None:
            message = f"write_back.object '{object_}' needs write_back.{name}, a field of this custom object"
            yield ("write_back", "object"), message
        if not own and value is not None:
            yield (
                ("write_back", name),
                f"write_back.{name} is for a custom object in write_back.object",
            )
    if object_ == MEMBER and source.handover != "program":
        message = "write_back.object 'program_member' needs 'handover: program'"
        yield ("write_back", "object"), message
    if object_ == MEMBER and write_back.distribution_status == "statusName":
        statuses = {word.casefold() for word in source.handover_statuses}
        for code, word in write_back.status_labels.items():
            if word.casefold() in statuses:
                message = (
                    f"write_back.status_labels.{code} '{word}' would hand the lead over again: "
                    "name other words in source.handover_statuses"
                )
                yield ("write_back", "status_labels", code), message
    if write_back.events is not None and "key" not in write_back.events.fields:
        message = "write_back.events.fields needs 'key': by it a repeated event is recognised"
        yield ("write_back", "events", "fields"), message
    deals = write_back.opportunities
    if (
        deals is not None
        and deals.object.casefold() == "opportunity"
        and deals.external_id != OPPORTUNITY_KEY
    ):
        message = f"write_back.opportunities.external_id of an opportunity is {OPPORTUNITY_KEY}"
        yield ("write_back", "opportunities", "external_id"), message
