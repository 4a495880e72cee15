"""Items in chunks of a size; `itertools.batched` from Python 3.12 on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in order, in lists of `size`; the last may be shorter. Each is read when asked for."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
