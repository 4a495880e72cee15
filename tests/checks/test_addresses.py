"""Plain e-mail addresses take a short way; it never says anything else than the library."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.checks.addresses import is_email

PARTS = st.text(st.sampled_from("abZ09.-_+'@ äß\"\\(<"), max_size=12)
DOMAINS = st.one_of(
    PARTS,
    st.sampled_from(
        [
            "firm.com",
            "firm.test",
            "localhost",
            "a-.de",
            "1.2.3.4",
            "x" * 64 + ".de",
            ".".join(["x" * 60] * 4) + ".de",
        ]
    ),
)


@given(
    local=st.one_of(PARTS, st.integers(60, 70).map("a".__mul__)),
    domain=DOMAINS,
    sign=st.sampled_from(["@", ""]),
)
@settings(deadline=None, max_examples=1000)
def test_the_short_way_agrees_with_the_library(local: str, domain: str, sign: str) -> None:
    text = local + sign + domain

    assert is_email(text) == _by_the_library(text)


def _by_the_library(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True
