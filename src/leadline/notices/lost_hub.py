"""Word of a hub that cannot be used: the one mail that cannot wait in an outbox, for that lies in the hub."""

from __future__ import annotations

from collections.abc import Iterable

from leadline.hub.keys import digest
from leadline.notices.advice import advice
from leadline.notices.incidents import PLATFORM, Failure
from leadline.notices.mails import Mail, render, without_secrets


def lost_hub_mails(
    trouble: str, recipients: Iterable[str], look: str, *, url: str | None = None
) -> list[Mail]:
    """Return a mail to each of the platform's contacts.

    Args:
        trouble: Why the hub cannot be used.
        recipients: Who is to be told.
        look: The run that found it lost; a repeat of it has mails of the same id.
        url: Of Airflow.
    """
    failure = Failure("hub", "HubUnavailable", without_secrets(trouble), url)
    subject, text, html = render("platform", label=None, run_id=look, failures=[failure], advice=advice)
    return [
        Mail(digest(PLATFORM, "lost_hub", look, one.casefold()), one, "platform", subject, text, html)
        for one in sorted(recipients)
    ]
