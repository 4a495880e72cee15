"""CSV as the Bulk API reads and writes it.

Source: Bulk API 2.0 Developer Guide, "Prepare CSV Files", "Get Job Failed Record Results".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
NULL = "#N/A"


def read(text: str, delimiter: str) -> list[list[str]]:
    """Return the rows of a CSV text, the header first; blank lines are no rows.

    Raises:
        ValueError: A quoted field never ends.
    """
    before = csv.field_size_limit(10_000_000)  # of the whole process: it is put back
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [row for row in reader if row]
    except csv.Error as problem:
        raise ValueError(str(problem)) from None
    finally:
        csv.field_size_limit(before)


def write(rows: Iterable[Sequence[str]], *, delimiter: str = ",") -> str:
    """Return rows as CSV with every value quoted."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return out.getvalue()


def cell(value: Any) -> str:
    """Return a stored value as Bulk query results write it; null is an empty cell."""
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        # Bulk writes datetimes with Z where REST writes +0000.
        return f"{value[:-5]}Z" if value[-5:] == "+0000" and len(value) == 28 else value
    return str(value)
