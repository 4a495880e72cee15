"""The outbox: every mail is a row before it is sent, and keeps its id over all attempts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from leadline.errors import LeadlineError, NotAllowed, RetryLater, VendorUnavailable
from leadline.hub.engine import Hub, now_us
from leadline.notices.mails import Mail, without_secrets

logger = logging.getLogger(__name__)

PAGE_MAILS = 200
_MINUTE_US = 60_000_000
_CLAIM_US = 15 * _MINUTE_US  # how long a sender may take; a crashed one's mails are sent again after it
_LONGEST_WAIT_US = 60 * _MINUTE_US


@dataclass(frozen=True)
class Drained:
    """What became of one drain; `waiting` counts what is left in the outbox.

    `stopped` says why the rest was not tried: the mail server is down, or refuses us as a whole.
    """

    sent: int = 0
    refused: int = 0
    waiting: int = 0
    stopped: str | None = None


def queue_mail(
    hub: Hub, connection: Connection, supplier: str, mail: Mail, run_id: str | None, at: int
) -> bool:
    """Put a mail into the outbox, within the caller's transaction; False if it is there already."""
    result = hub.run(
        connection,
        "mail_queue",
        supplier=supplier,
        mail_id=mail.mail_id,
        recipient=mail.recipient,
        template=mail.template,
        subject=mail.subject,
        text_body=mail.text,
        html_body=mail.html,
        run_id=run_id,
        queued_at=at,
    )
    return result.rowcount == 1


def drain(hub: Hub, send: Callable[[Mail], None], now: int | None = None) -> Drained:
    """Send what waits in the outboxes of all suppliers, oldest first, each mail at most once at a time.

    `send` raises `NotAllowed` for a mail that is refused for good (5xx), `VendorUnavailable` when the
    server cannot be reached (the rest waits for the next drain), any other `RetryLater` for this one mail
    (it waits 1 minute, then 2, 4, … up to an hour). Any other error of ours stops the drain and leaves
    the mail waiting.

    Args:
        hub: Where the outboxes are.
        send: Hands one mail to a mail server.
        now: UTC microseconds; the present if not given.
    """
    sent = refused = 0
    stopped: str | None = None
    for supplier, mail, attempts in _due(hub, now_us() if now is None else now):
        # A claim counts from its own beginning: those before it may have taken long.
        at = now_us() if now is None else now
        if not _claim(hub, supplier, mail, attempts, at):
            continue
        try:
            send(mail)
        except NotAllowed as error:
            _settle(hub, supplier, mail, "refused", at, error=error)
            refused += 1
        except VendorUnavailable as error:
            _settle(hub, supplier, mail, "waiting", at, error=error)
            stopped = without_secrets(str(error))
            break
        except RetryLater as error:
            wait = min(_MINUTE_US * 2**attempts, _LONGEST_WAIT_US) if attempts < 10 else _LONGEST_WAIT_US
            if error.retry_after_seconds is not None:
                wait = max(wait, int(error.retry_after_seconds * 1_000_000))
            _settle(hub, supplier, mail, "waiting", at, error=error, wait=wait)
        except LeadlineError as error:
            _settle(hub, supplier, mail, "waiting", at, error=error)
            stopped = without_secrets(str(error))
            break
        else:
            _settle(hub, supplier, mail, "sent", at)
            sent += 1
    with hub.reading() as connection:
        waiting = hub.run(connection, "mail_waiting").scalar_one()
    logger.info("outbox: %s sent, %s refused, %s waiting", sent, refused, waiting)
    return Drained(sent, refused, waiting, stopped)


def _due(hub: Hub, now: int) -> Iterator[tuple[str, Mail, int]]:
    """Yield what may go now: supplier, mail, and how often it was tried; a page of them in memory."""
    with hub.reading() as connection:
        suppliers = [row.supplier for row in hub.run(connection, "mail_suppliers", now=now)]
    for supplier in suppliers:
        last = {"queued_at": -1, "mail_id": "", "recipient": ""}
        while True:
            with hub.reading() as connection:
                page = hub.run(
                    connection, "mail_due", supplier=supplier, now=now, most=PAGE_MAILS, **last
                ).all()
            for row in page:
                mail = Mail(
                    row.mail_id, row.recipient, row.template, row.subject, row.text_body, row.html_body
                )
                yield supplier, mail, row.attempts
            if len(page) < PAGE_MAILS:
                break
            last = {name: getattr(page[-1], name) for name in last}


def _claim(hub: Hub, supplier: str, mail: Mail, attempts: int, at: int) -> bool:
    with hub.transaction() as connection:
        result = hub.run(
            connection,
            "mail_claim",
            supplier=supplier,
            mail_id=mail.mail_id,
            recipient=mail.recipient,
            attempts=attempts,
            now=at,
            until=at + _CLAIM_US,
        )
        return result.rowcount == 1


def _settle(
    hub: Hub,
    supplier: str,
    mail: Mail,
    state: str,
    at: int,
    *,
    error: LeadlineError | None = None,
    wait: int = 0,
) -> None:
    with hub.transaction() as connection:
        hub.run(
            connection,
            "mail_result",
            supplier=supplier,
            mail_id=mail.mail_id,
            recipient=mail.recipient,
            state=state,
            message=without_secrets(str(error)) if error else None,
            not_before=at + wait,
            sent_at=at if state == "sent" else None,
        )
    if error:
        logger.warning("mail %s of %s is %s: %s", mail.mail_id, supplier, state, type(error).__name__)
