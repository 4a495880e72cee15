"""The mail room, through smtplib."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest

from sandbox.launch import RunningSandbox


@contextmanager
def smtp(sandbox: RunningSandbox) -> Iterator[smtplib.SMTP]:
    """Connect to the plain port."""
    where = sandbox.addresses["smtp"]
    with smtplib.SMTP(where["host"], where["port"], timeout=10) as client:
        yield client


def mail(to: str = "b@there.example", subject: str = "Hällo") -> EmailMessage:
    """Return a mail with text and HTML."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@here.example", to, subject
    message["Message-ID"] = "<1@here.example>"
    message.set_content("as text: ü")
    message.add_alternative("<p>as HTML</p>", subtype="html")
    return message


def test_an_accepted_mail_is_in_the_mailbox(sandbox: RunningSandbox) -> None:
    with smtp(sandbox) as client:
        client.send_message(mail())

    (read,) = sandbox.control.mails()
    assert (read["subject"], read["text"].strip(), read["html"].strip()) == (
        "Hällo",
        "as text: ü",
        "<p>as HTML</p>",
    )
    assert (read["envelope_from"], read["envelope_to"]) == ("a@here.example", ["b@there.example"])
    assert ["Message-ID", "<1@here.example>"] in read["headers"]
    assert read["defects"] == []
    assert sandbox.control.mails("other@there.example") == []


def test_starttls_and_tls_are_trusted_through_the_sandbox_ca(sandbox: RunningSandbox) -> None:
    where = sandbox.addresses["smtp"]
    trusting = ssl.create_default_context(cafile=sandbox.ca_bundle)

    with smtp(sandbox) as client:
        client.starttls(context=trusting)
        client.login(where["login"], where["password"])
        client.send_message(mail(subject="one"))
    with smtplib.SMTP_SSL(where["host"], where["tls_port"], context=trusting) as client:
        client.send_message(mail(subject="two"))

    assert [one["subject"] for one in sandbox.control.mails()] == ["one", "two"]


def test_a_wrong_password_is_refused(sandbox: RunningSandbox) -> None:
    with smtp(sandbox) as client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login("leadline", "wrong")


@pytest.mark.parametrize("code", [550, 451])
def test_recipients_are_refused_by_pattern(sandbox: RunningSandbox, code: int) -> None:
    sandbox.control.refuse_mail("*@full.example", code)

    with smtp(sandbox) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.send_message(mail("x@full.example"))
        client.send_message(mail("y@there.example"))

    assert refused.value.recipients["x@full.example"][0] == code
    assert [one["envelope_to"] for one in sandbox.control.mails()] == [["y@there.example"]]


def test_a_lost_answer_leaves_the_mail_in_the_mailbox(sandbox: RunningSandbox) -> None:
    sandbox.control.fault("mail", "disconnect", operation="data", moment="after")

    with pytest.raises(smtplib.SMTPServerDisconnected), smtp(sandbox) as client:
        client.send_message(mail())

    assert len(sandbox.control.mails()) == 1


def test_a_mail_that_is_refused_before_it_is_kept_is_not_there(sandbox: RunningSandbox) -> None:
    sandbox.control.fault("mail", "refuse", operation="data", arguments={"code": 452, "text": "full"})

    with smtp(sandbox) as client, pytest.raises(smtplib.SMTPDataError):
        client.send_message(mail())

    assert sandbox.control.mails() == []


def test_a_server_that_is_down_refuses_connections_until_it_is_up(sandbox: RunningSandbox) -> None:
    sandbox.control.mail_up(False)

    with pytest.raises(ConnectionRefusedError), smtp(sandbox):
        pass
    sandbox.control.mail_up(True)
    with smtp(sandbox) as client:
        client.send_message(mail())
    assert len(sandbox.control.mails()) == 1


def test_a_cleared_mailbox_is_empty_and_numbers_go_on(sandbox: RunningSandbox) -> None:
    with smtp(sandbox) as client:
        client.send_message(mail())
        before = sandbox.control.mails()[0]["number"]
        sandbox.control.clear_mailbox()
        client.send_message(mail())

    assert [one["number"] for one in sandbox.control.mails()] == [before + 1]
