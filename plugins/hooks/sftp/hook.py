"""SFTP: an Airflow connection of type `sftp` becomes one open channel, and its errors become ours.

Built on the provider's `SFTPHook`, so Airflow's own connection form works. What a supplier's connection
must not have is refused here: unverified host keys. What it need not have is switched off: the worker's
own keys, and three log-ins in a row (a wrong secret would lock the account).
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import paramiko
from airflow.providers.common.compat.sdk import AirflowException
from airflow.providers.sftp.hooks.sftp import SFTPHook

from leadline.errors import ConfigurationError, CredentialsRefused, LeadlineError, VendorUnavailable

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_SECONDS = 30
ANSWER_TIMEOUT_SECONDS = 60.0


class SftpSupplierHook(SFTPHook):  # type: ignore[misc]
    """A supplier's SFTP account: one log-in, the server's key verified, no keys of the worker's own."""

    def __init__(self, connection_id: str) -> None:
        super().__init__(ssh_conn_id=connection_id, conn_retry_attempts=1)
        self.look_for_keys = False
        self.conn_timeout: int | None = self.conn_timeout or CONNECT_TIMEOUT_SECONDS


@contextmanager
def sftp_channel(connection_id: str) -> Iterator[Any]:
    """Yield one open paramiko `SFTPClient` for the whole block.

    Raises:
        ConfigurationError: The connection is missing, incomplete, or skips the check of the host key.
        CredentialsRefused: The server's key is another one, or it refuses our log-in.
        VendorUnavailable: The server does not answer.
    """
    with translated("cannot connect", connection_id):
        hook = SftpSupplierHook(connection_id)
        if hook.no_host_key_check or hook.allow_host_key_change:
            raise ConfigurationError(
                f"connection '{connection_id}' skips the check of the server's host key: remove "
                "no_host_key_check and allow_host_key_change, and put the server's key into 'host_key'"
            )
        manager = hook.get_managed_conn()
        try:
            channel = manager.__enter__()
        except BaseException:
            if hook._ssh_conn is not None:  # logged in, but the server gives no sftp
                hook._ssh_conn.close()
            raise
    try:
        channel.get_channel().settimeout(ANSWER_TIMEOUT_SECONDS)
        yield channel
    finally:
        _close(manager, hook)


def _close(manager: AbstractContextManager[Any], hook: SftpSupplierHook) -> None:
    """Let the connection go; that of a lost one is an error too, which would hide what was lost."""
    try:
        manager.__exit__(None, None, None)
    except (paramiko.SSHException, OSError, EOFError) as error:
        logger.info("the connection was lost before it was closed: %s", type(error).__name__)
        if hook._ssh_conn is not None:
            hook._ssh_conn.close()


@contextmanager
def translated(doing: str, connection_id: str | None = None) -> Iterator[None]:
    """Turn what paramiko, sockets and the hook raise inside the block into the errors of Leadline.

    `doing` opens the message; `connection_id` says that the block connects.
    """
    try:
        yield
    except LeadlineError:
        raise
    except (
        paramiko.SSHException,
        paramiko.SFTPError,
        AirflowException,
        OSError,
        EOFError,
        ValueError,
    ) as error:
        where = f"{doing} ('{connection_id}')" if connection_id else doing
        raise _translate(error, where, connecting=connection_id is not None) from error


def _translate(error: Exception, where: str, *, connecting: bool) -> LeadlineError:
    """Return our error for one of theirs. Source: paramiko.ssh_exception; SFTPClient._convert_status."""
    match error:
        case paramiko.BadHostKeyException():
            return CredentialsRefused(f"{where}: the server's host key is not the one in the connection")
        case paramiko.AuthenticationException():
            return CredentialsRefused(f"{where}: the server refuses the log-in")
        case paramiko.SSHException() if "known_hosts" in str(error):
            return ConfigurationError(
                f"{where}: no host key is configured; put the server's key, like 'ssh-ed25519 AAAA...', "
                "into the connection's extra 'host_key'"
            )
        case AirflowException() | ValueError() if connecting:  # the hook's words about its own settings
            return ConfigurationError(f"{where}: {error}")
        case OSError(errno=errno.ENOENT | errno.EACCES) if connecting:
            return ConfigurationError(f"{where}: the private key file cannot be read")
        case OSError(errno=errno.ENOENT):
            return ConfigurationError(f"{where}: there is no such file or folder on the server")
        case OSError(errno=errno.EACCES):
            return CredentialsRefused(f"{where}: the account lacks the permission")
    detail = str(error) or type(error).__name__
    return VendorUnavailable(f"{where}: {detail}")
