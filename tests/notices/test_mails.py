"""What a mail looks like to a mail program."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest

from leadline.notices import Mail, build_message
from leadline.notices.mails import MAX_TOLD, without_secrets

MAIL = Mail(
    "0123abcd",
    "ops@acme.example",
    "failure",
    "Söme task failed",
    "Text\nümlaut",
    "<p>ü " + "x" * 2000 + "</p>",
)


def test_a_message_has_text_and_html_and_says_that_a_machine_sent_it() -> None:
    raw = build_message(MAIL, "Leadline <no-reply@leadline.example>", "ops@leadline.example").as_bytes()

    message = message_from_bytes(raw, policy=default)

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Message-ID"] == "<0123abcd@leadline.example>"
    assert message["Subject"] == "Söme task failed"
    assert message["To"] == "ops@acme.example"
    assert message["Reply-To"] == "ops@leadline.example"
    assert message.get_body(("plain",)).get_content().splitlines() == ["Text", "ümlaut"]
    for name in ("Message-ID", "Date", "From", "To", "Subject"):
        assert len(message.get_all(name)) == 1
    assert not [part.defects for part in message.walk() if part.defects]
    assert max(map(len, raw.split(b"\r\n"))) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_the_message_id_stays_the_same_over_retries() -> None:
    ids = {build_message(MAIL, "no-reply@leadline.example")["Message-ID"] for _ in range(2)}

    assert len(ids) == 1


@pytest.mark.parametrize("field", ["mail_id", "recipient", "subject"])
@pytest.mark.parametrize("breaking", ["a\r\nBcc: x@y.example", "a\nb", "a\rb"])
def test_a_line_break_in_a_header_is_refused(field: str, breaking: str) -> None:
    values = {
        "mail_id": "1", "recipient": "a@b.example", "template": "t", "subject": "s", "text": "", "html": ""
    }  # fmt: skip

    with pytest.raises(ValueError, match="line break"):
        Mail(**(values | {field: breaking}))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no log-in for ann@example.com.", "no log-in for <address>."),
        ("https://ann:geheim@crm.example/x?token=geheim", "https://…@crm.example/x?token=…"),
        ('{"client_secret": "geheim", "user": "us"}', '{"client_secret": …", "user": "us"}'),
        ("Authorization: Bearer geheim123.x", "Authorization: Bearer …"),
        ("apikey='geheim' my_password : geheim; x=1", "apikey=…' my_password : …; x=1"),
        ("a@b.example;bob+x@c.example,@d", "<address>;<address>,@d"),
    ],
)
def test_a_message_keeps_its_words_and_loses_secrets_and_addresses(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@pytest.mark.parametrize("filling", ["a", "a.", "password", "a@", "@", "='"])
def test_an_error_that_quotes_a_whole_page_is_told_like_any_other(filling: str) -> None:
    """It took hours: each character was looked at again for each before it."""
    told = without_secrets(f"password=geheim {filling * 400_000}")

    assert told.startswith("password=… ")
    assert len(told) <= MAX_TOLD
