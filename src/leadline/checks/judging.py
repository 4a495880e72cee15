"""The verdict on one column: its values as the hub stores them, and which texts break which rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadline.checks.addresses import is_email, is_url
from leadline.checks.cells import SEPARATOR
from leadline.checks.countries import country_code
from leadline.checks.dates import parse_date, parse_datetime
from leadline.checks.phones import phone_number
from leadline.mapping.fields import FieldMapping, FieldType, Judge, folded

Flags = np.ndarray[Any, np.dtype[np.bool_]]

MAX_DIGITS = 38  # what databases and CRMs hold of a decimal
_SMALL_INTEGER = "^[+-]?0*[0-9]{1,18}$"
_LONG = (1 << 63) - 1


@dataclass(frozen=True)
class Judged:
    """Distinct texts of a column, judged.

    Attributes:
        values: In the hub's representation; null where the text is none. Shape (distinct,).
        broken: Rule name -> which texts break it, shape (distinct,).
    """

    values: pa.Array
    broken: dict[str, Flags]


def judge_texts(field: FieldMapping, texts: pa.StringArray, zone: ZoneInfo, region: str | None) -> Judged:
    """Return the verdict on distinct texts, trimmed, none null.

    For a phone field each text is number, `SEPARATOR`, region.
    """
    values, broken = _cast(field, texts, zone, region)
    for rule, bound in (("minimum", field.minimum), ("maximum", field.maximum)):
        if bound is not None:
            compare = pc.less if rule == "minimum" else pc.greater
            numbers = values.cast(pa.float64(), safe=False)
            broken[rule] = _flags(compare(numbers, bound))
    if field.max_length is not None:
        sent = (
            pc.replace_substring_regex(texts, f"{SEPARATOR}.*", "") if field.judge is Judge.PHONE else texts
        )
        stored = values if pa.types.is_string(values.type) else sent
        lengths = pc.utf8_length(pc.coalesce(stored, sent))
        broken["length"] = _flags(pc.greater(lengths, field.max_length))
    return Judged(values, broken)


def _cast(
    field: FieldMapping, texts: pa.StringArray, zone: ZoneInfo, region: str | None
) -> tuple[pa.Array, dict[str, Flags]]:
    formats = field.formats
    match field.type:
        case FieldType.INTEGER:
            return _typed("type", _integers(texts))
        case FieldType.DECIMAL:
            return _typed("type", _decimals(texts, field.decimal_mark))
        case FieldType.BOOLEAN:
            words = dict.fromkeys(map(folded, field.false_values), False)
            words |= dict.fromkeys(map(folded, field.true_values), True)
            return _each("type", texts, lambda text: words.get(folded(text)), pa.bool_())
        case FieldType.DATE:
            return _each("type", texts, lambda text: parse_date(text, formats))
        case FieldType.DATETIME:
            return _each("type", texts, lambda text: parse_datetime(text, formats, zone))
        case FieldType.SELECT:
            allowed = {folded(value): value for value in field.values}
            return _each("values", texts, lambda text: allowed.get(folded(text)))
        case FieldType.MULTISELECT:
            return _multiselects(texts, field)
        case _:
            return _text(field, texts, region)


def _text(
    field: FieldMapping, texts: pa.StringArray, region: str | None
) -> tuple[pa.Array, dict[str, Flags]]:
    # The e-mail is what a lead cannot do without (domain.md §2), whether the mapping says so or not.
    judge = Judge.EMAIL if field.name == "email" else field.judge
    match judge:
        case Judge.EMAIL:
            return texts, {"email": _where_not(is_email, texts)}
        case Judge.URL:
            return texts, {"url": _where_not(is_url, texts)}
        case Judge.COUNTRY:
            return _each("country", texts, lambda text: country_code(text, region))
        case Judge.PHONE:
            return _each("phone", texts, _phone)
        case _:
            return texts, {}


def _phone(text: str) -> str | None:
    number, _, region = text.rpartition(SEPARATOR)
    return phone_number(number, region or None)


def _integers(texts: pa.StringArray) -> pa.Array:
    small = pc.match_substring_regex(texts, _SMALL_INTEGER)
    digits = pc.if_else(small, pc.replace_substring_regex(texts, r"^\+", "", max_replacements=1), None)
    values = digits.cast(pa.int64())
    if pc.all(small, min_count=0).as_py():
        return values
    others = [
        int(text) if value is None and _is_long(text) else value
        for text, value in zip(texts.to_pylist(), values.to_pylist(), strict=True)
    ]
    return pa.array(others, pa.int64())


def _is_long(text: str) -> bool:
    return bool(re.fullmatch("[+-]?[0-9]{1,100}", text)) and -_LONG - 1 <= int(text) <= _LONG


def _decimals(texts: pa.StringArray, mark: str) -> pa.Array:
    point = re.escape(mark)
    form = f"^[+-]?([0-9]+({point}[0-9]*)?|{point}[0-9]+)$"
    sound = pc.match_substring_regex(texts, form)
    values = pc.if_else(sound, texts, None)
    for pattern, replacement in (
        (point, "."),
        (r"^\+", ""),
        (r"(\.[0-9]*?)0+$", r"\1"),  # 1.50 and 1.5 are one value
        (r"\.$", ""),
        (r"^(-?)0+([0-9])", r"\1\2"),
        (r"^(-?)(\.|$)", r"\g<1>0\2"),
        (r"^-0$", "0"),
    ):
        values = pc.replace_substring_regex(values, pattern, replacement.replace(r"\g<1>", r"\1"))
    # The nought before the point is no digit to be stored.
    digits = pc.replace_substring_regex(values, r"^-?0?\.|[.\-]", "")
    return pc.if_else(pc.greater(pc.utf8_length(digits), MAX_DIGITS), None, values)


def _multiselects(texts: pa.StringArray, field: FieldMapping) -> tuple[pa.Array, dict[str, Flags]]:
    places = {folded(value): place for place, value in enumerate(field.values)}

    def chosen(text: str) -> list[str] | None:
        parts = [part for part in map(folded, text.split(field.separator)) if part]
        if not all(part in places for part in parts):
            return None
        return [field.values[place] for place in sorted({places[part] for part in parts})]

    return _each("values", texts, chosen, pa.list_(pa.string()))


def _each(
    rule: str, texts: pa.StringArray, cast: Callable[[str], Any], type_: pa.DataType | None = None
) -> tuple[pa.Array, dict[str, Flags]]:
    return _typed(rule, pa.array([cast(text) for text in texts.to_pylist()], type_ or pa.string()))


def _typed(rule: str, values: pa.Array) -> tuple[pa.Array, dict[str, Flags]]:
    return values, {rule: _flags(pc.is_null(values))}


def _where_not(judge: Callable[[str], bool], texts: pa.StringArray) -> Flags:
    return np.fromiter((not judge(text) for text in texts.to_pylist()), dtype=bool, count=len(texts))


def _flags(mask: pa.Array) -> Flags:
    flags: Flags = mask.fill_null(False).to_numpy(zero_copy_only=False)
    return flags
