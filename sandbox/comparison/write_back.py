"""What suppliers were told after the first distribution: where each lead stands, and with whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.client import Control
from sandbox.comparison.told import Key, told_of

Json = dict[str, Any]
_PARTS = ("status", "partner", "not_routed")


def write_back_differences(control: Control, supplier: str, expected: list[Json]) -> Iterator[str]:
    """Yield how what one supplier was told differs.

    A record that carries several leads (somebody who was handed over twice) says what one of them says.
    """
    there = told_of(control, supplier)
    wanted: dict[Key, list[list[Json]]] = {}
    for one in expected:
        wanted.setdefault(key_in(one), []).append(one.get("leads", [one]))
    for key in sorted(wanted.keys() | there.keys()):
        must, are = wanted.get(key, []), there.get(key, [])
        name = f"{supplier} {' / '.join(key)}"
        if len(must) != len(are):
            yield f"{name}: {len(must)} expected, {len(are)} there"
            continue
        for leads, told in zip(must, are, strict=True):
            yield from _one(name, leads, told)


def _one(name: str, leads: list[Json], told: Json) -> Iterator[str]:
    is_ = {part: told[part] for part in _PARTS}
    options = [{part: lead[part] for part in _PARTS} for lead in leads]
    options = options or [{"status": None, "partner": None, "not_routed": False}]
    if is_ not in options:
        yield f"{name}: must say {' or '.join(map(str, options))}, says {is_}"


def key_in(one: Json) -> Key:
    """Return the key of an expectation."""
    if "file" in one:
        return str(one["file"]), str(one["line"])
    email = (one["email"] or "").strip().lower()
    campaign = (one["campaign"],) if "campaign" in one else ()
    return (email, str(one["last_name"]), *campaign)
