"""Addresses that belong to a role and not to a person: refused for partners, reps and owners (P5).

A lead is never refused for such an address: buyers do write from info@. The list is our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from leadline.hub.keys import email_key

# fmt: off
ROLES = frozenset({
    "abuse", "postmaster", "hostmaster", "mailer-daemon", "mailerdaemon", "noreply", "no-reply",
    "donotreply", "do-not-reply", "bounce", "bounces", "devnull", "null", "root", "spam", "unsubscribe",
    "subscribe", "list", "list-request", "undisclosed-recipients", "usenet", "uucp", "www", "ftp",
    "dns", "noc", "phish", "phishing", "security", "sysadmin", "nobody", "privacy", "compliance",
    "registrar", "complaints", "leads", "lead", "sales", "sale", "admin", "admins", "administrator",
    "info", "information", "contact", "contacts", "contactus", "contact-us", "hello", "office", "team",
    "teams", "support", "help", "helpdesk", "service", "services", "customerservice", "marketing",
    "webmaster", "billing", "accounts", "account", "accounting", "finance", "hr", "jobs", "careers",
    "it", "ops", "operations", "orders", "order", "partners", "partner", "channel", "channels",
    "enquiries", "enquiry", "inquiries", "inquiry", "mail", "email", "everyone", "all", "staff",
    "media", "press", "news", "newsletter", "notifications", "notification", "notify", "alerts",
    "alert", "feedback", "reception", "reservations", "tech", "users", "crm", "vertrieb", "verkauf",
    "kontakt", "ventas", "comercial", "commercial", "ventes",
})
# fmt: on

_TAIL = re.compile(r"[-_.]?[0-9]+$")


def is_role_address(address: str, exceptions: Iterable[str] = ()) -> bool:
    """Say whether an address is a role's, by the part before its `@`.

    Case, a `+tag`, dots, and suffixes in digits or after a hyphen do not hide a role: `Sales2@`,
    `sales-emea@` and `s.a.l.e.s+x@` are sales.

    Args:
        exceptions: Addresses (`leads@partner.example`), or bare local parts, that are allowed.
    """
    key = email_key(address)
    local = key.rpartition("@")[0].partition("+")[0]
    allowed = {email_key(one) if "@" in one else one.strip().casefold() for one in exceptions}
    if key in allowed or local in allowed or key.rpartition("@")[0] in allowed:
        return False
    return any(form in ROLES for form in _forms(local))


def _forms(local: str) -> Iterable[str]:
    bare = _TAIL.sub("", local) or local
    for one in (local, bare):
        yield one
        yield one.replace(".", "")
        yield one.replace("_", "-")
    for mark in ("-", "_"):
        head, found, _ = bare.partition(mark)
        if found:
            yield head
            yield _TAIL.sub("", head)
