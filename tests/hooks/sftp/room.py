"""An SFTP server on a loopback port, and Airflow connections to it."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh

RIGHT = "right"


class SftpRoom:
    """An SFTP server over one folder; `faults` may raise before an operation on a path."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.logins = 0
        self.sessions = 0
        self.faults: list[Callable[[str, str], None]] = []
        self.posix_rename = True
        self.short_reads: dict[str, int] = {}
        self.most_bytes: int | None = None  # a read is answered with
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.user_key = asyncssh.generate_private_key("ssh-ed25519")
        self._connections: list[Any] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        self.port = self._server.get_port()

    async def _start(self) -> Any:
        room = self

        class Server(asyncssh.SSHServer):
            def connection_made(self, connection: Any) -> None:
                room._connections.append(connection)

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                room.logins += 1
                return (username, password) == ("acme", RIGHT)

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return username == "acme" and key == room.user_key.convert_to_public()

        class Files(asyncssh.SFTPServer):
            def __init__(self, channel: Any) -> None:
                room.sessions += 1
                self._connection = channel.get_connection()
                super().__init__(channel, chroot=os.fsencode(room.root))

            def _fault(self, operation: str, path: bytes) -> None:
                for fault in room.faults:
                    fault(operation, os.fsdecode(path))

            def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
                self._fault("open", path)
                handle = super().open(path, pflags, attrs)
                self._paths = {**getattr(self, "_paths", {}), id(handle): os.fsdecode(path)}
                return handle

            def read(self, file_obj: Any, offset: int, size: int) -> bytes:
                path = getattr(self, "_paths", {}).get(id(file_obj), "")
                if path in room.short_reads:
                    size = max(0, min(size, room.short_reads[path] - offset))
                    if size == 0:
                        return b""
                for fault in room.faults:
                    try:
                        fault("read", path)
                    except ConnectionResetError:
                        self._connection.abort()
                if room.most_bytes:
                    size = min(size, room.most_bytes)
                return bytes(super().read(file_obj, offset, size))

            def rename(self, oldpath: bytes, newpath: bytes) -> None:
                self._fault("rename", oldpath)
                super().rename(oldpath, newpath)

            def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
                if not room.posix_rename:
                    raise asyncssh.SFTPOpUnsupported("Operation unsupported")
                self._fault("rename", oldpath)
                super().posix_rename(oldpath, newpath)

            def mkdir(self, path: bytes, attrs: Any) -> None:
                self._fault("mkdir", path)
                super().mkdir(path, attrs)

            def scandir(self, path: bytes) -> Any:
                self._fault("list", path)
                return super().scandir(path)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return await asyncssh.create_server(
                Server,
                "127.0.0.1",
                0,
                server_host_keys=[self.host_key],
                sftp_factory=Files,
                allow_scp=False,
            )

    @property
    def host_key_line(self) -> str:
        return self.host_key.convert_to_public().export_public_key().decode().strip()

    @property
    def user_key_text(self) -> str:
        return self.user_key.export_private_key("openssh").decode()

    def put(self, path: str, content: bytes = b"a,b\n1,2\n", mtime: float = 1_760_000_000) -> Path:
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (mtime, mtime))
        return file

    def tree(self) -> dict[str, bytes]:
        return {
            f"/{file.relative_to(self.root)}": file.read_bytes()
            for file in sorted(self.root.rglob("*"))
            if file.is_file()
        }

    def connection(self, password: str | None = RIGHT, login: str = "acme", **extra: Any) -> str:
        extra = {"host_key": self.host_key_line, **extra}
        return json.dumps(
            {
                "conn_type": "sftp",
                "host": "127.0.0.1",
                "port": self.port,
                "login": login,
                "password": password,
                "extra": {name: value for name, value in extra.items() if value is not None},
            }
        )

    def stop(self) -> None:
        async def close() -> None:
            self._server.close()
            for connection in self._connections:
                connection.abort()
            for connection in self._connections:
                await connection.wait_closed()
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
