"""Query results that a client reads page by page."""

from __future__ import annotations

import secrets
from collections import OrderedDict

from .errors import Refused
from .soql.selection import Selection

MOST_OPEN = 200  # the oldest cursor is dropped when more are open


class Cursors:
    """Open query results; they live in memory, so a restart of the sandbox expires them."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, tuple[Selection, int]] = OrderedDict()

    def open(self, selection: Selection, batch: int) -> str:
        """Return the name of a new cursor; pages ask for `name-offset`."""
        name = "01g" + secrets.token_hex(6) + "AAA"
        self._open[name] = (selection, batch)
        while len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)
        return name

    def page(self, locator: str) -> tuple[Selection, int, int, str]:
        """Return a locator's rows, the page size, the offset and the cursor's name.

        Raises:
            Refused: INVALID_QUERY_LOCATOR.
        """
        name, _, offset = locator.rpartition("-")
        found = self._open.get(name)
        if found is None or not offset.isdigit():
            raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator")
        self._open.move_to_end(name)
        return found[0], found[1], int(offset), name

    def expire(self, locator: str | None = None) -> None:
        """Forget one cursor, or all."""
        if locator is None:
            self._open.clear()
        else:
            self._open.pop(locator.rpartition("-")[0], None)
