"""The SSH server in front of the accounts."""

from __future__ import annotations

from collections.abc import Mapping

import asyncssh
from asyncssh.connection import SSHConnection

from sandbox.hooks import SandboxHooks
from sandbox.ports import bind
from sandbox.sftp.accounts import Account
from sandbox.sftp.jail import JailedServer


class SignIn(asyncssh.SSHServer):
    """Checks passwords and keys; operation `login` may be ordered to be `denied`."""

    def __init__(self, accounts: Mapping[str, Account], hooks: SandboxHooks) -> None:
        self._accounts = accounts
        self._hooks = hooks

    def password_auth_supported(self) -> bool:
        """Offer passwords."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Offer keys."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Say whether the password is this account's."""
        account = self._accounts.get(username)
        return self._judge(username, "password", account is not None and account.password == password)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Say whether the key is this account's."""
        account = self._accounts.get(username)
        good = account is not None and account.key.public_data == key.public_data
        return self._judge(username, "publickey", good)

    def _judge(self, username: str, method: str, good: bool) -> bool:
        detail = {"account": username, "method": method}
        if self._hooks.fault("sftp", "login", detail, "before"):
            good = False
        self._hooks.journal({"room": "sftp", "operation": "login", "ok": good, **detail})
        return good


class SftpRoom:
    """The SFTP server on its port. While it is down, connections are refused."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        host_key: asyncssh.SSHKey,
        hooks: SandboxHooks,
        host: str,
        port: int,
    ) -> None:
        self._accounts = accounts
        self._host_key = host_key
        self._hooks = hooks
        self._host = host
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._connections: set[SSHConnection] = set()
        self.port = port

    @property
    def is_up(self) -> bool:
        """Say whether it accepts connections."""
        return self._acceptor is not None

    async def up(self) -> None:
        """Listen; a port picked by the system is kept for the next time."""
        if self._acceptor:
            return
        bound = bind(self._host, self.port, "sftp")
        self.port = bound.getsockname()[1]
        self._acceptor = await asyncssh.listen(
            sock=bound,
            server_factory=lambda: SignIn(self._accounts, self._hooks),
            server_host_keys=[self._host_key],
            sftp_factory=self._session,
            allow_scp=False,
            login_timeout=30,
        )

    async def down(self) -> None:
        """Stop listening and cut the sessions there are."""
        acceptor, self._acceptor = self._acceptor, None
        if not acceptor:
            return
        acceptor.close()
        for connection in list(self._connections):
            connection.abort()
            await connection.wait_closed()
        self._connections.clear()
        await acceptor.wait_closed()

    def _session(self, channel: asyncssh.SSHServerChannel[bytes]) -> JailedServer:
        connection = channel.get_connection()
        self._connections.add(connection)
        return JailedServer(channel, self._accounts[connection.get_extra_info("username")], self._hooks)
