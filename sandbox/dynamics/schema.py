"""The tables of an environment, read from `tables.txt`: columns, choices, states, navigation properties."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

NAMESPACE = "Microsoft.Dynamics.CRM."

_FILE = Path(__file__).with_name("tables.txt")

ACTIVITY_COLUMNS = (
    "subject S200",
    "description M2000",
    "scheduledstart T",
    "scheduledend T",
    "actualend T",
    "prioritycode Ppriority",
    "regardingobjectid Llead|contact|account|opportunity|campaign",
    "activitytypecode S64 -",
    "owned",
)
SERVER_COLUMNS = (
    "createdon T -",
    "modifiedon T -",
    "createdby Lsystemuser -",
    "modifiedby Lsystemuser -",
    "overriddencreatedon T",
    "versionnumber I -",
)
_TYPES = {
    "S": "String",
    "M": "Memo",
    "I": "Integer",
    "N": "Money",
    "F": "Decimal",
    "B": "Boolean",
    "T": "DateTime",
    "D": "DateTime",
    "P": "Picklist",
    "X": "Virtual",  # a choices column: MultiSelectPicklist by its metadata type
    "L": "Lookup",
    "K": "Uniqueidentifier",
}


@dataclass(frozen=True)
class Column:
    """One column; `kind` is the letter of `tables.txt`, or K (primary id), s (state), r (status reason)."""

    name: str
    kind: str
    length: int | None = None
    targets: tuple[str, ...] = ()
    options: Mapping[int, str] = field(default_factory=dict)
    server_only: bool = False
    required: str = "None"

    @property
    def type(self) -> str:
        """Return `AttributeType` as the metadata names it."""
        if self.name == "ownerid":
            return "Owner"
        if self.name in ("customerid", "parentcustomerid"):
            return "Customer"
        return {"s": "State", "r": "Status"}.get(self.kind) or _TYPES[self.kind]

    @property
    def metadata_type(self) -> str:
        """Return the derived type of the attribute's metadata, without its name space."""
        stem = "MultiSelectPicklist" if self.kind == "X" else self.type_stem
        return f"{stem}AttributeMetadata"

    @property
    def type_stem(self) -> str:
        """Return the name of the attribute's metadata type."""
        if self.type in ("Owner", "Customer"):
            return "Lookup"
        return "UniqueIdentifier" if self.kind == "K" else self.type

    @property
    def value_name(self) -> str:
        """Return the property that a row shows: lookups as `_name_value`."""
        return f"_{self.name}_value" if self.kind == "L" else self.name


@dataclass(frozen=True)
class Table:
    """One table; `states` is state code -> (label, reason codes), the first reason being the default."""

    name: str
    set_name: str
    type_code: int
    primary_name: str | None
    label: str
    columns: Mapping[str, Column]
    states: Mapping[int, tuple[str, tuple[int, ...]]]
    is_activity: bool

    @property
    def id_column(self) -> str:
        """Return the primary id's column: activities share theirs."""
        return "activityid" if self.is_activity else f"{self.name}id"

    @cached_property
    def by_property(self) -> Mapping[str, Column]:
        """Return the columns by the property that a row shows."""
        return {column.value_name: column for column in self.columns.values()}

    @cached_property
    def navigation(self) -> Mapping[str, tuple[Column, tuple[str, ...]]]:
        """Return navigation property -> (lookup, tables): one per target where there are several."""
        found: dict[str, tuple[Column, tuple[str, ...]]] = {}
        for column in self.columns.values():
            if column.kind != "L":
                continue
            if len(column.targets) == 1 or column.name == "ownerid":
                found[column.name] = (column, column.targets)
                continue
            for target in column.targets:
                found[f"{column.name}_{target}"] = (column, (target,))
                if self.is_activity:
                    found[f"{column.name}_{target}_{self.name}"] = (column, (target,))
        return found

    def state_of(self, reason: int) -> int | None:
        """Return the state to which a status reason belongs."""
        return next((state for state, (_, reasons) in self.states.items() if reason in reasons), None)


class Schema:
    """All tables of an environment."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self._read(_FILE.read_text(encoding="utf-8").splitlines())
        self.by_set = {table.set_name: table for table in self.tables.values()}

    def _read(self, lines: list[str]) -> None:
        options: dict[str, dict[int, str]] = {}
        states: dict[str, dict[int, tuple[str, tuple[int, ...]]]] = {}
        reasons: dict[str, dict[int, str]] = {}
        tables: list[tuple[list[str], list[str]]] = []
        for line in lines:
            words = shlex.split(line.replace("'", "\\'"), comments=True)
            if not words:
                continue
            if words[0] == "table":
                tables.append((words[1:], []))
            elif words[0] == "options":
                options[words[1]] = {int(code): label for code, label in map(_pair, words[2:])}
            elif words[0] == "states":
                states[words[1]], reasons[words[1]] = _states(words[2:])
            else:
                tables[-1][1].append(line)
        for head, body in tables:
            table = _table(head, body, options, states, reasons)
            self.tables[table.name] = table


def _pair(word: str) -> tuple[str, str]:
    code, _, label = word.partition(":")
    return code, label.replace("_", " ")


def _states(words: list[str]) -> tuple[dict[int, tuple[str, tuple[int, ...]]], dict[int, str]]:
    states: dict[int, tuple[str, tuple[int, ...]]] = {}
    labels: dict[int, str] = {}
    for word in words:
        state, _, rest = word.partition(">")
        code, label = _pair(state)
        chosen = {int(reason): text for reason, text in map(_pair, rest.split(","))}
        labels |= chosen
        states[int(code)] = (label, tuple(chosen))
    return states, labels


def _table(
    head: list[str],
    body: list[str],
    options: Mapping[str, Mapping[int, str]],
    states: Mapping[str, Mapping[int, tuple[str, tuple[int, ...]]]],
    reasons: Mapping[str, Mapping[int, str]],
) -> Table:
    name, set_name, code, primary, label = head
    is_activity = any(line.split()[0] == "activity" for line in body)
    key = "activityid" if is_activity else f"{name}id"
    columns = {key: Column(key, "K")}
    own_states: Mapping[int, tuple[str, tuple[int, ...]]] = {}
    lines = [line.strip() for line in body]
    if is_activity:
        lines[lines.index("activity") : lines.index("activity") + 1] = ACTIVITY_COLUMNS
    for line in [*lines, *SERVER_COLUMNS]:
        words = line.split()
        if words[0] == "state":
            own_states = states[words[1]]
            labels = {state: text for state, (text, _) in own_states.items()}
            columns["statecode"] = Column("statecode", "s", options=labels)
            columns["statuscode"] = Column("statuscode", "r", options=reasons[words[1]])
        elif words[0] == "owned":
            columns["ownerid"] = Column("ownerid", "L", targets=("systemuser", "team"))
        else:
            column = _column(words, options)
            columns[column.name] = column
    return Table(
        name,
        set_name,
        int(code),
        None if primary == "-" else primary,
        label,
        columns,
        own_states,
        is_activity,
    )


def _column(words: list[str], options: Mapping[str, Mapping[int, str]]) -> Column:
    name, kind, rest = words[0], words[1][0], words[1][1:]
    required = {"required": "SystemRequired", "recommended": "ApplicationRequired"}
    return Column(
        name,
        kind,
        length=int(rest) if kind in "SM" else None,
        targets=tuple(rest.split("|")) if kind == "L" else (),
        options=options[rest] if kind in "PX" else {},
        server_only="-" in words[2:],
        required=next((required[word] for word in words[2:] if word in required), "None"),
    )


def metadata_id(*parts: str) -> str:
    """Return the id of a piece of metadata: the same in every environment of the sandbox."""
    return str(uuid5(NAMESPACE_DNS, "/".join(("dataverse.sandbox", *parts))))
