"""What we do to folders of an SFTP server: look, make, rename, write a whole file."""

from __future__ import annotations

import errno
import hashlib
import posixpath
from typing import Any

from paramiko import SFTPAttributes, SFTPError
from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR

LONGEST_NAME = 255  # bytes, on the file systems that servers have
_DRAFT = ".{}.tmp"


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
        """Return the entries of a folder that can be asked for by name; none if it is not there."""
        try:
            return [entry for entry in listed(self._channel, folder) if is_readable_name(entry.filename)]
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
        draft = posixpath.join(folder, _DRAFT.format(name))
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


def listed(channel: Any, folder: str) -> list[Any]:
    """Return the entries of a folder with their attributes, whatever bytes their names are.

    paramiko's own listing fails whole at one name that is not UTF-8; here such a name holds lone surrogates.
    Source: paramiko `SFTPClient.listdir_attr`; draft-ietf-secsh-filexfer-02, 6.7.
    """
    kind, message = channel._request(CMD_OPENDIR, channel._adjust_cwd(folder))
    if kind != CMD_HANDLE:
        raise SFTPError("the server opens no folder")
    handle = message.get_binary()
    found = []
    while True:
        try:
            kind, message = channel._request(CMD_READDIR, handle)
        except EOFError:
            break
        if kind != CMD_NAME:
            raise SFTPError("the server lists no names")
        for _ in range(message.get_int()):
            name, shown = (message.get_string().decode("utf-8", "surrogateescape") for _ in range(2))
            entry = SFTPAttributes._from_msg(message, name, shown)
            if name not in {".", ".."}:
                found.append(entry)
    channel._request(CMD_CLOSE, handle)
    return found


def is_readable_name(name: str) -> bool:
    """Say whether a listed name is UTF-8, as SFTP wants it: no other can be stored, nor asked for again."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def fitting(name: str, more: str) -> str:
    """Return `name` and `more` as one name, of which a draft may be made, too.

    Where both are too long, the hash of `name` stands for what is cut of it: two names stay two.
    """
    room = LONGEST_NAME - len(_DRAFT.format(more).encode())
    whole = name.encode()
    if len(whole) <= room:
        return name + more
    mark = f"-{hashlib.sha256(whole).hexdigest()[:8]}"
    return whole[: max(0, room - len(mark))].decode(errors="ignore") + mark + more
