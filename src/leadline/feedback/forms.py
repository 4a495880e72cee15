"""The forms that a CRM gives to a value of ours: cut, rounded, without what it does not know (pure).

Such a form is our own push come back, not a change of the partner's, though it is not what the lead holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from leadline.mapping.fields import FieldMapping, FieldType
from leadline.ports import FieldDescription, cut_text

STANDS_IN: Mapping[str, tuple[str, ...]] = {"last_name": ("company", "email")}
"""Lead field -> those with which adapters fill its CRM field where a lead has none: no CRM goes without."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def is_form_of(
    field: FieldMapping, ours: Any, value: Any, text: str | None, described: FieldDescription | None
) -> bool:
    """Tell whether what a CRM holds is what became of our value there.

    Args:
        ours: The lead's value; None: it has none.
        value: The CRM's text as a value of the hub.
        text: The CRM's text.
        described: The CRM's field, where the CRM describes it.
    """
    if ours is None:
        # A box that nobody ticked says no; most CRMs have no third state.
        return field.type is FieldType.BOOLEAN and value is False
    if described and described.values and (value is None or isinstance(value, list)):
        return _is_what_is_known(ours, value or [], described.values)
    if not isinstance(ours, str) or not isinstance(value, str) or not text:
        return False
    if field.type is FieldType.DECIMAL:
        return _is_rounded(ours, value)
    if field.type is FieldType.DATETIME:
        return _is_coarser(ours, value) or (len(text) == 10 and ours.startswith(text))
    return _is_cut(ours, text, described.length if described else None)


def takes(ours: Any, described: FieldDescription | None) -> bool:
    """Tell whether a CRM's field can hold anything of a value: a closed list takes its own words only."""
    if described is None or not described.restricted or not described.values or ours is None:
        return True
    known = {one.strip().casefold() for one in described.values}
    return any(str(one).strip().casefold() in known for one in (ours if isinstance(ours, list) else [ours]))


def stands_in(
    name: str, text: str | None, lead: Mapping[str, Any], described: FieldDescription | None
) -> bool:
    """Tell whether a text that a lead has not is another of its values, put there for want of one."""
    if not text or lead.get(name) is not None:
        return False
    longest = described.length if described else None
    others = (lead.get(other) for other in STANDS_IN.get(name, ()))
    return any(isinstance(one, str) and _is_cut(one, text, longest) for one in others)


def _is_what_is_known(ours: Any, value: list[Any], listed: Sequence[str]) -> bool:
    """Tell whether a value lacks nothing but what is not on the CRM's list."""
    known = {one.strip().casefold() for one in listed}
    mine, theirs = set(map(str, ours if isinstance(ours, list) else [ours])), set(map(str, value))
    return theirs < mine and not any(one.strip().casefold() in known for one in mine - theirs)


def _is_cut(ours: str, text: str, longest: int | None) -> bool:
    if _plain(ours) == _plain(text):
        return True
    if longest is None:
        return False
    # Some count characters, some UTF-16 units.
    return _plain(text) in (_plain(ours[:longest]), _plain(cut_text(ours, longest)))


def _plain(text: str) -> str:
    return _CONTROLS.sub("", text).replace("\r\n", "\n").strip()


def _is_rounded(ours: str, value: str) -> bool:
    try:
        mine, theirs = Decimal(ours), Decimal(value)
        if float(mine) == float(theirs):
            return True  # a binary number holds no more of it
        step = Decimal(1).scaleb(int(theirs.as_tuple().exponent))
        return mine.quantize(step, ROUND_HALF_UP) == theirs and step > Decimal(1).scaleb(
            int(mine.as_tuple().exponent)
        )
    except (InvalidOperation, OverflowError, TypeError, ValueError):
        return False


def _is_coarser(ours: str, value: str) -> bool:
    """Tell whether a moment is the other one without a part of its second."""
    try:
        mine, theirs = datetime.fromisoformat(ours), datetime.fromisoformat(value)
        lost = mine - theirs
    except (TypeError, ValueError):
        return False
    step = timedelta(seconds=1) if theirs.microsecond == 0 else timedelta(milliseconds=1)
    return theirs.microsecond % 1000 == 0 and timedelta(0) <= lost < step
