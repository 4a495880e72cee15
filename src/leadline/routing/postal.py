"""Postal areas: which partners serve a code, by prefixes ("SW1") and ranges ("10000-19999")."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping

from leadline.matching import text

_ZIP_PLUS_4 = re.compile(r"(\d{5})-\d{4}")


def code(value: object) -> str:
    """Return a postal code as it is compared: without spaces and case; ZIP+4 by its first five digits."""
    plain = text(value).replace(" ", "")
    extended = _ZIP_PLUS_4.fullmatch(plain)
    return extended[1] if extended else plain


def area(value: object) -> tuple[str, str | None]:
    """Return (prefix, None), or (first, last) of a range.

    A range has two bounds of equal length around its hyphen, so "1000-001", a Portuguese code, is a prefix.
    """
    plain = text(value).replace(" ", "").replace("\N{EN DASH}", "-").rstrip("*")
    middle = len(plain) // 2
    if len(plain) % 2 and plain[middle] == "-":
        return plain[:middle], plain[middle + 1 :]
    return plain, None


class PostalAreas:
    """The areas of all partners, indexed: a look-up costs the length of a code, however many partners."""

    def __init__(self, areas: Mapping[int, Iterable[object]]) -> None:
        """Index areas by partner bit (`1 << position`)."""
        self._prefixes: dict[str, int] = {}
        ranges: dict[int, list[tuple[str, str, int]]] = {}
        for bit, written in areas.items():
            for one in written:
                first, last = area(one)
                if last is None:
                    if first:
                        self._prefixes[first] = self._prefixes.get(first, 0) | bit
                elif first <= last:
                    ranges.setdefault(len(first), []).append((first, last, bit))
        self._ranges = {length: _Ranges(found) for length, found in ranges.items()}

    def serving(self, value: object) -> int:
        """Return the bits of the partners that serve this code."""
        plain = code(value)
        found = 0
        for end in range(1, len(plain) + 1):
            found |= self._prefixes.get(plain[:end], 0)
        ranges = self._ranges.get(len(plain))
        return found | ranges.holding(plain) if ranges else found


class _Ranges:
    """Ranges of one length, cut at their bounds into pieces that one look-up finds."""

    def __init__(self, ranges: list[tuple[str, str, int]]) -> None:
        self._bounds = sorted({bound for first, last, _ in ranges for bound in (first, last)})
        place = {bound: index for index, bound in enumerate(self._bounds)}
        self._at = [0] * len(self._bounds)
        self._after = [0] * len(self._bounds)
        for first, last, bit in ranges:
            for index in range(place[first], place[last] + 1):
                self._at[index] |= bit
            for index in range(place[first], place[last]):
                self._after[index] |= bit

    def holding(self, plain: str) -> int:
        index = bisect_right(self._bounds, plain) - 1
        if index < 0:
            return 0
        return self._at[index] if self._bounds[index] == plain else self._after[index]
