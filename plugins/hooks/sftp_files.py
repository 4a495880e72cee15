"""Files on an SFTP server: which are complete, and their bytes as a checked stream."""

from __future__ import annotations

import io
import re
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, BinaryIO, cast

from hooks.sftp import translated
from leadline.errors import ConfigurationError, VendorUnavailable
from leadline.mapping.source import SftpSource
from leadline.ports import Kind

UNFINISHED = (".part", ".tmp", ".filepart")  # what upload clients call a file until they are done
BESIDE = (".done", ".ok", ".md5", ".sha256")  # says something about a file, is none
CHUNK = 32_768  # bytes a request; servers need not give more
AHEAD = 64  # requests on their way at once, so that distance does not set the speed


@dataclass(slots=True)
class RemoteFile:
    """One file as a listing showed it. Fulfils `ports.SourceFile`."""

    name: str
    path: str
    size: int
    modified_at: datetime
    channel: Any = field(repr=False, compare=False)

    def open(self) -> BinaryIO:
        """Return the bytes as a stream that fails, not ends, when they are fewer or more than listed."""
        try:
            with translated(f"cannot open {self.path}"):
                handle = self.channel.open(self.path, "rb", bufsize=0)
        except ConfigurationError as error:  # listed a moment ago: the supplier took it back
            raise VendorUnavailable(str(error)) from error
        return cast(BinaryIO, io.BufferedReader(_CheckedStream(handle, self), CHUNK * AHEAD))


class _CheckedStream(io.RawIOBase):
    """A remote file read in blocks of many requests. Source: paramiko `SFTPFile.readv`.

    paramiko's `prefetch` of a whole file asks for everything at once, or leaves a thread spinning when the
    reader stops early; blocks do neither.
    """

    def __init__(self, handle: Any, file: RemoteFile) -> None:
        self._handle = handle
        self._file = file
        self._position = 0
        self._pieces: list[bytes] = []

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._pieces:
            with translated(f"cannot read {self._file.path}"):
                self._pieces = self._block()
        if not self._pieces:
            return 0
        piece = self._pieces.pop(0)
        taken = min(len(buffer), len(piece))
        buffer[:taken] = piece[:taken]
        if taken < len(piece):
            self._pieces.insert(0, piece[taken:])
        return taken

    def _block(self) -> list[bytes]:
        end = min(self._position + CHUNK * AHEAD, self._file.size)
        if end == self._position:
            if self._handle.read(1):
                raise VendorUnavailable(f"{self._file.path} grew while it was read")
            return []
        starts = range(self._position, end, CHUNK)
        pieces = list(self._handle.readv([(start, min(CHUNK, end - start)) for start in starts]))
        if sum(map(len, pieces)) < end - self._position:
            raise VendorUnavailable(f"{self._file.path} is shorter than the server's listing said")
        self._position = end
        return pieces

    def close(self) -> None:
        if not self.closed:
            self._handle.close()
        super().close()


def belongs(name: str, kind: Kind, source: SftpSource) -> bool:
    """Say whether a file of this name is one of `kind`.

    A name that fits both patterns belongs to the one that says more of it.
    """
    pattern, other = source.leads, source.campaigns
    if kind == "campaigns":
        pattern, other = source.campaigns, source.leads
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
    if name.startswith(".") or (entry.st_mode is not None and not stat.S_ISREG(entry.st_mode)):
        return False
    if marker and name.endswith(marker):
        return False
    return not name.lower().endswith(UNFINISHED + BESIDE)


def as_remote(entry: Any, folder: str, channel: Any) -> RemoteFile:
    """Return a listed entry as a file; its mtime is in seconds UTC."""
    modified = datetime.fromtimestamp(entry.st_mtime or 0, UTC)
    path = f"{folder.rstrip('/')}/{entry.filename}"
    return RemoteFile(entry.filename, path, entry.st_size or 0, modified, channel)
