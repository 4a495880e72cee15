"""Phone numbers, judged by phonenumbers and stored as E.164."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


def phone_number(text: str, region: str | None) -> str | None:
    """Return a valid number as E.164 (an extension follows as " ext. 12"), None if it is none.

    Args:
        text: With a country code, or as dialled in `region`.
        region: ISO 3166-1 alpha-2; None: only numbers with a country code are valid.
    """
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    stored = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{stored} ext. {number.extension}" if number.extension else str(stored)
