"""Phone numbers, judged by phonenumbers and stored as E.164."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, NumberParseException, PhoneMetadata, PhoneNumberFormat

_PLAIN = re.compile(r"(\+ ?)?[0-9(][0-9 ()./\-]{4,30}")
_NO_DIGITS = str.maketrans("", "", "+ ()./-")
_KINDS = (
    "mobile",
    "fixed_line",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)


def phone_number(text: str, region: str | None) -> str | None:
    """Return a valid number as E.164 (an extension follows as " ext. 12"), None if it is none.

    Args:
        text: With a country code, or as dialled in `region`.
        region: ISO 3166-1 alpha-2; None: only numbers with a country code are valid.
    """
    if plain := _plain_number(text, region):
        return plain
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    stored = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{stored} ext. {number.extension}" if number.extension else str(stored)


@dataclass(frozen=True)
class _Plan:
    """What the library knows of a region's numbers, compiled; `kinds` is every kind's pattern by length."""

    code: str
    general: re.Pattern[str]
    kinds: dict[int, re.Pattern[str]]
    leading_digits: re.Pattern[str] | None
    international_prefix: re.Pattern[str]
    national_prefix: re.Pattern[str] | None
    strips_plainly: bool

    def holds(self, number: str) -> bool:
        """Return whether a national number is one of this region."""
        kinds = self.kinds.get(len(number))
        return bool(kinds and kinds.fullmatch(number) and self.general.fullmatch(number))


def _plain_number(text: str, region: str | None) -> str | None:
    """Return what the library would say of a number without oddities, None where only it can tell.

    The library takes 25 microseconds a number, and nearly every lead has a number of its own. This is its way
    for digits with a country code, or as dialled at home; whatever is doubtful, or not valid, is left to it.
    """
    if not _PLAIN.fullmatch(text):
        return None
    digits = text.translate(_NO_DIGITS)
    if text[0] == "+":
        regions = _regions()
        code = digits[:2] if digits[:2] in regions else digits[:1] if digits[:1] in regions else digits[:3]
        if code not in regions:
            return None
        number = digits[len(code) :]
        plan = _plan(regions[code][0])
        if plan is None or (plan.national_prefix and plan.national_prefix.match(number)):
            return None
    else:
        plan = _plan(region) if region else None
        if plan is None or plan.international_prefix.match(digits) or digits.startswith(plan.code):
            return None
        number = digits
        if plan.national_prefix and (prefix := plan.national_prefix.match(digits)):
            if not plan.strips_plainly:
                return None
            number = digits[prefix.end() :]
            if not plan.general.fullmatch(number):
                return None
    return f"+{plan.code}{number}" if _is_valid(plan.code, number) else None


def _is_valid(code: str, number: str) -> bool:
    regions = _regions()[code]
    for region in regions:
        plan = _plan(region)
        if plan is None:
            return False
        if len(regions) > 1 and plan.leading_digits:
            if plan.leading_digits.match(number):
                return plan.holds(number)
        elif plan.holds(number):
            return True
    return False


@cache
def _regions() -> dict[str, tuple[str, ...]]:
    return {str(code): regions for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}


@cache
def _plan(region: str) -> _Plan | None:
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or metadata.general_desc is None:
        return None
    by_length: dict[int, list[str]] = {}
    for kind in filter(None, (getattr(metadata, kind) for kind in _KINDS)):
        if kind.national_number_pattern:
            for length in kind.possible_length or range(20):
                by_length.setdefault(length, []).append(kind.national_number_pattern)
    prefix = metadata.national_prefix_for_parsing or ""
    return _Plan(
        code=str(metadata.country_code),
        general=re.compile(metadata.general_desc.national_number_pattern or "$"),
        kinds={
            length: re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
            for length, patterns in by_length.items()
        },
        leading_digits=re.compile(metadata.leading_digits) if metadata.leading_digits else None,
        international_prefix=re.compile(metadata.international_prefix or "$"),
        national_prefix=re.compile(prefix) if prefix else None,
        strips_plainly=prefix.isdigit() and not metadata.national_prefix_transform_rule,
    )
