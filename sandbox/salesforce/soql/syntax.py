"""The parts of a SOQL statement as the parser leaves them: names are still as the caller wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ValueKind = Literal["text", "number", "boolean", "null", "date", "datetime", "span"]


@dataclass(frozen=True)
class Path:
    """`Lead.Owner.Name`; `at` is where it starts in the statement, `alias` a name of the caller's for it."""

    parts: tuple[str, ...]
    at: int
    alias: str | None = None

    @property
    def text(self) -> str:
        """Return the path with dots."""
        return ".".join(self.parts)


@dataclass(frozen=True)
class Aggregate:
    """`COUNT(Id) total`; a `COUNT()` has no path."""

    function: str
    path: Path | None
    alias: str | None


@dataclass(frozen=True)
class FieldSet:
    """`FIELDS(ALL)`, `FIELDS(STANDARD)` or `FIELDS(CUSTOM)`."""

    which: str
    at: int


@dataclass(frozen=True)
class Value:
    """A literal; a span (`LAST_N_DAYS:3`) holds (name, number)."""

    kind: ValueKind
    value: Any


@dataclass(frozen=True)
class Compare:
    """`path operator value`; operators are `= != < <= > >= LIKE`."""

    path: Path
    operator: str
    value: Value


@dataclass(frozen=True)
class Among:
    """`path [NOT] IN (…)`; the values may be a query of one column."""

    path: Path
    negated: bool
    values: tuple[Value, ...] | Query


@dataclass(frozen=True)
class Includes:
    """`path INCLUDES ('A;B','C')`, or EXCLUDES when negated."""

    path: Path
    negated: bool
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Negation:
    """`NOT condition`."""

    condition: Condition


@dataclass(frozen=True)
class Junction:
    """Conditions joined by one word, `AND` or `OR`."""

    word: str
    conditions: tuple[Condition, ...]


Condition = Compare | Among | Includes | Negation | Junction


@dataclass(frozen=True)
class Order:
    """One column of ORDER BY; nulls come first unless asked otherwise."""

    path: Path | Aggregate
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Query:
    """One SELECT statement."""

    select: tuple[Path | Aggregate | FieldSet | Query, ...]
    entity: str
    entity_at: int
    alias: str | None
    where: Condition | None
    group_by: tuple[Path, ...]
    order_by: tuple[Order, ...]
    limit: int | None
    offset: int

    @property
    def is_count(self) -> bool:
        """Return whether it is a bare `SELECT COUNT()`."""
        return len(self.select) == 1 and isinstance(self.select[0], Aggregate) and self.select[0].path is None

    @property
    def is_aggregate(self) -> bool:
        """Return whether its rows are groups."""
        return bool(self.group_by) or any(isinstance(item, Aggregate) for item in self.select)
