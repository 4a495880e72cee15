"""What we do to folders of an SFTP server: look, make, rename, write a whole file."""

from __future__ import annotations

import errno
import posixpath
from typing import Any


class Folders:
    """The folders behind one open channel. Errors are paramiko's; `sftp.translated` makes them ours."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def stat(self, path: str) -> Any:
        """Return the attributes of what lies at `path`, or None if nothing does."""
        try:
            return self._channel.stat(path)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return None
            raise

    def names(self, folder: str) -> list[Any]:
        """Return the entries of a folder with their attributes; none if it is not there."""
        try:
            return list(self._channel.listdir_attr(folder))
        except OSError as error:
            if error.errno == errno.ENOENT:
                return []
            raise

    def make(self, folder: str) -> None:
        """Make a folder and those above it, where they are not there."""
        if folder in {"", "/"} or self.stat(folder) is not None:
            return
        self.make(posixpath.dirname(folder))
        try:
            self._channel.mkdir(folder)
        except OSError:
            if self.stat(folder) is None:
                raise

    def rename(self, path: str, target: str) -> None:
        """Rename atomically, also over a file that is there."""
        try:
            self._channel.posix_rename(path, target)
        except OSError as error:
            if error.errno is not None:
                raise
            # A server without OpenSSH's extension; its plain rename refuses to overwrite.
            if self.stat(path) is not None:
                self._channel.rename(path, target)

    def write(self, path: str, content: bytes) -> None:
        """Let a file appear whole: written under a name of its own beside it, then renamed.

        The draft's name follows from `path`, so that a repeat takes up what a process that died left of it.

        Raises:
            OSError: The server kept fewer bytes than it was given.
        """
        folder, name = posixpath.split(path)
        draft = posixpath.join(folder, f".{name}.tmp")
        with self._channel.open(draft, "wb") as handle:
            handle.set_pipelined(True)
            handle.write(content)
        kept = self._channel.stat(draft).st_size
        if kept != len(content):
            raise OSError(f"{name}: the server kept {kept} of {len(content)} bytes")
        self.rename(draft, path)

    def holds(self, path: str, content: bytes) -> bool:
        """Say whether a file with exactly these bytes lies at `path`."""
        at = self.stat(path)
        if at is None or (at.st_size or 0) != len(content):
            return False
        with self._channel.open(path, "rb") as handle:
            return bytes(handle.read()) == content
