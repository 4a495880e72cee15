"""Connections, contacts, schedule, zones: what Airflow and the mail system must be able to use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from zoneinfo import ZoneInfo

from leadline.mapping.cron import cron_problem
from leadline.mapping.document import Place
from leadline.mapping.model import SupplierMapping
from leadline.mapping.regions import region_problem

_CONNECTION = re.compile(r"[A-Za-z0-9_.\-]{1,250}")
_ADDRESS = re.compile(r"[^@\s,;<>\"()]+@[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)+")
NO_CONNECTION = (
    "is no Airflow connection id: letters, digits, '_', '-' and '.'; "
    "addresses and secrets live in the connection, not here"
)


def is_connection(name: str) -> bool:
    """Return whether this can be an Airflow connection's id. What is none may hold a secret: show it not."""
    return _CONNECTION.fullmatch(name) is not None


def setup_problems(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with names of things outside the mapping."""
    yield from _targets(mapping)
    yield from _contacts(mapping)
    yield from _schedule(mapping)
    for place, name in _zones(mapping):
        if not is_time_zone(name):
            yield place, f"'{name}' is no time zone; write one such as UTC or Europe/Berlin"
    region = mapping.default_region
    if region is not None and (problem := region_problem(region)):
        yield ("default_region",), problem


def _targets(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    seen: dict[str, str] = {}
    for name, target in mapping.targets.items():
        place = ("targets", name, "connection")
        if not is_connection(target.connection):
            yield place, f"targets.{name}.connection {NO_CONNECTION}"
        elif target.connection in seen:
            yield (
                place,
                f"targets {seen[target.connection]} and {name} share the connection "
                f"'{target.connection}': a test would work on the real system",
            )
        seen[target.connection] = name


def _contacts(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    for kind in ("configured", "technical"):
        addresses: tuple[str, ...] = getattr(mapping.contacts, kind)
        for index, address in enumerate(addresses):
            place: Place = ("contacts", kind, index)
            if not is_address(address):
                yield place, f"contacts.{kind}: '{address}' is no e-mail address, such as ops@acme.example"
            elif address in addresses[:index]:
                yield place, f"contacts.{kind}: '{address}' is given twice"


def _schedule(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    schedule = mapping.schedule
    if problem := cron_problem(schedule.cron):
        yield ("schedule", "cron"), f"schedule.cron '{schedule.cron}' does not hold: {problem}"
    try:
        date.fromisoformat(schedule.start_date)
    except ValueError:
        message = f"schedule.start_date '{schedule.start_date}' is no day; write it like 2026-01-31"
        yield ("schedule", "start_date"), message


def _zones(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    yield ("timezone",), mapping.timezone
    yield ("schedule", "timezone"), mapping.schedule.timezone
    if mapping.routing.cap:
        yield ("routing", "cap", "timezone"), mapping.routing.cap.timezone
    yield ("routing", "reroute", "timezone"), mapping.routing.reroute.timezone


def is_address(text: str) -> bool:
    """Tell whether this looks like one bare e-mail address."""
    return len(text) <= 254 and ".." not in text and _ADDRESS.fullmatch(text) is not None


@cache
def is_time_zone(name: str) -> bool:
    """Tell whether the time zone database has this name."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return False
    except KeyError:
        return False
    return True
