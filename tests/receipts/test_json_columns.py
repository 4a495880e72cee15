"""JSON out of columns equals JSON out of rows, whatever the values."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.receipts.json_columns import json_objects

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
ROW = st.fixed_dictionaries(
    {
        "text": st.none() | TEXT,
        'na"me': st.none() | TEXT,
        "number": st.none() | st.integers(-(2**63), 2**63 - 1),
        "flag": st.none() | st.booleans(),
        "several": st.none() | st.lists(TEXT, max_size=3),
        "nothing": st.none(),
    }
)
TYPES = [pa.string(), pa.string(), pa.int64(), pa.bool_(), pa.list_(pa.string()), pa.string()]


def one_by_one(row: dict[str, Any]) -> str:
    kept = {name: value for name, value in row.items() if value is not None and value != []}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


@settings(max_examples=200, deadline=None)
@given(st.lists(ROW, max_size=6), st.integers(0, 3))
def test_columns_give_the_json_that_rows_give(rows: list[dict[str, Any]], offset: int) -> None:
    names = ["text", 'na"me', "number", "flag", "several", "nothing"]
    schema = pa.schema(list(zip(names, TYPES, strict=True)))
    table = pa.Table.from_pylist(rows, schema=schema).slice(offset)

    assert json_objects(table, names).to_pylist() == [one_by_one(row) for row in rows[offset:]]


def test_no_columns_give_empty_objects() -> None:
    assert json_objects(pa.table({"a": ["x", "y"]}), []).to_pylist() == ["{}", "{}"]
