from __future__ import annotations

import json
import socket
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from hooks.smtp import mail_sender
from leadline.errors import (
    ConfigurationError,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    RetryLater,
    VendorUnavailable,
)
from leadline.notices import Mail


class Room:
    """A mail server that answers as its tables say."""

    def __init__(self) -> None:
        self.box = []
        self.answers = {"MAIL": None, "RCPT": None, "DATA": None}
        self.sessions = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.answers["MAIL"]:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.answers["RCPT"]:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.answers["DATA"]:
            return self.answers["DATA"]
        self.box.append(envelope)
        return "250 queued"


@pytest.fixture
def room(monkeypatch):
    room = Room()
    controller = Controller(
        room,
        hostname="127.0.0.1",
        port=0,
        auth_require_tls=False,
        authenticator=lambda _server, _session, _envelope, _mechanism, data: AuthResult(
            success=data.password == b"right", handled=False
        ),
    )
    with socket.socket() as free:  # the controller cannot tell which port 0 became
        free.bind(("127.0.0.1", 0))
        controller.port = free.getsockname()[1]
    controller.start()

    def connection(extra=None, **values):
        extra = {
            "disable_ssl": True,
            "disable_tls": True,
            "from_email": "Leadline <noreply@dist.example>",
            **(extra or {}),
        }
        values = {"conn_type": "smtp", "host": "127.0.0.1", "port": controller.port, **values}
        monkeypatch.setenv("AIRFLOW_CONN_LEADLINE_SMTP", json.dumps({**values, "extra": extra}))

    room.connection = connection
    connection()
    yield room
    controller.stop()


def mail(number=1, recipient="ops@acme.example"):
    return Mail(f"M{number}", recipient, "failure", "Set-up fails", "What failed\n", "<p>What failed</p>")


def send(*mails):
    with mail_sender() as sender:
        for one in mails:
            sender(one)


def test_a_mail_arrives_whole_with_its_own_id(room):
    send(mail())

    (envelope,) = room.box
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.rcpt_tos == ["ops@acme.example"]
    assert envelope.mail_from == "noreply@dist.example"
    assert message.get_all("Message-ID") == ["<M1@dist.example>"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_body(("plain",)).get_content().strip() == "What failed"
    assert message.get_body(("html",)).get_content().strip() == "<p>What failed</p>"
    assert not message.defects


def test_many_mails_share_one_connection_and_none_needs_none(room):
    send()
    assert room.sessions == 0

    send(mail(1), mail(2), mail(3))

    assert (room.sessions, len(room.box)) == (1, 3)


@pytest.mark.parametrize(
    ("stage", "answer", "error"),
    [
        ("RCPT", "550 5.1.1 no ops@acme.example here", NotAllowed),
        ("RCPT", "450 4.2.1 mailbox busy", RetryLater),
        ("DATA", "554 5.7.1 looks like spam", NotAllowed),
        ("DATA", "451 4.3.0 try later", RetryLater),
        ("MAIL", "552 5.3.4 too large", NotAllowed),
        ("MAIL", "451 4.3.0 try later", RetryLater),
        ("MAIL", "550 5.7.1 you may not send as this", ConfigurationError),
        ("RCPT", "421 4.3.2 shutting down", VendorUnavailable),
    ],
)
def test_an_answer_says_what_happens_to_the_mail(room, stage, answer, error):
    room.answers[stage] = answer

    with pytest.raises(LeadlineError) as caught:
        send(mail())

    assert type(caught.value) is error
    assert "@" not in str(caught.value)
    assert room.box == []


def test_a_refused_mail_does_not_stop_the_next(room):
    with mail_sender() as sender:
        room.answers["RCPT"] = "550 no"
        with pytest.raises(NotAllowed):
            sender(mail(1))
        room.answers["RCPT"] = None
        sender(mail(2))

    assert (room.sessions, len(room.box)) == (1, 1)


def test_a_log_in_is_checked(room):
    room.connection(login="leadline", password="right")
    send(mail())
    assert len(room.box) == 1

    room.connection(login="leadline", password="wrong-one")
    with pytest.raises(CredentialsRefused) as caught:
        send(mail())
    assert "wrong-one" not in str(caught.value)


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"disable_tls": "false"}, "true or false"),
        ({"ssl_context": "none"}, "certificates"),
        ({"from_email": None}, "from_email"),
        ({"disable_tls": False}, "STARTTLS"),
        ({"disable_ssl": False}, "TLS"),
    ],
)
def test_a_setting_that_cannot_work_is_named(room, extra, says):
    room.connection(extra)

    with pytest.raises(ConfigurationError, match=says):
        send(mail())


def test_a_missing_connection_is_a_matter_of_configuration():
    with pytest.raises(ConfigurationError, match="leadline_smtp"):
        send(mail())


def test_a_server_that_is_down_is_tried_later(room):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    room.connection(port=port)

    with pytest.raises(VendorUnavailable):
        send(mail())
