"""Plain phone numbers take a short way; it never says anything else than the library."""

from __future__ import annotations

import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneNumberFormat

from leadline.checks.phones import phone_number

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
EXAMPLES = [
    phonenumbers.format_number(number, form)
    for region in REGIONS
    for kind in range(11)
    if (number := phonenumbers.example_number_for_type(region, kind))
    for form in (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
]
DIALLED = st.one_of(
    st.sampled_from(EXAMPLES),
    st.tuples(st.sampled_from(EXAMPLES), st.integers(0, 20), st.sampled_from([*"0123456789 +()-/.", ""])).map(
        lambda part: part[0][: part[1]] + part[2] + part[0][part[1] + 1 :]
    ),
    st.from_regex(r"\+?[0-9]{4,15}", fullmatch=True),
)


@given(text=DIALLED, region=st.sampled_from([*REGIONS, None]))
@settings(deadline=None, max_examples=1500)
def test_the_short_way_agrees_with_the_library(text: str, region: str | None) -> None:
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
