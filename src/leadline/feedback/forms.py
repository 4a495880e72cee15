"""The forms that a CRM gives to a value of ours: cut, rounded, without what it does not know (pure).

Such a form is our own push come back, not a change of the partner's, though it is not what the lead holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from leadline.mapping.fields import FieldMapping, FieldType, folded
from leadline.ports import SAYS_YES, FieldDescription, cut_text, text_of

STANDS_IN: Mapping[str, tuple[str, ...]] = {"last_name": ("company", "email")}
"""Lead field -> those with which adapters fill its CRM field where a lead has none: no CRM goes without."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_NUMBERS = frozenset(
    {"int", "integer", "long", "bigint", "double", "decimal", "currency", "money", "percent"}
)


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
    if is_text_of(ours, text, described):
        return True
    if not isinstance(ours, str) or not isinstance(value, str) or not text:
        return False
    if field.type is FieldType.DECIMAL:
        return (described is None or described.type in _NUMBERS) and _is_rounded(ours, value)
    if field.type is FieldType.DATETIME:
        return _is_coarser(ours, value) or (len(text) == 10 and ours.startswith(text))
    return False


def is_text_of(ours: Any, text: str | None, described: FieldDescription | None) -> bool:
    """Tell whether a CRM's text is what its field made of the text that we send for a value.

    Unlike `is_form_of` it needs no value of the hub: half a number or word need not be one.
    """
    if ours is None:
        return False
    sent, held = text_of(ours) or "", text or ""
    if held and _is_cut(sent, held, described.length if described else None):
        return True
    if described is None:
        return False
    if described.values:
        return _is_what_is_known(_words(sent, described), _words(held, described), described)
    if described.type == "boolean":
        return held == ("true" if sent.strip().casefold() in SAYS_YES else "false")
    return described.type in _NUMBERS and _is_rounded(sent, held)


def is_default(text: str | None, described: FieldDescription | None) -> bool:
    """Tell whether a text is what the CRM itself puts into a new record's field."""
    default = described.default if described else None
    return bool(text) and default is not None and folded(text or "") == folded(default)


def stands_in(
    name: str, text: str | None, lead: Mapping[str, Any], described: FieldDescription | None
) -> bool:
    """Tell whether a text that a lead has not is another of its values, put there for want of one."""
    if not text or lead.get(name) is not None:
        return False
    longest = described.length if described else None
    others = (lead.get(other) for other in STANDS_IN.get(name, ()))
    return any(isinstance(one, str) and _is_cut(one, text, longest) for one in others)


def _words(text: str, described: FieldDescription) -> set[str]:
    """Return the words of a list in a text, each as its list has it where it is named by its number."""
    parts = text.split(";") if described.type.startswith("multi") else [text]
    words = {folded(one) for one in parts if one.strip()}
    known = list(map(folded, described.values))
    named = {
        number: word for number, word in zip(described.numbers, known, strict=False) if number not in known
    }
    return {named.get(one, one) for one in words}


def _is_what_is_known(ours: set[str], theirs: set[str], described: FieldDescription) -> bool:
    """Tell whether words are ours, in any case and order, but for those that a closed list lacks."""
    if theirs == ours:
        return True
    known = set(map(folded, described.values))
    return described.restricted and theirs < ours and known.isdisjoint(ours - theirs)


def _is_cut(ours: str, text: str, longest: int | None) -> bool:
    if _plain(ours) == _plain(text):
        return True
    if longest is None:
        return False
    # Some count characters, some UTF-16 units.
    return _plain(text) in (_plain(ours[:longest]), _plain(cut_text(ours, longest)))


def _plain(text: str) -> str:
    # A return alone is a new line to XML, and to most CRMs.
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _is_rounded(ours: str, value: str) -> bool:
    try:
        mine, theirs = Decimal(ours.strip()), Decimal(value)
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
