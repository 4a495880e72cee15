"""The SMTP server: plain with STARTTLS on one port, TLS on another; refuses and fails as ordered.

Operations: `connect`, `login`, `rcpt`, `data`. Fault kinds: `refuse` (code, text; 5xx for good, 4xx for now),
`slow` (seconds), `disconnect`. A `disconnect` after `data` is the lost answer: the mail is in the mailbox and
the client does not know. `{"match": {"address": "*@full.example"}}` aims at recipients.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.hooks import Moment, SandboxHooks
from sandbox.mail.mailbox import Mailbox
from sandbox.ports import bind

LOGIN = "leadline"
PASSWORD = "leadline-sandbox"


class Answers:
    """What the server says to each command, after aiosmtpd has understood it."""

    def __init__(self, mailbox: Mailbox, hooks: SandboxHooks) -> None:
        self._mailbox = mailbox
        self._hooks = hooks

    async def handle_EHLO(  # noqa: N802 -- aiosmtpd calls it so
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet."""
        session.host_name = hostname
        await self._trouble(server, "connect", {"host": hostname}, "before")
        return responses

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd calls it so
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or refuse one recipient."""
        if refusal := await self._trouble(server, "rcpt", {"address": address}, "before"):
            self._note("rcpt", ok=False, code=refusal[:3])
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 -- aiosmtpd calls it so
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail."""
        detail = {"address": ",".join(envelope.rcpt_tos)}
        if refusal := await self._trouble(server, "data", detail, "before"):
            self._note("data", ok=False, code=refusal[:3])
            return refusal
        number = self._mailbox.accept(envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content)
        self._note("data", ok=True, mail=number)
        if refusal := await self._trouble(server, "data", detail, "after"):
            return refusal
        return f"250 2.0.0 OK queued as {number}"

    async def _trouble(
        self, server: SMTP, operation: str, detail: dict[str, Any], moment: Moment
    ) -> str | None:
        fault = self._hooks.fault("mail", operation, detail, moment)
        if not fault:
            return None
        if fault.kind == "slow":
            await asyncio.sleep(float(fault.arguments.get("seconds", 1)))
            return None
        if fault.kind == "disconnect":
            self._note(operation, ok=False, error="disconnect")
            if server.transport is not None:
                server.transport.abort()
            raise ConnectionResetError("cut off as ordered")
        code = int(fault.arguments.get("code", 550))
        return f"{code} {fault.arguments.get('text', '5.1.1 refused as ordered')}"

    def _note(self, operation: str, **facts: Any) -> None:
        self._hooks.journal({"room": "mail", "operation": operation, **facts})


class MailRoom:
    """The SMTP server on its two ports. While it is down, connections are refused."""

    def __init__(
        self,
        mailbox: Mailbox,
        hooks: SandboxHooks,
        host: str,
        port: int,
        tls_port: int,
        certificate: tuple[str, str],
    ) -> None:
        self._answers = Answers(mailbox, hooks)
        self._hooks = hooks
        self._host = host
        self._certificate = certificate
        self._servers: list[asyncio.Server] = []
        self._transports: set[asyncio.BaseTransport] = set()
        self.port = port
        self.tls_port = tls_port

    @property
    def is_up(self) -> bool:
        """Say whether it accepts connections."""
        return bool(self._servers)

    async def up(self) -> None:
        """Listen; ports picked by the system are kept for the next time."""
        if self._servers:
            return
        loop = asyncio.get_running_loop()
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*self._certificate)
        plain, secure = bind(self._host, self.port, "smtp"), bind(self._host, self.tls_port, "smtps")
        self.port, self.tls_port = plain.getsockname()[1], secure.getsockname()[1]
        self._servers = [
            await loop.create_server(lambda: self._session(tls), sock=plain),
            await loop.create_server(lambda: self._session(None), sock=secure, ssl=tls),
        ]

    async def down(self) -> None:
        """Stop listening and cut the sessions there are."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for transport in list(self._transports):
            transport.abort()  # type: ignore[attr-defined]
        for server in servers:
            await server.wait_closed()

    def _session(self, starttls: ssl.SSLContext | None) -> SMTP:
        room = self

        class Connection(SMTP):  # type: ignore[misc]
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                room._transports.add(transport)
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                room._transports.discard(self.transport)
                super().connection_lost(error)

        return Connection(
            self._answers,
            hostname="sandbox",
            ident="Leadline sandbox",
            tls_context=starttls,
            auth_require_tls=False,
            authenticator=self._authenticate,
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        good = (
            isinstance(data, LoginPassword)
            and data.login == LOGIN.encode()
            and data.password == PASSWORD.encode()
            and not self._hooks.fault("mail", "login", {}, "before")
        )
        self._hooks.journal({"room": "mail", "operation": "login", "ok": good})
        return AuthResult(success=good, handled=False)
