"""One SFTP session: jailed, journaled, and able to make the ordered trouble.

Operations: `list`, `stat`, `open`, `read`, `write`, `close`, `rename`, `remove`, `mkdir`, `rmdir`, `setstat`.
Fault kinds: `denied`, `error`, `slow` (seconds), `disconnect`, and for `read` also `truncated`. With
`after_bytes`, `disconnect` and `truncated` wait until that offset of the file is read.
"""

from __future__ import annotations

import asyncio
import os
import posixpath
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, cast

import asyncssh
from asyncssh import SFTPAttrs, SFTPName

from sandbox.hooks import Fault, Moment, SandboxHooks
from sandbox.sftp.accounts import Account


@dataclass(eq=False)
class OpenFile:
    """An open file and what has gone over it."""

    file: Any
    path: str
    bytes_read: int = 0
    bytes_written: int = 0
    was_read: bool = False
    trouble: Fault | None = None


class JailedServer(asyncssh.SFTPServer):
    """The server side of one session of one account."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], account: Account, hooks: SandboxHooks):
        super().__init__(channel, chroot=os.fsencode(account.home))
        self._account = account
        self._hooks = hooks

    def map_path(self, path: bytes) -> bytes:
        """Return the local path; a symlink that leads out of the jail is refused.

        asyncssh's own jail joins names only and follows links wherever they point.
        """
        home = os.fsencode(self._account.home)
        local = super().map_path(path)
        real = os.path.realpath(local)
        if real != home and not real.startswith(home + b"/"):
            raise asyncssh.SFTPPermissionDenied("Path leads out of the account")
        return local

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> OpenFile:
        """Open a file; what is read and written is journaled when it is closed."""
        mode = "write" if pflags & asyncssh.FXF_WRITE else "read"

        opened: list[OpenFile] = []

        def do() -> OpenFile:
            file = cast(Any, super(JailedServer, self).open(path, pflags, attrs))
            opened.append(OpenFile(file, _text(path)))
            return opened[0]

        try:
            return cast(OpenFile, await self._act("open", path, do, mode=mode))
        except (asyncssh.SFTPError, OSError):
            for one in opened:  # a trouble after it was opened: the client never hears of the handle
                super().close(one.file)
            raise

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Read; a fault, taken once per opened file, may cut off the file or the line."""
        opened = cast(OpenFile, file_obj)
        if not opened.was_read:
            opened.was_read = True
            opened.trouble = self._fault("read", opened.path, "before")
        if opened.trouble:
            limit = int(opened.trouble.arguments.get("after_bytes", 0))
            if opened.trouble.kind == "truncated":
                size = max(0, min(size, limit - offset))
            elif offset + size > limit:
                fault, opened.trouble = opened.trouble, None
                self._note("read", opened.path, bytes_read=opened.bytes_read, ok=False, error=fault.kind)
                await self._make(fault)
        data = bytes(cast(Any, super().read(opened.file, offset, size))) if size else b""
        opened.bytes_read += len(data)
        return data

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write at an offset."""
        opened = cast(OpenFile, file_obj)
        if fault := self._fault("write", opened.path, "before"):
            await self._make(fault)
        written = cast(int, super().write(opened.file, offset, data))
        opened.bytes_written += len(data)
        if fault := self._fault("write", opened.path, "after"):
            await self._make(fault)
        return written

    async def close(self, file_obj: object) -> None:
        """Close and note how much went over."""
        opened = cast(OpenFile, file_obj)
        super().close(opened.file)
        note = "write" if opened.bytes_written else "read"
        self._note(
            note, opened.path, bytes_read=opened.bytes_read, bytes_written=opened.bytes_written, ok=True
        )

    def fstat(self, file_obj: object) -> Any:
        """Return the attributes of an open file."""
        return super().fstat(cast(OpenFile, file_obj).file)

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> Any:
        """Set the attributes of an open file, its mtime too."""
        return super().fsetstat(cast(OpenFile, file_obj).file, attrs)

    def fsync(self, file_obj: object) -> Any:
        """Force an open file to disk."""
        return super().fsync(cast(OpenFile, file_obj).file)

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """List a folder."""
        names: list[SFTPName] = []

        async def read_names() -> None:
            async for name in super(JailedServer, self).scandir(path):
                names.append(name)

        await self._act("list", path, read_names)
        for name in names:
            yield name

    async def lstat(self, path: bytes) -> Any:
        """Return attributes without following a link."""
        return await self._act("stat", path, lambda: super(JailedServer, self).lstat(path), quiet=True)

    async def stat(self, path: bytes) -> Any:
        """Return attributes."""
        return await self._act("stat", path, lambda: super(JailedServer, self).stat(path), quiet=True)

    async def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Set attributes, mtime too."""
        await self._act("setstat", path, lambda: super(JailedServer, self).setstat(path, attrs))

    async def remove(self, path: bytes) -> None:
        """Remove a file."""
        await self._act("remove", path, lambda: super(JailedServer, self).remove(path))

    async def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Make a folder."""
        await self._act("mkdir", path, lambda: super(JailedServer, self).mkdir(path, attrs))

    async def rmdir(self, path: bytes) -> None:
        """Remove an empty folder."""
        await self._act("rmdir", path, lambda: super(JailedServer, self).rmdir(path))

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename as SFTP version 3 says: never over an existing file."""
        await self._act(
            "rename", oldpath, lambda: super(JailedServer, self).rename(oldpath, newpath), to=_text(newpath)
        )

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename atomically, over an existing file."""
        await self._act(
            "rename",
            oldpath,
            lambda: super(JailedServer, self).posix_rename(oldpath, newpath),
            to=_text(newpath),
        )

    def symlink(self, _oldpath: bytes, _newpath: bytes) -> None:
        """Refuse: drop boxes have no links."""
        raise asyncssh.SFTPPermissionDenied("Links are not allowed")

    def link(self, _oldpath: bytes, _newpath: bytes) -> None:
        """Refuse: drop boxes have no links."""
        raise asyncssh.SFTPPermissionDenied("Links are not allowed")

    async def _act(
        self, operation: str, path: bytes, do: Callable[[], Any], *, quiet: bool = False, **facts: Any
    ) -> Any:
        """Do it, with the ordered trouble before and after, and note it unless it is a mere look."""
        name = _text(path)
        try:
            if fault := self._fault(operation, name, "before"):
                await self._make(fault)
            done = do()
            if asyncio.iscoroutine(done):
                done = await done
            if fault := self._fault(operation, name, "after"):
                await self._make(fault)
        except (asyncssh.SFTPError, OSError) as error:
            self._note(operation, name, ok=False, error=type(error).__name__, **facts)
            raise
        if not quiet:
            self._note(operation, name, ok=True, **facts)
        return done

    def _fault(self, operation: str, path: str, moment: Moment, **more: Any) -> Fault | None:
        detail = {"account": self._account.name, "path": path, **more}
        return self._hooks.fault("sftp", operation, detail, moment)

    async def _make(self, fault: Fault) -> None:
        if fault.kind == "slow":
            await asyncio.sleep(float(fault.arguments.get("seconds", 1)))
        elif fault.kind == "denied":
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        elif fault.kind == "disconnect":
            self.connection.abort()
            raise asyncssh.SFTPConnectionLost("Connection lost")
        else:
            raise asyncssh.SFTPFailure(str(fault.arguments.get("message", "Failure")))

    def _note(self, operation: str, path: str, **facts: Any) -> None:
        self._hooks.journal(
            {"room": "sftp", "operation": operation, "account": self._account.name, "path": path, **facts}
        )


def _text(path: bytes) -> str:
    return posixpath.normpath(posixpath.join("/", path.decode("utf-8", "replace")))
