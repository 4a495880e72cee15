"""The shapes that answers must have before anything in them is believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from leadline.errors import VendorUnavailable

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


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Turn what goes wrong with an answer of another shape than documented into `VendorUnavailable`.

    The cause is not kept: its text may quote the answer.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise VendorUnavailable(
            f"{what}: the answer is not as documented ({type(error).__name__}); try again later"
        ) from None
