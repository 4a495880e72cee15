"""What suppliers were told of the week: what partners did with their leads, and nothing of the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.client import Control
from sandbox.comparison.told import told_of
from sandbox.comparison.write_back import key_in

Json = dict[str, Any]


def week_differences(control: Control, supplier: str, expected: list[Json]) -> Iterator[str]:
    """Yield how what one supplier was told differs from what happened at its partners."""
    there = told_of(control, supplier)
    touched = {key_in(one): one for one in expected}
    for key in sorted(touched.keys() | there.keys()):
        name = f"{supplier} {' / '.join(key)}"
        if key not in there:
            yield f"{name}: was never told of"
        for told in there.get(key, []):
            if key in touched:
                yield from _touched(f"{name} ({touched[key]['kind']})", touched[key]["expect"], told)
            else:
                yield from _untouched(name, told)


def _touched(name: str, must: Json, told: Json) -> Iterator[str]:
    for part in ("status", "sales", "reason", "rep_name", "rep_email", "events"):
        if part in must and must[part] != _as_open(part, told[part]):
            yield f"{name}: {part} must be {must[part]!r}, is {told[part]!r}"
    for field, value in must.get("fields", {}).items():
        if _parts(value) != _parts(told["fields"].get(field)):
            yield f"{name}: {field} must be {value!r}, is {told['fields'].get(field)!r}"
    if "opportunity" in must:
        yield from _deal(name, must["opportunity"], told["opportunities"])


def _deal(name: str, must: Json | None, there: list[Json]) -> Iterator[str]:
    wanted = 0 if must is None else 1
    if len(there) != wanted:
        yield f"{name}: {wanted} opportunities expected, {len(there)} there"
    elif must is not None:
        for part, value in must.items():
            if there[0][part] != value:
                yield f"{name}: the opportunity's {part} must be {value!r}, is {there[0][part]!r}"


def _untouched(name: str, told: Json) -> Iterator[str]:
    if told["sales"] not in (None, "open"):
        yield f"{name}: nobody touched it, but its sales status is {told['sales']!r}"
    if told["events"]:
        yield f"{name}: nobody touched it, but {told['events']} events were told"
    if told["opportunities"]:
        yield f"{name}: nobody touched it, but {len(told['opportunities'])} opportunities were told"


def _as_open(part: str, value: Any) -> Any:
    """Return a value as it is compared: a sales status that was never written is the first one."""
    return "open" if part == "sales" and value is None else value


def _parts(value: Any) -> Any:
    if isinstance(value, list):
        return set(value)
    if isinstance(value, str):
        return {one.strip() for one in value.replace("::", ";").split(";")}
    return value
