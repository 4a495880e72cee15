"""Record ids: 15 case-sensitive characters, or 18 with a checksum of the capitals.

Source: "What are the differences between 15 and 18 character record IDs" (Salesforce help).
"""

from __future__ import annotations

import hashlib
import re
import string

from .errors import Refused

_SUFFIX = string.ascii_uppercase + "012345"
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase  # ASCII order: ids sort as made
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", re.ASCII)
_NORMAL: dict[str, str] = {}


def checksum(fifteen: str) -> str:
    """Return the three characters that turn a 15-character id into its 18-character form."""
    return "".join(
        _SUFFIX[sum(1 << bit for bit in range(5) if "A" <= fifteen[start + bit] <= "Z")]
        for start in (0, 5, 10)
    )


def normal(value: object, *, field: str = "id") -> str:
    """Return the 18-character form of an id of either length.

    An 18-character id may come in any case: its checksum restores the capitals.

    Raises:
        Refused: MALFORMED_ID when it is no id at all.
    """
    if not isinstance(value, str):
        raise malformed(value, field)
    known = _NORMAL.get(value)
    if known is not None:
        return known
    if not _SHAPE.fullmatch(value):
        raise malformed(value, field)
    if len(value) == 15:
        result = value + checksum(value)
    else:
        fifteen = _restore_case(value)
        if fifteen is None:
            raise malformed(value, field)
        result = fifteen + checksum(fifteen)
    if len(_NORMAL) > 500_000:
        _NORMAL.clear()
    _NORMAL[value] = result
    return result


def malformed(value: object, field: str) -> Refused:
    """Return the refusal of something that is no id of the kind asked for."""
    return Refused("MALFORMED_ID", f"{field}: id value of incorrect type: {value}", [field])


def _restore_case(value: str) -> str | None:
    letters = []
    for group in range(3):
        bits = _SUFFIX.find(value[15 + group].upper())
        if bits < 0:
            return None
        for bit in range(5):
            letter = value[group * 5 + bit]
            capital = bool(bits >> bit & 1)
            if capital and not letter.isalpha():
                return None
            letters.append(letter.upper() if capital else letter.lower())
    return "".join(letters)


def pod(org_id: str) -> str:
    """Return three characters that make the ids of one org differ from those of another."""
    number = int.from_bytes(hashlib.sha256(org_id[:15].encode()).digest()[:4], "big")
    return "".join(_DIGITS[number // 62**place % 62] for place in range(3))


def make(prefix: str, pod_characters: str, number: int) -> str:
    """Return the `number`-th id with this key prefix, in its 18-character form."""
    tail = []
    for _ in range(9):
        number, digit = divmod(number, 62)
        tail.append(_DIGITS[digit])
    fifteen = prefix + pod_characters + "".join(reversed(tail))
    return fifteen + checksum(fifteen)
