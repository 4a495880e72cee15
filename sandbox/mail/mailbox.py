"""The mailbox: every mail that was accepted, in order, kept under the state folder."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any


class Mailbox:
    """Mails numbered from 1, as the SMTP server got them."""

    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now
        self._mails: list[dict[str, Any]] = []
        self._number = 0

    def load(self) -> None:
        """Read what an earlier sandbox on this state accepted."""
        if self._file.exists():
            self._mails = [json.loads(line) for line in self._file.read_text().splitlines()]
            self._number = self._mails[-1]["number"] if self._mails else 0

    def accept(self, sender: str, recipients: list[str], content: bytes) -> int:
        """Keep one mail and return its number; it is on disk when this returns."""
        self._number += 1
        mail = {
            "number": self._number,
            "at": self._now().isoformat(),
            "envelope_from": sender,
            "envelope_to": recipients,
            "raw": base64.b64encode(content).decode("ascii"),
        }
        self._mails.append(mail)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as lines:
            lines.write(json.dumps(mail) + "\n")
        return self._number

    def list(self, to: str | None = None) -> list[dict[str, Any]]:
        """Return number, time, envelope and subject of the mails, perhaps to one address only."""
        return [
            {**_facts(mail), "subject": str(_parse(mail).get("Subject", ""))}
            for mail in self._mails
            if to is None or to.lower() in (address.lower() for address in mail["envelope_to"])
        ]

    def read(self, number: int) -> dict[str, Any]:
        """Return one mail with headers, text, HTML and attachments; KeyError if there is none."""
        for mail in self._mails:
            if mail["number"] == number:
                return _whole(mail)
        raise KeyError(number)

    def raw(self, number: int) -> bytes:
        """Return the bytes of one mail as they came; KeyError if there is none."""
        for mail in self._mails:
            if mail["number"] == number:
                return base64.b64decode(mail["raw"])
        raise KeyError(number)

    def clear(self) -> None:
        """Forget all mails; numbers go on."""
        self._mails.clear()
        self._file.unlink(missing_ok=True)


def _facts(mail: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in mail.items() if name != "raw"}


def _parse(mail: dict[str, Any]) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(base64.b64decode(mail["raw"]))


def _whole(mail: dict[str, Any]) -> dict[str, Any]:
    message = _parse(mail)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    return {
        **_facts(mail),
        "subject": str(message.get("Subject", "")),
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": plain.get_content() if plain else None,
        "html": html.get_content() if html else None,
        "attachments": [
            {"name": part.get_filename(), "type": part.get_content_type()}
            for part in message.iter_attachments()
        ],
        "defects": [type(defect).__name__ for defect in message.defects],
    }
