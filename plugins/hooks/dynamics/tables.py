"""Tables of one environment as it describes them: set names, columns, choices, keys; asked for once each.

Source: Microsoft Learn, "Query table definitions using the Web API".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from hooks.dynamics.answers import Fault, call_error
from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.messages import Json, Part
from leadline.errors import SchemaDrift, VendorUnavailable
from leadline.ports import FieldDescription

_COLUMN = "LogicalName,AttributeType,AttributeTypeName,RequiredLevel,IsValidForCreate,IsValidForUpdate"
_TYPED: Mapping[str, str] = {
    "StringAttributeMetadata": "LogicalName,MaxLength",
    "MemoAttributeMetadata": "LogicalName,MaxLength",
    "DateTimeAttributeMetadata": "LogicalName,Format,DateTimeBehavior",
    "LookupAttributeMetadata": "LogicalName,Targets",
}
_CHOICES = (
    "PicklistAttributeMetadata",
    "StatusAttributeMetadata",
    "StateAttributeMetadata",
    "MultiSelectPicklistAttributeMetadata",
)
_FILLED_BY_SERVER = frozenset({"owner", "state", "status", "uniqueidentifier", "lookup", "customer"})


@dataclass(frozen=True)
class Column:
    """One column; `options` is code -> label of a choice, `state_of` status reason -> state."""

    name: str
    kind: str  # AttributeType in lower case; "date" without a time, "multiselectpicklist" for choices
    length: int | None = None
    options: Mapping[int, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    createable: bool = True
    updateable: bool = True
    required: bool = False

    @cached_property
    def codes(self) -> Mapping[str, int]:
        """Return label, without case -> code."""
        return {label.strip().casefold(): code for code, label in reversed(list(self.options.items()))}

    @property
    def property(self) -> str:
        """Return what a row calls it: lookups are `_name_value` there."""
        return f"_{self.name}_value" if self.kind in ("lookup", "owner", "customer") else self.name


@dataclass(frozen=True)
class Table:
    """One table; `keys` are the columns of each alternate key whose index is active."""

    name: str
    set_name: str
    id_column: str
    columns: Mapping[str, Column]
    keys: tuple[tuple[str, ...], ...] = ()
    inactive_keys: tuple[tuple[str, ...], ...] = ()

    def column(self, name: str) -> Column | None:
        """Return a column by its name, whatever its case."""
        return self.columns.get(name.strip().lower())

    def is_key(self, column: str) -> bool:
        """Say whether this column alone is an active alternate key."""
        return (column.lower(),) in self.keys and column.lower() in self.columns

    def descriptions(self) -> list[FieldDescription]:
        """Return the columns as the ports describe fields; choices by their labels."""
        return [
            FieldDescription(
                name=one.name,
                type=one.kind,
                length=one.length,
                values=tuple(one.options.values()),
                numbers=tuple(map(str, one.options)),
                restricted=bool(one.options),
                createable=one.createable,
                updateable=one.updateable,
                external_id=self.is_key(one.name),
                unique=self.is_key(one.name),
                required=one.required,
            )
            for one in self.columns.values()
        ]


class Tables:
    """The tables of one environment."""

    def __init__(self, client: DynamicsClient) -> None:
        self._client = client
        self._known: dict[str, Table] = {}

    def get(self, name: str) -> Table:
        """Return a table.

        Raises:
            SchemaDrift: The environment does not have it, or hides it from us.
        """
        if name not in self._known:
            self._known[name] = self._ask(name)
        return self._known[name]

    def _ask(self, name: str) -> Table:
        """Return the table, asked for in one batch of metadata requests."""
        table = f"EntityDefinitions(LogicalName='{name}')"
        parts = [
            Part("GET", f"{table}?$select=LogicalName,EntitySetName,PrimaryIdAttribute"),
            Part("GET", f"{table}/Keys?$select=KeyAttributes,EntityKeyIndexStatus"),
            Part("GET", f"{table}/Attributes?$select={_COLUMN}"),
        ]
        prefix = f"{table}/Attributes/Microsoft.Dynamics.CRM"
        parts += [Part("GET", f"{prefix}.{kind}?$select={select}") for kind, select in _TYPED.items()]
        parts += [Part("GET", f"{prefix}.{kind}?$select=LogicalName&$expand=OptionSet") for kind in _CHOICES]
        answers = list(self._client.batch(parts))
        if answers[0].fault is not None:
            raise _missing(name, answers[0].fault)
        found: list[Json] = []
        for part, answer in zip(parts, answers, strict=True):
            if answer.fault is not None:
                raise call_error(answer.fault, f"GET {part.path.split('?')[0]}")
            if answer.data is None:
                raise VendorUnavailable(
                    f"Dynamics, GET {table}: the answer is no JSON object (it is tried again)"
                )
            found.append(answer.data)
        try:
            return _table(name, found)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise VendorUnavailable(
                f"Dynamics: the description of the table '{name}' cannot be read (it is tried again)"
            ) from None


def _table(name: str, found: Sequence[Json]) -> Table:
    """Return a table out of its definition, its keys, its columns, and what kinds of columns say besides."""
    head, keys, columns, *details = found
    more: dict[str, Json] = {}
    for body in details:
        for one in body["value"]:
            more.setdefault(str(one["LogicalName"]), {}).update(one)
    return Table(
        name,
        str(head["EntitySetName"]),
        str(head["PrimaryIdAttribute"]),
        {
            str(one["LogicalName"]): _column(one, more.get(str(one["LogicalName"]), {}))
            for one in columns["value"]
            if one.get("AttributeOf") is None
        },
        tuple(_keys(keys["value"], active=True)),
        tuple(_keys(keys["value"], active=False)),
    )


def _missing(name: str, fault: Fault) -> Exception:
    if fault.status == 404 or fault.code in ("0x80060888", "0x80040217"):
        return SchemaDrift(
            f"Dynamics has no table '{name}', or hides it from us (check the application user's role)"
        )
    return call_error(fault, f"GET EntityDefinitions, {name}")


def _keys(keys: Iterable[Json], *, active: bool) -> Iterable[tuple[str, ...]]:
    for key in keys:
        if (key.get("EntityKeyIndexStatus") == "Active") is active:
            yield tuple(str(name).lower() for name in key.get("KeyAttributes") or ())


def _column(body: Json, more: Json) -> Column:
    kind = str(body.get("AttributeType") or "").lower()
    if "MultiSelect" in str((body.get("AttributeTypeName") or {}).get("Value")):
        kind = "multiselectpicklist"
    behaviour = str((more.get("DateTimeBehavior") or {}).get("Value") or more.get("Format") or "")
    if kind == "datetime" and behaviour == "DateOnly":
        kind = "date"
    options = {
        int(one["Value"]): _label(one)
        for one in (more.get("OptionSet") or {}).get("Options") or ()
        if one.get("Value") is not None
    }
    needed = (body.get("RequiredLevel") or {}).get("Value") == "SystemRequired"
    return Column(
        name=str(body["LogicalName"]),
        kind=kind,
        length=more.get("MaxLength"),
        options=options,
        targets=tuple(str(one) for one in more.get("Targets") or ()),
        createable=bool(body.get("IsValidForCreate", True)),
        updateable=bool(body.get("IsValidForUpdate", True)),
        required=needed and kind not in _FILLED_BY_SERVER,
    )


def _label(option: Json) -> str:
    label = option.get("Label") or {}
    chosen = label.get("UserLocalizedLabel") or next(iter(label.get("LocalizedLabels") or ()), None) or {}
    return str(chosen.get("Label") or option["Value"])
