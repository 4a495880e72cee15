"""Values and descriptions as Marketo writes them, in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from leadline.ports import FieldDescription

NULL = "null"
"""What a bulk file holds where there is no value."""

_BOTH_ZONES = re.compile(r"Z[+-]0000$")
_BARE_OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{4}|Z[+-]0000)$")
_TYPES = {"text": "textarea", "currency": "double", "float": "double", "integer": "int", "score": "int"}


def read_time(text: str) -> datetime:
    """Return a time in UTC. The asset API writes `Z` and an offset, both; others write either."""
    plain = _BARE_OFFSET.sub(r"\1:\2", _BOTH_ZONES.sub("Z", text.strip()))
    moment = datetime.fromisoformat(plain)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def write_time(moment: datetime) -> str:
    """Return a time as requests take it: UTC, whole seconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def stamp_of(moment: datetime) -> str:
    """Return a time so that stamps compare as text."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "+0000"


def as_text(value: Any) -> str | None:
    """Return a JSON value as text; no value, and an empty one, is None."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ";".join(text for one in value if (text := as_text(one)) is not None) or None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    if not _STAMP.fullmatch(text):
        return text
    try:
        # One spelling for one moment: the two APIs must not make a change out of it.
        return write_time(read_time(text))
    except (ValueError, OverflowError):
        return text  # it looks like a moment and is none: the checks of the row judge it


def cell_text(cell: str | None) -> str | None:
    """Return a cell of a bulk file; the literal `null` is no value."""
    return None if cell in (None, "", NULL) else cell


def value_at(record: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path such as `folder.folderName`, or `tags.Region` of a program."""
    value: Any = record
    for part in path.split("."):
        if part == "tags" and isinstance(value, Mapping):
            tags = value.get("tags") or ()
            value = {tag.get("tagType"): tag.get("tagValue") for tag in tags}
        elif isinstance(value, Mapping):
            value = value.get(part)
        else:
            return None
    return value


def lead_field(entry: Mapping[str, Any]) -> FieldDescription | None:
    """Return a field of `leads/describe`; None for one that REST cannot use."""
    rest = entry.get("rest")
    if not isinstance(rest, Mapping) or not rest.get("name"):
        return None
    return _field(str(rest["name"]), entry, writable=not rest.get("readOnly"))


def object_field(entry: Mapping[str, Any]) -> FieldDescription:
    """Return a field of a custom object, opportunity or program member."""
    return _field(str(entry["name"]), entry, writable=bool(entry.get("updateable", True)))


def _field(name: str, entry: Mapping[str, Any], *, writable: bool) -> FieldDescription:
    return FieldDescription(
        name=name, type=_type(entry), length=entry.get("length"), createable=writable, updateable=writable
    )


def _type(entry: Mapping[str, Any]) -> str:
    kind = str(entry.get("dataType") or "string")
    return _TYPES.get(kind, kind)
