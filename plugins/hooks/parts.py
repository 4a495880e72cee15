"""Rows in the parts that one call takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def by_size(
    items: Iterable[Item], size: Callable[[Item], int], largest: int, most: int | None = None
) -> Iterator[list[Item]]:
    """Yield the items in order, in parts of `largest` in all and of `most` items; None: any number.

    An item that is larger by itself is a part of its own.

    Args:
        size: Of one item, in the unit of `largest`.
    """
    part: list[Item] = []
    total = 0
    for item in items:
        more = size(item)
        if part and (total + more > largest or len(part) == most):
            yield part
            part, total = [], 0
        part.append(item)
        total += more
    if part:
        yield part


def in_turns(items: Iterable[Item], key: Callable[[Item], str]) -> Iterator[list[Item]]:
    """Yield lists in which no key comes twice; items of one key keep their order, from list to list."""
    rest = list(items)
    while rest:
        seen: set[str] = set()
        now: list[Item] = []
        later: list[Item] = []
        for item in rest:
            (later if key(item) in seen else now).append(item)
            seen.add(key(item))
        yield now
        rest = later
