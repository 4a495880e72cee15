"""What a check of one batch gives: accepted columns, rejected rows with every reason, filtered rows."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why a row is refused. `message` never holds the value.

    Attributes:
        field: Name of the mapped field; None for a structural fault of the whole row.
        rule: What was broken: required, type, length, values, minimum, maximum, email, phone, country, url,
            the name of a hand-written expectation, or the code of a structural fault.
        message: For people, e.g. "is longer than 40 characters".
    """

    field: str | None
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is kept out because of its faults; `reasons` holds all of them, in field order."""

    row: int
    line: int
    identity: str | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Filtered:
    """A sound row that the mapping's filter keeps out (S5)."""

    row: int
    line: int
    identity: str | None


@dataclass(frozen=True)
class CheckedBatch:
    """The verdict on one raw batch: each of its rows is in exactly one of the three.

    Attributes:
        accepted: In raw order: `row` int32, `line` int32, then of `number`, `identity`, `record_id`,
            `campaign_key`, `stamp`, `deleted`, `merged_into` those that the raw batch has, then one column
            per mapped field, named after it, in the hub's representation (`mapping.fields.FieldType`):
            string; integer int64; decimal, date and datetime as canonical strings; boolean bool;
            multiselect list<string>. No value is null. A deleted row may lack required values.
        rejected: In raw order.
        filtered: In raw order.
    """

    accepted: pa.Table
    rejected: tuple[Rejected, ...]
    filtered: tuple[Filtered, ...]

    @property
    def rows(self) -> int:
        """Return how many rows the raw batch had."""
        return int(self.accepted.num_rows) + len(self.rejected) + len(self.filtered)
