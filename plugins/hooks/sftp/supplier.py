"""A supplier that drops files on an SFTP server, as a `ports.SupplierSystem`."""

from __future__ import annotations

import hashlib
import logging
import posixpath
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hooks.sftp.files import (
    Decrypt,
    RemoteFile,
    as_remote,
    belongs,
    is_data,
    passed_by,
    readable,
)
from hooks.sftp.folders import Folders, fitting, listed
from hooks.sftp.hook import translated
from hooks.sftp.outbox import FileOutbox
from hooks.sftp.pgp import PgpOpener
from hooks.sftp.rights import not_readable, probe
from leadline.errors import ConfigurationError, CredentialsRefused
from leadline.mapping.model import WriteBack
from leadline.mapping.source import SftpSource
from leadline.ports import (
    KINDS,
    CheckFinding,
    EventWrite,
    FieldDescription,
    Kind,
    OpportunityWrite,
    RowResult,
    SourceEvent,
    StatusRow,
    Window,
)

logger = logging.getLogger(__name__)

_CLASHED = re.compile(r"-[0-9a-f]{8}(?=\.|$)")  # what `_free` adds to a name


def _now() -> datetime:
    return datetime.now(UTC)


class SftpSupplier:
    """Complete files out of the inbox; read ones into the archive, unreadable ones aside.

    Everything goes over the one channel it is given. `decrypt` opens encrypted files; `wait` and `now` stand
    for the clock.
    """

    def __init__(
        self,
        channel: Any,
        source: SftpSource,
        *,
        write_back: WriteBack | None = None,
        decrypt: Decrypt | None = None,
        wait: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._channel = channel
        self._folders = Folders(channel)
        self._source = source
        self._written = () if write_back is None or write_back == WriteBack() else (source.outbox,)
        self._outbox = FileOutbox(self._folders, source, write_back or WriteBack())
        self._decrypt = decrypt
        self._wait = wait
        self._now = now

    def pull(self, kind: Kind, window: Window) -> Iterator[RemoteFile]:
        """Yield complete files that we may read, oldest first, then by name.

        A window without a start takes the whole inbox: what a scheduled run wants. One with a start takes
        the files whose mtime lies in it, and with `archive` those that were archived since, too.
        """
        files = self._complete(kind)
        if window.archive:
            files += self._archived(kind, window.start)
        if window.archive or window.start is not None:
            start = window.start or datetime.min.replace(tzinfo=UTC)
            files = [file for file in files if start <= file.modified_at < window.end]
        yield from readable(sorted(files, key=lambda file: (file.modified_at, file.name, file.path)))

    def pull_events(self, record_ids: Sequence[str], window: Window) -> Iterator[SourceEvent]:  # noqa: ARG002
        """Yield nothing: files bring no activities."""
        return iter(())

    def archive(self, path: str, archived_as: str, modified_at: datetime | None = None) -> str:
        """Move a file into the archive and return where it lies; already moved is fine.

        `archived_as` is its path below the archive folder ("2026/11/leads_1.csv"); a bare name goes into
        the year and month of the file's mtime. Another file of that name is never overwritten. If what lies
        at `path` was modified at another time than `modified_at`, it is a new file that nobody has read: it
        stays.
        """
        folder = self._source.archive
        if self._below(path, folder):
            return path  # a backfill read it there
        if posixpath.isabs(archived_as) and self._below(archived_as, folder):
            archived_as = posixpath.relpath(archived_as, folder)
        if posixpath.isabs(archived_as) or ".." in archived_as.split("/"):
            raise ConfigurationError(f"'{archived_as}' is not a path below the archive folder {folder}")
        with translated(f"cannot archive {path}"):
            if self._is_another(path, modified_at):
                return path
            if "/" not in archived_as:
                at = self._folders.stat(path) or self._folders.stat(path + (self._source.marker or ""))
                month = datetime.fromtimestamp((at.st_mtime if at else None) or 0, UTC)
                archived_as = f"{month:%Y/%m}/{archived_as}"
            return self._move(path, posixpath.join(folder, archived_as))

    def set_aside(self, path: str, reason: str, modified_at: datetime | None = None) -> None:
        """Move an unreadable file into the error folder, with the reason in `<name>.error.txt` beside it.

        A file of another time than `modified_at` is a new one that nobody has read: it stays.
        """
        with translated(f"cannot set {path} aside"):
            if self._folders.stat(path) is None or self._is_another(path, modified_at):
                return
            self._folders.make(self._source.error)
            target = self._free(path, posixpath.join(self._source.error, posixpath.basename(path)))
            folder, name = posixpath.split(target)
            note = posixpath.join(folder, fitting(name, ".error.txt"))
            text = f"{posixpath.basename(path)}\n{self._now():%Y-%m-%dT%H:%M:%SZ}\n{reason}\n"
            self._folders.write(note, text.encode("utf-8"))
            self._move(path, target)

    def write_back(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        """Write status files into the outbox, one for each run that queued rows; see `outbox`."""
        return self._outbox.write_status(rows)

    def write_events(self, events: Sequence[EventWrite]) -> Iterator[RowResult]:
        """Write a file of events into the outbox."""
        return self._outbox.write_events(events)

    def write_opportunities(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        """Write a file of opportunities into the outbox."""
        return self._outbox.write_opportunities(writes)

    def describe(self) -> Mapping[str, Sequence[FieldDescription]]:
        """Return nothing: a file is described by its own header only."""
        return {}

    def check(self) -> Iterator[CheckFinding]:
        """Yield missing folders and missing rights to move files, tried on a dot file of our own."""
        source = self._source
        present = []
        try:
            if isinstance(self._decrypt, PgpOpener):
                self._decrypt.check()
        except ConfigurationError as error:
            yield CheckFinding("connection", "source.pgp", str(error))
        for folder in (source.inbox, source.archive, source.error, *self._written):
            try:
                with translated(f"cannot look at {folder}"):
                    at = self._folders.stat(folder)
            except CredentialsRefused as refused:
                yield CheckFinding("permission", folder, str(refused))
                continue
            if at is None or (at.st_mode is not None and not stat.S_ISDIR(at.st_mode)):
                made = folder != source.inbox
                message = f"the folder {folder} is not there" + (", and is made when needed" if made else "")
                yield CheckFinding("folder_missing", folder, message, "warning" if made else "error")
            else:
                present.append(folder)
        if source.inbox in present:
            try:
                entries = self._inbox()
                yield from passed_by(entries, source, self._now())
                for kind in KINDS:
                    yield from not_readable(self._data(entries, kind))
            except CredentialsRefused as refused:
                yield CheckFinding("permission", source.inbox, str(refused))
            yield from probe(self._channel, present)

    def _complete(self, kind: Kind) -> list[RemoteFile]:
        marker, seconds = self._source.marker, self._source.stable_seconds
        entries = self._inbox()
        candidates = self._data(entries, kind)
        if marker:
            names = {entry.filename for entry in entries}
            return [file for file in candidates if file.name + marker in names]
        if not candidates or not seconds:
            return candidates
        # Two looks apart in time: an upload that stalls keeps its mtime, one that preserves the mtime grows.
        self._wait(seconds)
        again = {file.name: file for file in self._data(self._inbox(), kind)}
        quiet = self._now() - timedelta(seconds=seconds)
        return [file for file in candidates if again.get(file.name) == file and file.modified_at <= quiet]

    def _inbox(self) -> list[Any]:
        with translated(f"cannot list {self._source.inbox}"):
            return listed(self._channel, self._source.inbox)

    def _data(self, entries: Sequence[Any], kind: Kind) -> list[RemoteFile]:
        return [
            as_remote(entry, self._source.inbox, self._channel, self._decrypt)
            for entry in entries
            if is_data(entry, self._source.marker) and belongs(entry.filename, kind, self._source)
        ]

    def _archived(self, kind: Kind, since: datetime | None) -> list[RemoteFile]:
        """Return the archived files of `kind`; months before `since` are not even listed."""
        first = since - timedelta(days=1) if since else datetime.min.replace(tzinfo=UTC)
        found = []
        folders = [self._source.archive]
        with translated(f"cannot list {self._source.archive}"):
            while folders:
                folder = folders.pop()
                for entry in self._folders.names(folder):
                    path = posixpath.join(folder, entry.filename)
                    if entry.st_mode is not None and stat.S_ISDIR(entry.st_mode):
                        if not _ended(posixpath.relpath(path, self._source.archive), first):
                            folders.append(path)
                        continue
                    original = _CLASHED.sub("", entry.filename, count=1)
                    if is_data(entry, self._source.marker) and (
                        belongs(entry.filename, kind, self._source) or belongs(original, kind, self._source)
                    ):
                        found.append(as_remote(entry, folder, self._channel, self._decrypt))
        return found

    def _move(self, path: str, target: str) -> str:
        marker = self._source.marker
        there = self._folders.stat(path) is not None
        if there:
            self._folders.make(posixpath.dirname(target))
            target = self._free(path, target)
        if marker and self._folders.stat(path + marker) is not None:
            # Before the file: a marker left alone would call the next upload of that name complete.
            self._folders.make(posixpath.dirname(target))
            self._folders.rename(path + marker, target + marker)
        if there:
            self._folders.rename(path, target)
            logger.info("moved %r to %r", path, target)
        return target

    def _free(self, path: str, target: str) -> str:
        """Return `target`, or where another file has that name, the name with the bytes' hash in it."""
        if self._folders.stat(target) is None:
            return target
        digest = hashlib.sha256()
        with self._described(path).open() as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        folder, name = posixpath.split(target)
        stem, dot, suffix = name.partition(".")
        return posixpath.join(folder, fitting(stem, f"-{digest.hexdigest()[:8]}{dot}{suffix}"))

    def _described(self, path: str) -> RemoteFile:
        at = self._channel.stat(path)
        modified = datetime.fromtimestamp(at.st_mtime or 0, UTC)
        return RemoteFile(posixpath.basename(path), path, at.st_size or 0, modified, self._channel)

    def _is_another(self, path: str, modified_at: datetime | None) -> bool:
        """Return whether a supplier that uses names again has put a new file here since."""
        at = None if modified_at is None else self._folders.stat(path)
        if at is None or modified_at is None or int(at.st_mtime or 0) == int(modified_at.timestamp()):
            return False
        logger.warning("%r was replaced since it was read: the new file stays for the next run", path)
        return True

    @staticmethod
    def _below(path: str, folder: str) -> bool:
        return path.startswith(folder.rstrip("/") + "/")


def _ended(folder: str, first: datetime) -> bool:
    """Say whether an archive folder like `2026` or `2026/11` ended before `first`."""
    parts = folder.split("/")
    if len(parts) > 2 or not all(part.isdecimal() for part in parts):
        return False
    numbers = tuple(int(part) for part in parts)
    return numbers < (first.year, first.month)[: len(numbers)]
