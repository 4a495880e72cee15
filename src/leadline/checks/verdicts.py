"""The verdicts on the columns of one batch, each computed once, whoever asks first."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadline.checks.cells import SEPARATOR, Cells, distinct_cells, trim_column
from leadline.checks.judging import Flags, Judged, judge_texts
from leadline.checks.rules import REQUIRED
from leadline.mapping.fields import FieldMapping, FieldType, Judge

Pair = tuple[Cells, Judged]


class Verdicts:
    """Casts and broken rules of one batch, by field; a field is judged when first asked for, and once."""

    def __init__(
        self, raw: pa.Table, fields: Sequence[FieldMapping], timezone: str, region: str | None
    ) -> None:
        self.rows = int(raw.num_rows)
        self._raw = raw
        self._fields = {field.name: field for field in fields}
        self._zone = ZoneInfo(timezone)
        self._region = region.upper() if region else None
        self._country = _country_field(fields)
        self._judged: dict[str, Pair] = {}
        self._values: dict[str, pa.Array] = {}

    def values(self, name: str) -> pa.Array:
        """Return a field in the hub's representation, null where it has no value or a broken one; (rows,)."""
        if name not in self._values:
            cells, judged = self._judge(name)
            values = judged.values
            if self._fields[name].type is FieldType.MULTISELECT:  # separators alone are no value
                values = pc.if_else(pc.equal(pc.list_value_length(values), 0), None, values)
            self._values[name] = cells.spread_values(values)
        return self._values[name]

    def broken(self, name: str, rule: str) -> Flags:
        """Return which rows break a rule; shape (rows,). KeyError: the field has no such rule."""
        cells, judged = self._judge(name)
        if rule == REQUIRED:
            faulty = np.zeros(self.rows, dtype=bool)
            for flags in judged.broken.values():
                faulty |= cells.spread(flags)
            absent: Flags = self.values(name).is_null().to_numpy(zero_copy_only=False)
            return absent & ~faulty
        return cells.spread(judged.broken[rule])

    def _judge(self, name: str) -> Pair:
        if name not in self._judged:
            field = self._fields[name]
            cells = distinct_cells(self._texts(field))
            self._judged[name] = cells, judge_texts(field, cells.texts, self._zone, self._region)
        return self._judged[name]

    def _texts(self, field: FieldMapping) -> pa.Array:
        column = f"f:{field.source}"
        if column not in self._raw.column_names:
            return pa.nulls(self.rows, pa.string())
        texts = trim_column(self._raw[column], field.null_values)
        if field.judge is not Judge.PHONE:
            return texts
        # A number without a country code is dialled in the lead's country, else in the supplier's.
        region = pa.scalar(self._region or "", pa.string())
        if self._country:
            region = self.values(self._country).fill_null(region)
        return pc.binary_join_element_wise(texts, region, SEPARATOR)


def _country_field(fields: Sequence[FieldMapping]) -> str | None:
    names = [field.name for field in fields if field.judge is Judge.COUNTRY]
    return "country" if "country" in names else next(iter(names), None)
