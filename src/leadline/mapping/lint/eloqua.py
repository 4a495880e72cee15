"""Eloqua: hand-overs, names of fields, custom objects that are written to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from leadline.mapping.document import Place
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import EloquaSource

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_PREFIXES = {
    "form": ("Form", "Activity"),
    "segment": ("Account",),
    "custom_object": ("CustomObject",),
}


def eloqua_source(mapping: SupplierMapping, source: EloquaSource) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with `source` and with the names of fields."""
    if source.handover_id < 1:
        message = f"source.handover_id {source.handover_id} is no id of a {source.handover.replace('_', ' ')}"
        yield ("source", "handover_id"), message
    for name in ("segment_stamp", "segment_changed_only"):
        if getattr(source, name) and source.handover != "segment":
            yield ("source", name), f"source.{name} goes with handover segment, not with {source.handover}"
    if source.segment_stamp and not _NAME.fullmatch(source.segment_stamp):
        message = (
            f"source.segment_stamp '{source.segment_stamp}' is no contact field, such as C_Handed_Over_At1"
        )
        yield ("source", "segment_stamp"), message
    if source.link_rows_by and not re.fullmatch(r"\{\{Contact\..+\}\}", source.link_rows_by):
        message = f"source.link_rows_by '{source.link_rows_by}' is no contact statement, such as "
        yield ("source", "link_rows_by"), message + "{{Contact.Id}}"
    prefixes = _PREFIXES[source.handover]
    for index, field in enumerate(mapping.fields):
        prefix, dot, name = field.source.rpartition(".")
        if not dot and _NAME.fullmatch(field.source):
            continue
        # The inputs of a form are named by whoever made it: dashes and dots are seen there.
        if field.source.startswith("Form.") and "Form" in prefixes and len(field.source) > len("Form."):
            continue
        if prefix not in prefixes or not _NAME.fullmatch(name):
            allowed = ", ".join(f"{one}.<name>" for one in prefixes)
            message = (
                f"'{field.source}' cannot be read with handover {source.handover}; allowed are a contact "
            )
            yield ("fields", index, "source"), f"{message}field (C_EmailAddress) and {allowed}"


def eloqua_write_back(mapping: SupplierMapping, source: EloquaSource) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with the objects that are written to; contacts where none is named."""
    chosen = mapping.write_back
    for place, object_ in (
        (("write_back", "object"), chosen.object),
        (("write_back", "events", "object"), chosen.events.object if chosen.events else None),
        (
            ("write_back", "opportunities", "object"),
            chosen.opportunities.object if chosen.opportunities else None,
        ),
    ):
        if object_ is not None and not object_.isdecimal():
            yield place, f"{'.'.join(place)} '{object_}' is no id of a custom object, such as \"7\""
    handed = source.handover == "custom_object" and chosen.object == str(source.handover_id)
    if chosen.object is not None and not handed and chosen.key is None:
        message = (
            f"write_back.object {chosen.object} needs write_back.key, its field that holds our lead's id"
        )
        yield ("write_back", "object"), message
    if chosen.key and (chosen.object is None or handed):
        message = "write_back.key is for a custom object of its own, not for what is handed over"
        yield ("write_back", "key"), message
    if chosen.events and "key" not in chosen.events.fields:
        message = "write_back.events.fields needs 'key': by it a repeated event is known"
        yield ("write_back", "events", "fields"), message


def eloqua_inbound(mapping: SupplierMapping, source: EloquaSource) -> dict[str, str]:
    """Return what is read from the record that is written to: its field's name -> our field."""
    object_ = mapping.write_back.object
    prefix = "CustomObject."
    if object_ is None:
        return {field.source: field.name for field in mapping.fields if "." not in field.source}
    if source.handover == "custom_object" and object_ == str(source.handover_id):
        return {
            field.source[len(prefix) :]: field.name
            for field in mapping.fields
            if field.source.startswith(prefix)
        }
    return {}
