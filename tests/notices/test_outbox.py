"""The outbox: nothing is lost while the mail server is down, nothing is sent twice."""

from __future__ import annotations

import pytest

from leadline.errors import CredentialsRefused, NotAllowed, RetryLater, VendorUnavailable
from leadline.hub import Hub
from leadline.hub.schema import mail as mail_table
from leadline.notices import Drained, Mail, drain, queue_mail

NOW = 1_800_000_000_000_000
MINUTE = 60_000_000


def mail(number: int = 1, recipient: str = "ops@acme.example") -> Mail:
    return Mail(f"m{number}", recipient, "failure", "subject", "text", "<p>html</p>")


def queue(hub: Hub, *mails: Mail, supplier: str = "acme") -> list[bool]:
    with hub.transaction() as connection:
        return [queue_mail(hub, connection, supplier, item, "run-1", NOW) for item in mails]


def test_what_waits_is_sent_once(hub: Hub, server) -> None:
    queue(hub, mail(1), mail(2))
    queue(hub, mail(1), supplier="globex")

    assert drain(hub, server.send, NOW) == Drained(sent=3)
    assert drain(hub, server.send, NOW) == Drained()
    assert len(server.mails) == 3


def test_a_mail_with_the_same_id_and_recipient_is_queued_once(hub: Hub) -> None:
    assert queue(hub, mail(1), mail(1), mail(1, "it@acme.example")) == [True, False, True]


def test_a_server_that_is_down_is_asked_once_and_everything_is_sent_later(hub: Hub, server) -> None:
    queue(hub, mail(1), mail(2))
    server.answer = lambda _mail: VendorUnavailable("connection refused")

    assert drain(hub, server.send, NOW) == Drained(waiting=2, stopped="connection refused")
    assert len(server.tried) == 1

    server.answer = lambda _mail: None
    assert drain(hub, server.send, NOW + 1) == Drained(sent=2)


def test_a_long_drain_still_keeps_others_from_the_mail_that_it_sends(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(hub, mail(1), mail(2))
    clock, sent, others = [NOW], [], []
    monkeypatch.setattr("leadline.notices.outbox.now_us", lambda: clock[0])

    def slowly(item: Mail) -> None:
        clock[0] += 10 * MINUTE
        sent.append(item.mail_id)
        if item.mail_id == "m2":  # another task sends what it finds
            others.append(drain(hub, lambda one: sent.append(one.mail_id)))

    drain(hub, slowly)

    assert sent == ["m1", "m2"]
    assert others == [Drained(waiting=1)]


def test_credentials_that_are_refused_stop_the_drain_and_lose_nothing(hub: Hub, server) -> None:
    queue(hub, mail(1), mail(2))
    server.answer = lambda _mail: CredentialsRefused("535 authentication failed")

    assert drain(hub, server.send, NOW) == Drained(waiting=2, stopped="535 authentication failed")


def test_a_mail_refused_for_good_is_not_tried_again_and_holds_no_other_up(hub: Hub, server) -> None:
    queue(hub, mail(1, "gone@acme.example"), mail(2))
    server.answer = lambda mail: NotAllowed("550 no such user") if mail.recipient[:4] == "gone" else None

    assert drain(hub, server.send, NOW) == Drained(sent=1, refused=1)
    assert drain(hub, server.send, NOW + 99 * MINUTE) == Drained()
    with hub.reading() as connection:
        states = {row.mail_id: (row.state, row.message) for row in connection.execute(mail_table.select())}
    assert states == {"m1": ("refused", "550 no such user"), "m2": ("sent", None)}


def test_a_mail_that_is_put_off_waits_longer_each_time(hub: Hub, server) -> None:
    queue(hub, mail(1))
    server.answer = lambda _mail: RetryLater("451 try later")

    tries = []
    for minute in range(200):
        before = len(server.tried)
        drain(hub, server.send, NOW + minute * MINUTE)
        if len(server.tried) > before:
            tries.append(minute)

    assert tries == [0, 1, 3, 7, 15, 31, 63, 123, 183]


def test_the_servers_own_wish_to_wait_is_kept(hub: Hub, server) -> None:
    queue(hub, mail(1))
    server.answer = lambda _mail: RetryLater("421", retry_after_seconds=600)

    drain(hub, server.send, NOW)
    drain(hub, server.send, NOW + 9 * MINUTE)
    assert len(server.tried) == 1
    drain(hub, server.send, NOW + 10 * MINUTE)
    assert len(server.tried) == 2


def test_two_drains_at_once_send_each_mail_once(hub: Hub, server) -> None:
    queue(hub, mail(1), mail(2))

    def send(item: Mail) -> None:
        server.send(item)
        if len(server.mails) == 1:
            drain(hub, server.send, NOW)  # another process, while this mail is on its way

    drain(hub, send, NOW)

    assert sorted(item.mail_id for item in server.mails) == ["m1", "m2"]


def test_a_sender_that_dies_leaves_its_mail_to_a_later_drain(hub: Hub, server) -> None:
    queue(hub, mail(1))

    def die(_mail: Mail) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drain(hub, die, NOW)

    assert drain(hub, server.send, NOW + MINUTE) == Drained(waiting=1)
    assert drain(hub, server.send, NOW + 15 * MINUTE) == Drained(sent=1)
