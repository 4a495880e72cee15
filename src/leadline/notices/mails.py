"""What a mail is: rendered from templates, safe as a message."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from leadline.settings import default_include_dir

MAX_TOLD = 1_000  # characters of one failure's message


@dataclass(frozen=True)
class Mail:
    """One mail to one recipient. `mail_id` stays over retries, so that a repeat is recognised.

    Raises:
        ValueError: A line break in what becomes a header.
    """

    mail_id: str
    recipient: str
    template: str
    subject: str
    text: str
    html: str

    def __post_init__(self) -> None:
        for name in ("mail_id", "recipient", "subject"):
            if re.search(r"[\r\n\0]", getattr(self, name)):
                raise ValueError(f"a line break in the {name} of a mail")


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(default_include_dir() / "templates"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: Any) -> tuple[str, str, str]:
    """Return subject, text and HTML of a template; the text template's first line is the subject."""
    text = _templates().get_template(f"{template}.txt.j2").render(values)
    html = _templates().get_template(f"{template}.html.j2").render(values)
    head, _, body = text.partition("\n\n")
    subject = " ".join(head.removeprefix("Subject:").split())
    return subject, body.strip() + "\n", html


def build_message(mail: Mail, sender: str, reply_to: str | None = None) -> EmailMessage:
    """Return the message to send: text and HTML, and what tells other machines that we are one.

    Source: RFC 3834 (Auto-Submitted); RFC 5322 §3.6.4 (Message-ID).
    """
    domain = parseaddr(sender)[1].rpartition("@")[2] or "leadline.invalid"
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{mail.mail_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if reply_to:
        message["Reply-To"] = reply_to
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def _address(word: re.Match[str]) -> str:
    _, at, host = word[0].strip("@.").partition("@")
    if not at or "." not in host:
        return word[0]
    return "<address>." if word[0].endswith(".") else "<address>"


# Possessive, and begun at the start of a word only: others look at each character of a long word again for
# each before it, and one page of a proxy in an error's text takes minutes.
_SECRETS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?<=://)[^/\s@]++@"), "…@"),  # the user and password of a URL
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=\-]{8,}"), r"\1 …"),
    (
        re.compile(
            r"(?i)(?<!\w)(?=\w*?(?:password|passwd|secret|token|api_?key))"
            r"(\w++[\"']?\s*+[=:]\s*+)[\"']?[^\s,;&\"']++"
        ),
        r"\1…",
    ),
    (re.compile(r"[\w.+\-%@]++"), _address),
)


def without_secrets(text: str) -> str:
    """Return a message of an error, short, and without what looks like an address, a secret or a token.

    Errors of ours hold none; those of libraries may.
    """
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    text = "".join(character for character in text if character.isprintable() or character == "\n").strip()
    return text if len(text) <= MAX_TOLD else f"{text[: MAX_TOLD - 1]}…"
