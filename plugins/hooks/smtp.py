"""Mail leaves through an Airflow connection of type `smtp`: one message, one recipient, one try."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from airflow.providers.common.compat.sdk import AirflowException
from airflow.providers.smtp.hooks.smtp import SmtpHook

from leadline.errors import (
    ConfigurationError,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    RetryLater,
    VendorUnavailable,
)
from leadline.notices import Mail, build_message

CONNECTION = "leadline_smtp"
SHUTTING_DOWN = 421
TOO_LARGE = 552


class OutboxSmtpHook(SmtpHook):  # type: ignore[misc]
    """The provider's hook without its retries: a lost answer would send a mail again at once."""

    smtp_retry_limit = 0


class _Sender:
    """Sends over one connection, opened for the first mail."""

    def __init__(self, connection_id: str) -> None:
        self._id = connection_id
        self._hook: Any = None
        self._sender = ""
        self._reply_to: str | None = None

    def send(self, mail: Mail) -> None:
        """Hand one mail to the server.

        Raises:
            NotAllowed: It refuses this mail for good (5xx).
            RetryLater: It may take this mail later (4xx).
            VendorUnavailable: It does not answer; no mail will pass now.
            ConfigurationError, CredentialsRefused: No mail will pass before somebody changes something.
        """
        if self._hook is None:
            self._hook = self._open()
        message = build_message(mail, self._sender, self._reply_to)
        try:
            # The hook's own method takes HTML only, sets no Message-ID, and hides refused recipients.
            self._hook._smtp_client.send_message(message, to_addrs=[mail.recipient])
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise _translate(error, "a mail") from error

    def close(self) -> None:
        """Say goodbye, if there was a connection."""
        if self._hook is not None:
            client, self._hook = self._hook._smtp_client, None
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
            client.close()

    def _open(self) -> Any:
        hook = OutboxSmtpHook(self._id)
        try:
            extra = OutboxSmtpHook.get_connection(self._id).extra_dejson
            _check_settings(self._id, extra)
            hook.get_conn()
        except LeadlineError:
            raise
        except (smtplib.SMTPException, OSError) as error:
            if hook._smtp_client is not None:
                hook._smtp_client.close()
            raise _translate(error, f"connection '{self._id}'", connecting=True) from error
        except AirflowException as error:
            if isinstance(error.__context__, smtplib.SMTPServerDisconnected):
                raise VendorUnavailable(f"connection '{self._id}': the server hangs up") from error
            raise ConfigurationError(f"connection '{self._id}': {error}") from error
        if not hook.from_email:
            hook._smtp_client.close()
            raise ConfigurationError(f"connection '{self._id}': 'from_email' says who the mails come from")
        self._sender, self._reply_to = hook.from_email, extra.get("reply_to")
        return hook


@contextmanager
def mail_sender(connection_id: str = CONNECTION) -> Iterator[Callable[[Mail], None]]:
    """Yield the function that sends a mail, for `notices.drain`; nothing connects before the first mail.

    Extra keys besides those of Airflow's form: `reply_to`.
    """
    sender = _Sender(connection_id)
    try:
        yield sender.send
    finally:
        sender.close()


def _check_settings(connection_id: str, extra: dict[str, Any]) -> None:
    for name in ("disable_ssl", "disable_tls"):
        # To the hook every text that is not empty is true, "false" too.
        if isinstance(extra.get(name), str):
            raise ConfigurationError(f"connection '{connection_id}': '{name}' must be true or false, no text")
    if extra.get("ssl_context") == "none":
        raise ConfigurationError(
            f"connection '{connection_id}': certificates are always checked; remove 'ssl_context'"
        )


def _translate(error: Exception, what: str, *, connecting: bool = False) -> LeadlineError:
    """Return our error for one of smtplib's; a server's text may hold addresses and stays out of it.

    Source: RFC 5321, 4.2.1 (reply codes) and 4.3.2; smtplib's exceptions.
    """
    match error:
        case ssl.SSLCertVerificationError():
            return CredentialsRefused(f"{what}: the server's certificate is not trusted")
        case ssl.SSLError() if connecting:
            return ConfigurationError(
                f"{what}: the server speaks no TLS here; port 465 wants 'disable_tls', port 587 'disable_ssl'"
            )
        case smtplib.SMTPNotSupportedError() if connecting:
            return ConfigurationError(f"{what}: the server offers no STARTTLS or no log-in that we know")
        case smtplib.SMTPNotSupportedError() | UnicodeError():
            return NotAllowed(f"{what}: the server takes no such address")
        case smtplib.SMTPRecipientsRefused(recipients=recipients):
            return _by_code(next(iter(recipients.values()))[0], f"{what}: the recipient is refused")
        case smtplib.SMTPAuthenticationError(smtp_code=code) if code >= 500:
            return CredentialsRefused(f"{what}: the server refuses the log-in ({code})")
        case smtplib.SMTPSenderRefused(smtp_code=code) if code >= 500 and code != TOO_LARGE:
            return ConfigurationError(f"{what}: the server refuses the sender 'from_email' ({code})")
        case smtplib.SMTPResponseException(smtp_code=code) if not connecting:
            return _by_code(code, f"{what} is refused")
        case smtplib.SMTPResponseException(smtp_code=code):
            return VendorUnavailable(f"{what}: the server answers {code}")
    return VendorUnavailable(f"{what}: {type(error).__name__}")


def _by_code(code: int, what: str) -> LeadlineError:
    if code == SHUTTING_DOWN:
        return VendorUnavailable(f"{what} ({code})")
    return NotAllowed(f"{what} ({code})") if code >= 500 else RetryLater(f"{what} ({code})")
