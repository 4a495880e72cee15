"""Routing rules of one supplier (R1-R4, R6). Their meaning is in `leadline.routing`."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from leadline.mapping.conditions import Group
from leadline.mapping.values import NO_TRUTH, Day, Model, Name, Text, Whole


class Rule(Model):
    """One step that narrows the candidates: a partner stays if one group of `any` holds for it.

    A required rule that leaves nobody, or finds no lead value, stops the routing for manual review;
    an optional one is skipped and the candidates stay as they were.
    """

    name: Name
    label: Text | None = None
    required: bool = False
    any: tuple[Group, ...]

    @model_validator(mode="after")
    def has_a_group(self) -> Self:
        """Refuse a rule that says nothing."""
        if not self.any:
            raise ValueError("'any' needs at least one group")
        return self


class Cap(Model):
    """At most `leads` assignments to one partner in one period of one time zone."""

    leads: Whole = Field(ge=1)
    period: Literal["day", "week", "month"]
    timezone: Text = "UTC"


class WorkingWeek(Model):
    """When somebody works: `hours` as `09:00-17:00` on these days, on no holiday."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri"), min_length=1
    )
    hours: Text = "09:00-17:00"
    holidays: tuple[Day, ...] = ()

    @property
    def shift(self) -> tuple[time, time]:
        """Return when work begins and ends on a working day."""
        begin, _, end = self.hours.partition("-")
        return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())

    @field_validator("hours")
    @classmethod
    def hours_are_a_time_of_day(cls, hours: str) -> str:
        """Refuse hours in which nobody works."""
        found = re.fullmatch(r"(([01]\d|2[0-3]):[0-5]\d)\s*-\s*(([01]\d|2[0-3]):[0-5]\d)", hours)
        if found is None or found[1] >= found[3]:
            raise ValueError(f"'{hours}' are no hours of a day; write them like 09:00-17:00")
        return hours


class Reroute(Model):
    """When an assignment ends and the lead is routed anew, never to a partner that had it (R6).

    A partner has `pending_days` on the calendar of `timezone`, or `pending_working_hours` of its
    `working_week`, to accept; where both are named, whichever is over first.
    """

    pending_days: Annotated[int, Field(ge=1), NO_TRUTH] | None = None
    pending_working_hours: Annotated[int, Field(ge=1, le=2_000), NO_TRUTH] | None = None
    on_rejection: bool = False
    timezone: Text = "UTC"
    working_week: WorkingWeek = WorkingWeek()

    @property
    def wanted(self) -> bool:
        """Return whether anything is ever routed anew."""
        return self.on_rejection or bool(self.pending_days or self.pending_working_hours)


class RoutingRules(Model):
    """The routing module of a supplier."""

    module: Name = "default"
    rules: tuple[Rule, ...] = ()
    round_robin: bool = True
    default_partner: Text | None = None  # a partner id
    cap: Cap | None = None  # for every partner that names none of its own
    reroute: Reroute = Reroute()

    @model_validator(mode="after")
    def names_are_unique(self) -> Self:
        """Refuse two rules of one name: a trace could not tell them apart."""
        names = [rule.name for rule in self.rules]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"rule names used twice: {', '.join(twice)}")
        return self
