"""Leads as columns of codes: each distinct value of a field is looked at once, however many leads have it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]


class Waiting(NamedTuple):
    """One lead to route; a plain tuple, for there is one per lead.

    Attributes:
        values: Its mapped fields, in the types of `mapping.fields.FieldType`.
        preassigned: The value that names a partner, as sent.
        attempt: How often it was routed before.
        excluded: Partners that must not have it (they had it).
    """

    lead_id: str
    values: Mapping[str, Any]
    preassigned: str | None = None
    campaign_key: str | None = None
    attempt: int = 0
    excluded: frozenset[str] = frozenset()
    source_deleted: bool = False


@dataclass(frozen=True)
class Column:
    """One field of all leads: `values` holds each distinct value, `codes` (n,) says which a lead has."""

    codes: Codes
    values: tuple[Any, ...]


def alike(leads: Sequence[Waiting], starts: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return for each lead which kind it is of, and for each kind the position of its first lead.

    Leads of one kind share their fields, their campaign and the candidates they start with (`starts`), so
    that they take one path through the rules. Fields are shared that are one object; others may be equal too.
    """
    known: dict[tuple[int, str | None, int], int] = {}
    firsts: list[int] = []
    kinds = []
    for place, (lead, start) in enumerate(zip(leads, starts, strict=True)):
        key = (id(lead.values), lead.campaign_key, start)
        kind = known.get(key)
        if kind is None:
            kind = known[key] = len(firsts)
            firsts.append(place)
        kinds.append(kind)
    return kinds, firsts


@dataclass(frozen=True)
class LeadColumns:
    """The fields of a batch of leads, turned into columns when a rule asks for them."""

    leads: Sequence[Waiting]
    campaigns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def _columns(self) -> dict[tuple[str, str], Column]:
        return {}

    def column(self, name: tuple[str, str]) -> Column:
        """Return the column of a (`lead` or `campaign`, field) pair; a lead without a value has None."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._column(name)
        return found

    def _column(self, name: tuple[str, str]) -> Column:
        side, key = name
        if side == "lead":
            return coded([_plain(lead.values.get(key)) for lead in self.leads])
        by_campaign = {code: _plain(values.get(key)) for code, values in self.campaigns.items()}
        return coded([by_campaign.get(lead.campaign_key or "") for lead in self.leads])


def coded(values: Sequence[Any]) -> Column:
    """Return values as a column; equal values get one code, in the order of their first appearance."""
    known: dict[Any, int] = {}
    codes = np.fromiter((known.setdefault(value, len(known)) for value in values), np.int64, len(values))
    return Column(codes, tuple(known))


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def written(value: Any) -> str:
    """Return a value as compact JSON text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
