"""The shapes that answers must have before anything in them is believed."""

from __future__ import annotations

from typing import Any

from hooks.shapes import understood

Json = dict[str, Any]


def listed(body: Any, rows: str, total: str, what: str) -> tuple[list[Json], int]:
    """Return a page's rows and how many there are on all pages.

    Rows may be missing where there are none; their number never is.

    Args:
        rows, total: Their names: `elements` and `total`, `items` and `totalResults`.

    Raises:
        VendorUnavailable: The answer is no page of a list.
    """
    with understood(what):
        count = int(body[total])
        found = body.get(rows)
        if found is None:
            found = []
        if isinstance(body[total], bool) or count < 0 or not isinstance(found, list):
            raise ValueError
        if not all(isinstance(row, dict) for row in found):
            raise ValueError
    return found, count
