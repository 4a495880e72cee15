"""Files on an SFTP server: which are complete, and their bytes as a checked stream."""

from __future__ import annotations

import io
import logging
import re
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, BinaryIO, cast

from paramiko.sftp import CMD_DATA, CMD_READ, CMD_STATUS, int64

from hooks.sftp.folders import is_readable_name
from hooks.sftp.hook import translated
from leadline.errors import ConfigurationError, CredentialsRefused, NotAllowed, VendorUnavailable
from leadline.mapping.source import SftpSource
from leadline.ports import CheckFinding, Kind

logger = logging.getLogger(__name__)

UNFINISHED = (".part", ".tmp", ".filepart")  # what upload clients call a file until they are done
BESIDE = (".done", ".ok", ".md5", ".sha256")  # says something about a file, is none
CLOCKS_DIFFER = timedelta(hours=1)  # a file dated later than that is not just a server's clock
MARKER_COMES = timedelta(days=1)  # an upload that takes longer has ended without it
CHUNK = 32_768  # bytes a request; servers need not give more
AHEAD = 32  # requests on their way at once, so that distance does not set the speed


Decrypt = Callable[[BinaryIO, str], BinaryIO]
"""From a file's bytes and its name to the stream of what is in it."""


@dataclass(slots=True)
class RemoteFile:
    """One file as a listing showed it. Fulfils `ports.SourceFile`."""

    name: str
    path: str
    size: int
    modified_at: datetime
    channel: Any = field(repr=False, compare=False)
    decrypt: Decrypt | None = field(default=None, repr=False, compare=False)

    def open(self) -> BinaryIO:
        """Return the bytes as a stream that fails, not ends, when they are not those that were listed.

        Those of an encrypted file are decrypted, in memory.

        Raises:
            UnreadableFile: It cannot be decrypted, or not trusted.
        """
        stream = self.as_received()
        if self.decrypt is None:
            return stream
        with stream:
            return self.decrypt(stream, self.name)

    def may_be_read(self) -> bool:
        """Say whether the server lets our account open it: what a permission forbids it tells only then."""
        try:
            self.as_received().close()
        except NotAllowed:
            return False
        return True

    def as_received(self) -> BinaryIO:
        """Return the bytes as they lie on the server, as a stream."""
        try:
            with translated(f"cannot open {self.path}"):
                handle = self.channel.open(self.path, "rb", bufsize=0)
        except ConfigurationError as error:  # listed a moment ago: the supplier took it back
            raise VendorUnavailable(str(error)) from error
        except CredentialsRefused as error:  # for this file; whoever may not log in has no listing
            raise NotAllowed(str(error)) from error
        return cast(BinaryIO, io.BufferedReader(_CheckedStream(handle, self), CHUNK))


class _CheckedStream(io.RawIOBase):
    """A remote file read with many requests on their way at once, all from this thread.

    paramiko's own `prefetch` and `readv` send from a thread that outlives a reader who stops early and a
    connection that breaks; so this speaks to the channel below them. Source: paramiko `SFTPClient`
    (`_async_request`, `_read_response`); draft-ietf-secsh-filexfer-02, 6.4.
    """

    def __init__(self, handle: Any, file: RemoteFile) -> None:
        self._handle = handle
        self._file = file
        self._asked = 0  # bytes requested so far
        self._given = 0  # bytes handed out so far
        self._waiting: deque[int] = deque()  # requests in file order
        self._lengths: dict[int, int] = {}
        self._answers: dict[int, bytes | Exception] = {}
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            with translated(f"cannot read {self._file.path}"):
                self._rest = self._next()
        taken = min(len(buffer), len(self._rest))
        buffer[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken

    def _next(self) -> bytes:
        size = self._file.size
        while self._asked < size and len(self._waiting) < AHEAD:
            length = min(CHUNK, size - self._asked)
            self._waiting.append(self._ask(self._asked, length))
            self._asked += length
        if not self._waiting:
            self._check_it_stood_still()
            return b""
        data, wanted = self._answer(self._waiting.popleft())
        if not data:
            raise VendorUnavailable(f"{self._file.path} is shorter than the server's listing said")
        self._given += len(data)
        if len(data) < wanted:  # a server may answer with less than was asked for
            self._waiting.appendleft(self._ask(self._given, wanted - len(data)))
        return data

    def _check_it_stood_still(self) -> None:
        if self._answer(self._ask(self._file.size, 1))[0]:
            raise VendorUnavailable(f"{self._file.path} grew while it was read")
        # Of the opened file: one that was put in its place meanwhile is another, and this one is whole.
        at = self._handle.stat().st_mtime
        if at is not None and datetime.fromtimestamp(at, UTC) != self._file.modified_at:
            raise VendorUnavailable(f"{self._file.path} was written again after it was listed")

    def _ask(self, start: int, length: int) -> int:
        number: int = self._file.channel._async_request(
            self, CMD_READ, self._handle.handle, int64(start), int(length)
        )
        self._lengths[number] = length
        return number

    def _answer(self, number: int) -> tuple[bytes, int]:
        """Return the bytes that answer a request, none at the end of the file, and how many it asked for."""
        while number not in self._answers:
            self._file.channel._read_response()
        answer = self._answers.pop(number)
        if isinstance(answer, Exception):
            raise answer
        return answer, self._lengths.pop(number)

    def _async_response(self, kind: int, message: Any, number: int) -> None:
        """Keep one answer; paramiko calls this when it has read one that is ours."""
        try:
            if kind == CMD_STATUS:
                self._file.channel._convert_status(message)
            self._answers[number] = message.get_string() if kind == CMD_DATA else b""
        except EOFError:
            self._answers[number] = b""
        except OSError as error:
            self._answers[number] = error

    def close(self) -> None:
        if not self.closed:
            self._handle.close()
        super().close()


def belongs(name: str, kind: Kind, source: SftpSource) -> bool:
    """Say whether a file of this name is one of `kind`.

    A name that fits both patterns belongs to the one that says more of it.
    """
    pattern: str | None = source.leads
    other = source.campaigns
    if kind == "campaigns":
        pattern, other = other, pattern
    if pattern is None or not fnmatchcase(name, pattern):
        return False
    if other is None or not fnmatchcase(name, other):
        return True
    said, by_other = _literal(pattern), _literal(other)
    return said > by_other or (said == by_other and kind == "leads")


def _literal(pattern: str) -> int:
    return len(re.sub(r"\[[^]]*\]|[*?]", "", pattern))


def is_data(entry: Any, marker: str | None) -> bool:
    """Say whether a listed entry is a regular file that an upload has given its final name."""
    name: str = entry.filename
    if not is_readable_name(name):
        return False
    if name.startswith(".") or (entry.st_mode is not None and not stat.S_ISREG(entry.st_mode)):
        return False
    if marker and name.endswith(marker):
        return False
    return not name.lower().endswith(UNFINISHED + BESIDE)


def readable(files: Iterable[RemoteFile]) -> Iterator[RemoteFile]:
    """Yield the files that may be read: one of another owner must not keep all others waiting.

    Raises:
        NotAllowed: At the end, if none of them may be read: that is no matter of one file.
    """
    refused: list[RemoteFile] = []
    found = 0
    for file in files:
        if file.may_be_read():
            found += 1
            yield file
        else:
            logger.warning("our account may not read %r: it is passed by", file.path)
            refused.append(file)
    if refused and not found:
        raise NotAllowed(f"our account may read none of {len(refused)} files, such as {refused[0].path}")


def passed_by(entries: Iterable[Any], source: SftpSource, now: datetime) -> Iterator[CheckFinding]:
    """Yield what is listed and not read, for its name, its kind, its time, or a marker that never came."""
    entries = list(entries)
    kinds: tuple[Kind, ...] = ("leads", "campaigns")
    marker = source.marker
    waits = marker is None and source.stable_seconds > 0
    names = {entry.filename for entry in entries}
    for entry in entries:
        name: str = entry.filename
        at = _modified(entry)
        if not any(belongs(name, one, source) for one in kinds):
            if is_data(entry, marker) and _fits_but_for_case(name, source):
                message = f"{name} fits the pattern but for its capitals, which count: the file is not read"
                yield CheckFinding("file_name", name, message, "warning")
        elif not is_readable_name(name):
            shown = name.encode(errors="surrogateescape").decode("ascii", "backslashreplace")
            message = f"the name of {shown} is not in UTF-8: the file is not read until it is renamed"
            yield CheckFinding("file_name", shown, message, "warning")
        elif kind := _no_file(entry):
            message = f"{name} is {kind}: only files that lie in the inbox itself are read"
            yield CheckFinding("file_kind", name, message, "warning")
        elif waits and is_data(entry, None) and at > now + CLOCKS_DIFFER:
            message = f"{name} is dated {at:%Y-%m-%d %H:%M} UTC: without a marker it is not read before then"
            yield CheckFinding("file_time", name, message, "warning")
        elif marker and is_data(entry, marker) and name + marker not in names and at < now - MARKER_COMES:
            message = f"{name} is from {at:%Y-%m-%d %H:%M} UTC, and {name}{marker} never came: it is not read"
            yield CheckFinding("file_marker", name, message, "warning")


def _no_file(entry: Any) -> str | None:
    mode = entry.st_mode
    if mode is None or stat.S_ISREG(mode) or entry.filename.startswith("."):
        return None
    return "a folder" if stat.S_ISDIR(mode) else "a link" if stat.S_ISLNK(mode) else "no plain file"


def _fits_but_for_case(name: str, source: SftpSource) -> bool:
    patterns = (pattern for pattern in (source.leads, source.campaigns) if pattern is not None)
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)


def as_remote(entry: Any, folder: str, channel: Any, decrypt: Decrypt | None = None) -> RemoteFile:
    """Return a listed entry as a file; its mtime is in seconds UTC."""
    path = f"{folder.rstrip('/')}/{entry.filename}"
    return RemoteFile(entry.filename, path, entry.st_size or 0, _modified(entry), channel, decrypt)


def _modified(entry: Any) -> datetime:
    return datetime.fromtimestamp(entry.st_mtime or 0, UTC)
