"""Cells of one raw column: trimmed, no value where empty, and each distinct text once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SEPARATOR = "\x1f"  # ASCII's unit separator


@dataclass(frozen=True)
class Cells:
    """One column by its distinct texts.

    Attributes:
        texts: The distinct texts, string, shape (distinct,); none is null or empty.
        places: Per row the place of its text in `texts`, -1 where the row has no value; shape (rows,).
    """

    texts: pa.StringArray
    places: np.ndarray[Any, np.dtype[np.int32]]

    @cached_property
    def listed(self) -> list[str]:
        """Return the distinct texts as Python strings."""
        return list(self.texts.to_pylist())

    @property
    def absent(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return where there is no value; shape (rows,)."""
        return self.places < 0

    def spread(self, flags: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return per row what `flags` says of its text; false where there is no value."""
        padded = np.append(np.asarray(flags, dtype=bool), False)  # place -1 is the last
        spread: np.ndarray[Any, np.dtype[np.bool_]] = padded[self.places]
        return spread

    def spread_values(self, values: pa.Array) -> pa.Array:
        """Return per row the value at the place of its text; null where there is none."""
        return values.take(pa.array(self.places, mask=self.absent))


def trim_column(column: pa.ChunkedArray | pa.Array, null_values: Sequence[str]) -> pa.Array:
    """Return the texts trimmed, null where the cell is empty or says that it has no value.

    `null_values` are compared trimmed and without case.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    trimmed = pc.utf8_trim_whitespace(array.cast(pa.string()))
    empty = pc.equal(pc.binary_length(trimmed), 0)
    if null_values:
        words = pa.array(sorted({word.strip().lower() for word in null_values}), pa.string())
        empty = pc.or_(empty, pc.is_in(pc.utf8_lower(trimmed), value_set=words))
    return pc.if_else(empty, pa.scalar(None, pa.string()), trimmed)


def distinct_cells(texts: pa.Array) -> Cells:
    """Return the column by its distinct texts."""
    encoded = texts.dictionary_encode()
    places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Cells(encoded.dictionary, places)
