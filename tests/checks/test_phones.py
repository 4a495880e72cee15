"""Plain phone numbers take a short way; it never says anything else than the library."""

from __future__ import annotations

import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneNumberFormat

from leadline.checks.phones import phone_number

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
EXAMPLES = [
    (text, region)
    for region in REGIONS
    for kind in range(11)
    if (number := phonenumbers.example_number_for_type(region, kind))
    for form in (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
    for shown in [phonenumbers.format_number(number, form)]
    for text in (shown, shown.lstrip("+"))
]


@st.composite
def dialled(draw: st.DrawFn) -> tuple[str, str | None]:
    """Return a number, most often one digit off a good one, and the region it is dialled in."""
    text, home = draw(st.sampled_from(EXAMPLES))
    place = draw(st.integers(0, len(text)))
    put = draw(st.sampled_from([*"0123456789 +()-/.", ""]))
    text = text[:place] + put + text[place + draw(st.sampled_from([0, 0, 1])) :]
    text = draw(st.sampled_from(["", "", "0", "00", "1", "8"])) + text
    return text, draw(st.sampled_from([home, home, home, None, *REGIONS[::40]]))


@given(number=dialled())
@settings(deadline=None, max_examples=3000)
def test_the_short_way_agrees_with_the_library(number: tuple[str, str | None]) -> None:
    text, region = number

    assert phone_number(text, region) == _by_the_library(text, region)


def _by_the_library(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    stored = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{stored} ext. {number.extension}" if number.extension else stored
