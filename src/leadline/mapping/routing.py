"""Routing rules of one supplier (R1-R4, R6). Their meaning is in `leadline.routing`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from leadline.mapping.conditions import Group
from leadline.mapping.values import Model, Name, Text


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

    leads: int = Field(ge=1)
    period: Literal["day", "week", "month"]
    timezone: Text = "UTC"


class Reroute(Model):
    """When an assignment ends and the lead is routed anew, never to a partner that had it (R6)."""

    pending_days: int | None = Field(default=None, ge=1)
    pending_working_hours: int | None = Field(default=None, ge=1)
    on_rejection: bool = False


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
